"""What a series says over a time, of its summaries where there are some, and of its readings where not.

Readings of long ago are thinned or gone, and their summaries tell all of them: counts and extremes exactly.
Where the time cuts a summary of which nothing smaller is left, it is moved to its bounds, and told so.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, nextafter

from memory.conditions import Filters
from memory.figures import Figure
from memory.measured import Measured, combined
from memory.measuring import Reading, measured
from memory.portions import Period, Span, span_at
from memory.records import Memory, Sample
from memory.series import Series
from memory.tiling import (
    LARGEST_FIRST,
    MOMENT_S,
    Tile,
    all_of,
    is_cut,
    is_of_days,
    last_told,
    left_over,
    moved,
    smaller,
    tiles,
    uncovered,
)
from workers.reach import Reach

SUMMARIES_MAX = 1000
"""Of one period and edge: three years of days, six weeks of hours; some 10 ms."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A series as a whole."""

    whole: Measured | None
    """None: nothing can be told of the time, for it asks for a part of what is left only as a whole."""
    tiles: Sequence[Tile]
    bounds: Filters
    """What is told of: the question's own, moved where they cut what cannot be told in part."""
    snapped: bool
    """Whether they were moved."""

    def over(self, of: Figure) -> Figure:
        """The figure, of this time."""
        return replace(of, since=self.bounds.since, until=self.bounds.until, snapped=self.snapped)


async def cover(reach: Reach, series: Series) -> Covered | None:
    """What summaries and readings say together; None where there are no summaries, or there is too much."""
    around = replace(reach.bounds, until=last_told(reach.bounds.until, "month", reach.now))
    if not await reach.store.count(reach.summarised(series, around)):
        return None
    bounds = await _snapped(reach, series)
    found = await _parts(reach, series, bounds, LARGEST_FIRST)
    if found is None:
        return None
    chosen, rest = found
    snapped = bounds != reach.bounds
    if not chosen:
        reach.more |= snapped
        return Covered(None, (), bounds, snapped) if snapped and not rest else None
    parts = [tile.measured for tile in chosen]
    if rest:
        readings = [Reading.of(each) for each in rest]
        parts.append(measured(readings, Span(readings[0].since, max(each.at for each in readings) + 1)))
    return Covered(combined(parts), chosen, bounds, snapped)


async def _snapped(reach: Reach, series: Series) -> Filters:
    """The question's times, moved where what they cut is there no more."""
    since, until = reach.bounds.since, reach.bounds.until
    bounds = reach.bounds
    if (cut := await _cut(reach, series, since)) is not None:
        bounds = replace(bounds, since=moved(cut, since, until)[0])
    if (cut := await _cut(reach, series, until)) is not None:
        bounds = replace(bounds, until=moved(cut, since, until)[1])
    return bounds


async def _cut(reach: Reach, series: Series, edge: float | None) -> Tile | None:
    """The largest summary that an end of the times cuts, and of which too little is left to tell a part."""
    if edge is None or not 0 <= edge < reach.now:
        return None  # what is to come has no summary
    for period in LARGEST_FIRST:
        span = span_at(edge, period)
        if edge == span.start or edge + MOMENT_S >= span.end:
            continue
        # A summary's time is that of its last reading: before the edge there is nothing to cut.
        found = await _summaries(reach, series, period, reach.bounds, (edge, nextafter(span.end, 0.0)))
        for tile in all_of(found):
            is_split = is_cut(tile, reach.bounds.since, reach.bounds.until)
            if is_split and not await _is_left(reach, series, tile):
                return tile
    return None


async def _is_left(reach: Reach, series: Series, tile: Tile) -> bool:
    """Whether all that a summary tells of can still be told by what it was made of."""
    within = replace(reach.bounds, since=tile.span.start, until=nextafter(tile.span.end, 0.0))
    found = await _parts(reach, series, within, smaller(tile.period))
    if found is None:
        return True
    chosen, rest = found
    known = [each for each in rest if each.received <= tile.summary.received]
    left = sum(each.measured.count for each in chosen) + sum(each.seen for each in known)
    if left >= tile.measured.count:
        return True
    since, until = reach.bounds.since, reach.bounds.until
    is_part = tile.period == "hour" and not is_of_days(since, until)
    return is_part and any((since or 0.0) <= each.at <= (until or inf) for each in known)


async def _parts(
    reach: Reach, series: Series, bounds: Filters, periods: Sequence[Period]
) -> tuple[list[Tile], list[Sample]] | None:
    """The summaries that tell of a time, and the readings that none of them tells of; None: too many."""
    summaries: list[Memory] = []
    chosen: list[Tile] = []
    for period in periods:
        for gap in uncovered(chosen, bounds.since, bounds.until):
            summaries += await _summaries(reach, series, period, bounds, gap)
        chosen = tiles(summaries, bounds.since, bounds.until)
    gaps = uncovered(chosen, bounds.since, bounds.until)
    if not gaps:
        return chosen, []
    samples = await reach.samples(series, _within(bounds, (gaps[0][0], gaps[-1][1])))
    return None if samples is None else (chosen, left_over(chosen, samples))


async def _summaries(
    reach: Reach, series: Series, period: Period, bounds: Filters, gap: tuple[float, float]
) -> list[Memory]:
    of_period = replace(_within(bounds, gap), tags=[*(bounds.tags or ()), period])
    found = await reach.store.newest(reach.summarised(series, of_period), SUMMARIES_MAX)
    await asyncio.sleep(0)
    reach.more |= len(found) == SUMMARIES_MAX
    return found


def _within(bounds: Filters, gap: tuple[float, float]) -> Filters:
    """The same, of this time alone; it may be open."""
    start, end = gap
    return replace(
        bounds,
        since=None if start == -inf else start,
        until=None if end == inf else end,
    )
