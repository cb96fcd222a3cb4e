"""Takes what was forgotten off the disk, some time after: several forgettings share one rewriting.

The same rewriting renews what an older version stored, and makes words that are missing.
"""

import asyncio
import logging

from memory.errors import StoreError
from memory.store import MemoryStore
from workers.report import Report

log = logging.getLogger(__name__)


class Erasing:
    """Looks now and then whether something is to be erased."""

    def __init__(
        self, store: MemoryStore, *, every_s: float, report: Report, alone: asyncio.Lock | None = None
    ) -> None:
        """`alone` is held while it works: by one of those who stop all else for moments, at a time."""
        self._store = store
        self._every_s = every_s
        self._report = report
        self._alone = alone or asyncio.Lock()
        self.erasures = 0

    async def run(self) -> None:
        """Erases what is due, every `every_s`, and renews at once; runs until cancelled."""
        if self._store.renewal_due:
            await self._erase()
        while True:
            await asyncio.sleep(self._every_s)
            if self._store.erase_due or self._store.renewal_due:
                await self._erase()

    async def _erase(self) -> None:
        try:
            async with self._alone:
                await self._store.erase()
        except StoreError as fault:
            self._report("erasing", str(fault))
            log.warning("held: %s", fault, extra={"action": "hold", "doing": "erasing"})
        else:
            self.erasures += 1
            self._report("erasing", None)
            log.info(
                "what was forgotten is off the disk, and nothing is left to renew", extra={"action": "erase"}
            )
