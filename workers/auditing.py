"""Keeps the audit log beside the work: what was only read is written soon, what changed at once."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from memory.audit_log import AuditLog, Deed
from memory.errors import StoreError
from memory.records import Scope
from workers.outgrown import cut_back
from workers.report import Report

NOTED_MAX = 4096
"""Deeds that wait to be written; past it nothing is answered: no recall leaves no trace."""
WRITE_EVERY_S = 0.2
PRUNE_EVERY_S = 60.0
PRUNE_STEP = 1000
"""Deeds of one statement: some milliseconds for which others cannot write."""
_DAY_S = 86_400

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditLimits:
    """How long deeds are kept."""

    days: float
    bytes_max: int = 256 * 1024 * 1024
    """Past it the oldest go before their days are over; which is said in the log."""


class Auditing:
    """The asyncio side of an AuditLog."""

    def __init__(self, audit_log: AuditLog, limits: AuditLimits, report: Report) -> None:
        self._log = audit_log
        self._limits = limits
        self._report = report
        self._noted: list[Deed] = []
        self._writing = asyncio.Lock()

    async def write(self, deeds: Sequence[Deed]) -> None:
        """Returns when they are on the disk. Raises StoreError."""
        if deeds:
            await asyncio.to_thread(self._log.write, deeds)

    def note(self, deeds: Sequence[Deed]) -> None:
        """Has them written soon, within WRITE_EVERY_S where the disk allows.

        Raises:
            StoreError: too many wait already, because the log cannot be written.
        """
        if len(self._noted) >= NOTED_MAX:
            raise StoreError("the audit log cannot be written", hint="check the disk's space and rights")
        self._noted.extend(deeds)

    async def read(self, scope: Scope, since: float | None, until: float | None, limit: int) -> list[Deed]:
        """See AuditLog.read."""
        return await asyncio.to_thread(self._log.read, scope, since, until, limit)

    async def settle(self) -> None:
        """Writes what was noted. Raises StoreError, and keeps it then."""
        async with self._writing:
            noted = self._noted[:]
            await self.write(noted)
            del self._noted[: len(noted)]

    async def run(self) -> None:
        """Writes and prunes; runs until cancelled."""
        prune_at = 0.0
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.settle()
                if time.monotonic() >= prune_at:
                    await self._prune()
                    prune_at = time.monotonic() + PRUNE_EVERY_S
            except StoreError as fault:
                self._report("audit", str(fault))
                log.warning("held: %s", fault, extra={"action": "hold", "doing": "audit"})
            else:
                self._report("audit", None)

    def close(self) -> None:
        """Lets go of the file."""
        self._log.close()

    async def _prune(self) -> None:
        before = time.time() - self._limits.days * _DAY_S
        while await asyncio.to_thread(self._log.prune, before, PRUNE_STEP) == PRUNE_STEP:
            await asyncio.sleep(0)
        # All are before the end of time: the oldest go.
        oldest = partial(self._log.prune, float("inf"), PRUNE_STEP)
        if dropped := await cut_back(self._log.bytes_used, self._limits.bytes_max, oldest):
            log.warning(
                "the audit log is full: dropped the oldest %d deeds; raise audit_bytes_max to keep more",
                dropped,
                extra={"action": "prune"},
            )
