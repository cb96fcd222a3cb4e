"""Takes out what is kept no longer, a little at a time, and says so; and, unsaid, what is thinned.

This is no user's `forget`: what is removed is told by its summary, or worthless by rule. So dead letters,
caches and digests are left alone, no tombstone stays, and nobody has to know of it in the audit log. The
stream names what is gone, for whoever keeps what the stream told; who publishes digests hears it there, too,
and publishes anew what has changed.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from memory.records import Memory
from memory.retention import Reason
from memory.store import MemoryStore
from workers import telling

STEP_MEMORIES = 64
"""Removed in one piece: some milliseconds in which nothing else in this process runs."""
FLUSH_MEMORIES = 512
"""Removed between two flushes, so that each finds the store's log little longer than it lets it get. After
10,000 at once one stops all else for more than 50 ms (`memory/edge_log.py`)."""
PAUSE_S = 0.01
"""After each piece: ingest and queries have the greater part of the time."""


class Removing:
    """Removes memories, and counts them by reason."""

    def __init__(self, store: MemoryStore, publish: Callable[[str, bytes], Awaitable[None]]) -> None:
        self._store = store
        self._publish = publish
        self.counters: Counter[str] = Counter()
        """`pruned_raw` and its like, since the start."""
        self._unflushed = 0
        self.step_ms_max = 0.0
        """The longest piece, since the start."""

    async def remove(self, memories: Sequence[Memory], reason: Reason) -> None:
        """Returns when they are gone from every search. Raises StoreError; some may be gone then."""
        for start in range(0, len(memories), STEP_MEMORIES):
            some = memories[start : start + STEP_MEMORIES]
            await self.take_out([memory.id for memory in some])
            self.counters[f"pruned_{reason}"] += len(some)
            for topic, payload in telling.forgotten(some):
                await self._publish(topic, payload)
            await asyncio.sleep(PAUSE_S)

    async def take_out(self, ids: Sequence[str]) -> None:
        """The same without a word of it or a pause, for who counts and rests by itself."""
        for start in range(0, len(ids), STEP_MEMORIES):
            some = ids[start : start + STEP_MEMORIES]
            if self._unflushed + len(some) > FLUSH_MEMORIES:
                await self.settle()
            began = time.perf_counter()
            await self._store.remove(some)
            self.step_ms_max = max(self.step_ms_max, (time.perf_counter() - began) * 1000)
            self._unflushed += len(some)
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """Flushes what was removed. Nobody was promised it, but what piles up makes the next flush long."""
        if self._unflushed:
            await self._store.flush()
            self._unflushed = 0
