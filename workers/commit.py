"""Group commit: several batches share one flush, and only then are they acknowledged.

A flush makes what was stored safe from a power cut, and costs some 10 to 30 ms in which nothing else runs.
So batches wait for each other: at most `wait_ms_max`, or until enough of them wait. When nothing more is
coming, the flush comes sooner, but never so often that flushing would take more than a tenth of the time,
unless half of enough wait.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

SPACING = 10
"""An early flush waits this many times the length of the last one: flushing costs a tenth at most."""

Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True)
class CommitLimits:
    """When a group is flushed."""

    wait_ms_max: int
    """After the oldest batch of the group came; 0: at once."""
    observations_max: int
    """In the group, half of it where no more come; and twice as many at most wait when flushing fails."""


class GroupCommit(Generic[Batch]):
    """Takes stored batches, flushes, releases them in their order."""

    def __init__(
        self,
        limits: CommitLimits,
        *,
        flush: Callable[[], Awaitable[None]],
        release: Callable[[list[Batch]], Awaitable[None]],
        is_idle: Callable[[], bool],
    ) -> None:
        """`flush` returns when everything stored is safe; `release` acknowledges and tells."""
        self._limits = limits
        self._flush = flush
        self._release = release
        self._is_idle = is_idle
        self._waiting: list[Batch] = []
        self._observations = 0
        self._stored_any = False
        self._oldest = 0.0
        self._spacing_until = 0.0
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._hurry = False
        self.flushes = 0
        self.flush_ms_max = 0.0

    @property
    def waiting_observations(self) -> int:
        """Stored or refused, and not yet told so."""
        return self._observations

    async def add(self, batch: Batch, *, observations: int, stored_any: bool) -> None:
        """Puts a batch in the group; waits while twice a group is waiting already."""
        while self._observations >= 2 * self._limits.observations_max:
            self._room.clear()
            await self._room.wait()
        if not self._waiting:
            self._oldest = asyncio.get_running_loop().time()
        self._waiting.append(batch)
        self._observations += observations
        self._stored_any |= stored_any
        self._drained.clear()
        self._changed.set()

    async def run(self) -> None:
        """Commits group after group; runs until cancelled."""
        while True:
            await self._until_due()
            await self._commit()

    async def drain(self) -> None:
        """Commits what waits, now; returns when it is released."""
        self._hurry = True
        self._changed.set()
        await self._drained.wait()
        self._hurry = False

    async def _until_due(self) -> None:
        clock = asyncio.get_running_loop().time
        while (due := self._due()) is None or due > clock():
            self._changed.clear()
            try:
                async with asyncio.timeout_at(due):
                    await self._changed.wait()
            except TimeoutError:
                return

    def _due(self) -> float | None:
        """The loop's time at which to commit; None while nothing waits."""
        if not self._waiting:
            return None
        if self._is_full() or self._hurry or not self._stored_any:
            return self._oldest
        latest = self._oldest + self._limits.wait_ms_max / 1000
        return min(latest, self._spacing_until) if self._is_idle() else latest

    def _is_full(self) -> bool:
        """Half is enough where no more come: who waits for receipts before sending more, waits for us."""
        most = self._limits.observations_max
        return self._observations >= most or (2 * self._observations >= most and self._is_idle())

    async def _commit(self) -> None:
        group, self._waiting = self._waiting, []
        stored_any, self._stored_any = self._stored_any, False
        observations = self._observations
        if stored_any:
            await self._timed_flush()
        await self._release(group)
        self._observations -= observations
        self._room.set()
        if not self._waiting:
            self._drained.set()

    async def _timed_flush(self) -> None:
        clock = asyncio.get_running_loop().time
        started = clock()
        await self._flush()
        took = clock() - started
        self.flushes += 1
        self.flush_ms_max = max(self.flush_ms_max, took * 1000)
        self._spacing_until = clock() + took * SPACING
