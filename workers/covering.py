"""What a series says over a time, of its summaries where there are some, and of its readings where not.

Readings of long ago are thinned or gone, and their summaries tell all of them: counts and extremes exactly.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory.conditions import Filters
from memory.measured import Measured, combined
from memory.measuring import Reading, measured
from memory.portions import Period, Span
from memory.records import Memory
from memory.series import Series
from memory.tiling import LARGEST_FIRST, Tile, left_over, tiles, uncovered
from workers.reach import Reach

SUMMARIES_MAX = 1000
"""Of one period and question: three years of days, six weeks of hours; some 10 ms."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A series as a whole."""

    whole: Measured
    tiles: Sequence[Tile]


async def cover(reach: Reach, series: Series) -> Covered | None:
    """What summaries and readings say together; None where there are no summaries, or there is too much."""
    if not await reach.store.count(reach.summarised(series, reach.bounds)):
        return None
    summaries: list[Memory] = []
    chosen: list[Tile] = []
    since, until = reach.bounds.since, reach.bounds.until
    for period in LARGEST_FIRST:
        gap = uncovered(chosen, since, until)
        if gap is None:
            break
        summaries += await _summaries(reach, series, period, gap)
        chosen = tiles(summaries, since, until)
    if not chosen:
        return None
    parts = [tile.measured for tile in chosen]
    if (gap := uncovered(chosen, since, until)) is not None:
        samples = await reach.samples(series, _within(reach.bounds, gap))
        if samples is None:
            return None
        if rest := [Reading(s.id, s.value, s.at, s.seen, s.first) for s in left_over(chosen, samples)]:
            parts.append(measured(rest, Span(rest[0].since, max(each.at for each in rest) + 1)))
    return Covered(combined(parts), chosen)


async def _summaries(reach: Reach, series: Series, period: Period, gap: tuple[float, float]) -> list[Memory]:
    of_period = replace(_within(reach.bounds, gap), tags=[*(reach.bounds.tags or ()), period])
    found = await reach.store.newest(reach.summarised(series, of_period), SUMMARIES_MAX)
    await asyncio.sleep(0)
    reach.more |= len(found) == SUMMARIES_MAX
    return found


def _within(bounds: Filters, gap: tuple[float, float]) -> Filters:
    """The same, of this time alone; it may be open."""
    start, end = gap
    return replace(
        bounds,
        since=None if start == float("-inf") else start,
        until=None if end == float("inf") else end,
    )
