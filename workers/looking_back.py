"""Makes due what was stored while no ledger was kept: by an earlier version, or before a ledger was lost.

It goes through the store once, page by page, and the ledger remembers how far. What is due already, or was
condensed, is only due once more: a summary that is made again takes its own place.
"""

import asyncio
import time

from memory.conditions import SUMMARY, Present
from memory.ledger import Entry, Ledger
from memory.store import MemoryStore
from memory.upkeep import Upkeep
from workers.arriving import Arriving

PAGE = 128
"""Memories of one look: some milliseconds in which nothing else runs."""
WHAT = "raw memories, for what is due"
_RAW = Upkeep((Present("kind"),), (SUMMARY,))
"""A tombstone has no kind."""


class LookingBack:
    """Once through the store. Raises StoreError."""

    def __init__(self, store: MemoryStore, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger
        self._arriving = Arriving()

    async def step(self) -> int | None:
        """Looks at one page; how many memories are on it. None: all was looked at."""
        after = await asyncio.to_thread(self._ledger.looked_through, WHAT)
        if after == "":
            return None
        if self._store.renewal_due:
            return 0  # what an earlier version stored is not found before it is renewed
        page = await self._store.kept(_RAW, PAGE, after)
        now = time.time()
        self._arriving.note(page, now)
        entities = {(memory.tenant, memory.entity) for memory in page}
        await asyncio.to_thread(
            self._ledger.write, Entry(arrivals=self._arriving.take(), changed=entities), now
        )
        further = page[-1].id if len(page) == PAGE else ""
        await asyncio.to_thread(self._ledger.look_further, WHAT, further)
        return len(page)
