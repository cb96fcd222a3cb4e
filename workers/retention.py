"""Keeps memories as long as the policies say, and no longer.

what may be due, page by page → its summaries → judged → the current states stay → removed, a little at a time

A sweep looks at what is old enough alone, and ends whatever comes meanwhile: its pages go by id. What stays
although it is old (important, not yet condensed, a current state) is looked at again in the next sweep.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence

from memory.conditions import Filters, raw, scoped
from memory.errors import StoreError
from memory.records import Memory, Scope
from memory.retention import Reason, is_told, reason_to_remove, told_by
from memory.store import MemoryStore
from memory.upkeep import Upkeep, may_be_due
from workers.clock import Clock, ClockWrong
from workers.policies import LivePolicies
from workers.removing import PAUSE_S, STEP_MEMORIES, Removing
from workers.report import Report

SERIES_KEPT_MAX = 10_000
"""Attributes of entities whose current state is remembered during a sweep."""

log = logging.getLogger(__name__)


class Retention:
    """Looks now and then for what is kept no longer."""

    def __init__(
        self,
        store: MemoryStore,
        policies: LivePolicies,
        removing: Removing,
        *,
        every_s: float,
        report: Report,
        clock: Clock | None = None,
        alone: asyncio.Lock | None = None,
    ) -> None:
        """`alone` is held during a sweep, as while erasing: a question that came would wait for both."""
        self._store = store
        self._policies = policies
        self.removing = removing
        self._every_s = every_s
        self._report = report
        self._clock = clock or Clock()
        self._alone = alone or asyncio.Lock()
        self._states: dict[tuple[str, str, str], str] = {}
        self.sweeps = 0

    async def run(self) -> None:
        """Sweeps every `every_s`; runs until cancelled. While the store is away it says so."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                async with self._alone:
                    if (now := self._now()) is not None:
                        await self.sweep(now)
            except StoreError as fault:
                self._report("retention", str(fault))
                log.warning("held: %s", fault, extra={"action": "hold", "doing": "retention"})
            else:
                self._report("retention", None)

    def _now(self) -> float | None:
        """Epoch seconds; None while the clock is not to be trusted: what it ends does not come back."""
        try:
            now = self._clock.now()
        except ClockWrong:
            return None
        return now if self._clock.trouble() is None else None

    async def sweep(self, now: float) -> int:
        """Removes all that is due at `now` (epoch seconds); how many. Raises StoreError."""
        if self._store.renewal_due:
            return 0  # what an earlier version stored is not found yet, and so cannot tell of anything
        before = self.removing.counters.total()
        for upkeep in may_be_due(self._policies.in_force, now):
            await self._remove_due(upkeep, now)
        self._states.clear()
        removed = self.removing.counters.total() - before
        await self.removing.settle()
        if removed:
            log.info("%d memories are kept no longer", removed, extra={"action": "remove"})
        self.sweeps += 1
        return removed

    async def _remove_due(self, upkeep: Upkeep, now: float) -> None:
        after: str | None = None
        while page := await self._store.kept(upkeep, STEP_MEMORIES, after):
            after = page[-1].id
            await asyncio.sleep(PAUSE_S)
            for reason, memories in (await self._judged(page, now)).items():
                await self.removing.remove(memories, reason)
            if len(page) < STEP_MEMORIES:
                break

    async def _judged(self, page: Sequence[Memory], now: float) -> dict[Reason, list[Memory]]:
        """Which of a page go, by reason. What no summary could justify costs no further look."""
        hopeful = [memory for memory in page if self._reason(memory, now, condensed=True) is not None]
        told = await self._told(hopeful)
        due: defaultdict[Reason, list[Memory]] = defaultdict(list)
        for memory in hopeful:
            reason = self._reason(memory, now, condensed=memory.id in told)
            if reason == "expired" or (reason is not None and not await self._is_state(memory)):
                due[reason].append(memory)
        return due

    def _reason(self, memory: Memory, now: float, *, condensed: bool) -> Reason | None:
        of_kind = self._policies.of_kind(memory.tenant, memory.kind)
        of_tenant = self._policies.of_tenant(memory.tenant)
        return reason_to_remove(memory, of_kind, of_tenant, now, condensed=condensed)

    async def _told(self, memories: Sequence[Memory]) -> set[str]:
        """The ids of those that summaries tell of."""
        by_entity: defaultdict[Scope, set[str]] = defaultdict(set)
        for memory in memories:
            by_entity[Scope(memory.tenant, memory.entity)].update(told_by(memory))
        found: dict[str, Memory] = {}
        for scope, ids in by_entity.items():
            if ids:
                where = scoped(scope, Filters(ids=sorted(ids)), None)
                found |= {summary.id: summary for summary in await self._store.page(where, len(ids))}
                await asyncio.sleep(0)
        return {memory.id for memory in memories if is_told(memory, found)}

    async def _is_state(self, memory: Memory) -> bool:
        """Whether a memory is the latest of its attribute: the current state, however old."""
        if memory.attribute is None or memory.tier != "raw":
            return False
        series = memory.tenant, memory.entity, memory.attribute
        if series not in self._states:
            where = raw(scoped(Scope(*series[:2]), Filters(attribute=memory.attribute), None))
            newest = await self._store.newest(where, 1)
            if len(self._states) >= SERIES_KEPT_MAX:
                self._states.clear()
            self._states[series] = newest[0].id if newest else ""
            await asyncio.sleep(0)
        return self._states[series] == memory.id
