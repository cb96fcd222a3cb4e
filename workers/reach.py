"""What one question of readings may look at: its series, its times, and how many samples in all."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory import states
from memory.conditions import Filters, Where, among, raw, scoped
from memory.figures import number
from memory.records import Memory, Sample, Scope
from memory.series import Series
from memory.store import MemoryStore
from workers.latest import TIES_MAX

SAMPLES_MAX = 50_000
"""Of one question, over all of its series: some 0.5 s; beyond it there is no mean, and `more` says so."""
SAMPLES_PAGE = 1000
"""Some 10 ms; then others have their turn."""


@dataclass(slots=True)
class Reach:
    """The store as far as one question goes."""

    store: MemoryStore
    scope: Scope
    bounds: Filters
    """Of the request, cut to the times that it names."""
    now: float
    samples_left: int = SAMPLES_MAX
    more: bool = False
    """Whether a bound kept something from being looked at."""

    def where(self, series: Series, bounds: Filters | None = None) -> Where:
        """The readings of a series; within the question's times, unless there are other bounds."""
        return raw(self._of(series, bounds or self.bounds))

    def summarised(self, series: Series, bounds: Filters) -> Where:
        """The summaries of a series."""
        return self._of(series, replace(bounds, tier="summary"))

    def _of(self, series: Series, bounds: Filters) -> Where:
        filters = replace(bounds, attribute=series.attribute, devices=[series.device])
        return scoped(replace(self.scope, entity=series.entity, below=False), filters, self.now)

    async def newest(self, where: Where, limit: int, *, oldest_first: bool = False) -> list[Memory]:
        """The newest (or oldest), newest first."""
        found = await self.store.newest(where, limit, oldest_first=oldest_first)
        await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
        return states.newest(found)

    async def most(self, series: Series, bounds: Filters | None = None, *, largest: bool) -> Memory | None:
        """The largest or smallest; of several the newest."""
        ties = await self.store.extremes(self.where(series, bounds), TIES_MAX, largest=largest)
        await asyncio.sleep(0)
        same = [each for each in ties if number(each.value) == number(ties[0].value)]
        return max(same, key=lambda each: (each.at, each.id), default=None)

    async def samples(self, series: Series, bounds: Filters | None = None) -> list[Sample] | None:
        """All that was measured of a series, oldest first, or None where that is too much."""
        where = self.where(series, bounds)
        if await self.store.count(where) > self.samples_left:
            self.more = True
            return None
        samples: list[Sample] = []
        page: list[Sample] | None = None
        while page is None or len(page) == SAMPLES_PAGE:
            page = await self.store.samples(where, SAMPLES_PAGE, samples[-1].id if samples else None)
            samples += page
            await asyncio.sleep(0)
        self.samples_left -= len(samples)
        return sorted(samples, key=lambda each: (each.at, each.id))

    async def memories(self, series: Series, samples: Sequence[Sample]) -> list[Memory]:
        """What was sampled, newest first; without what was forgotten meanwhile."""
        ids = [each.id for each in samples]
        return await self.newest(among(self.where(series), ids), len(ids)) if ids else []
