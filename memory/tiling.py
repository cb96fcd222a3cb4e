"""Which summaries of a series cover a time, each as large as fits: months, then days, then hours. Pure.

What no tile covers is left to readings: the edges, what is not condensed yet, and what came after its summary
was made. Where these are gone, the time is moved to the bounds of the summary that it cuts: a day of Berlin
lies in two of UTC.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from memory.measured import Measured
from memory.portions import Period, Span, span_at
from memory.records import Memory, Sample
from memory.time_windows import UNTIL_MARGIN_S

LARGEST_FIRST: tuple[Period, ...] = ("month", "day", "hour")
MOMENT_S = 1.0
LENGTH_MIN = 23 / 24
"""Of a summary's length, at least so much has a time that it is taken for whole: one day a year, clocks go
forward. What is shorter asks for a part, and the whole is no answer."""
DAY_S = 86_400.0
GAPS_MAX = 2
"""Both edges."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A summary, and the span it tells all of."""

    period: Period
    span: Span
    summary: Memory
    measured: Measured


def tiles(summaries: Iterable[Memory], since: float | None, until: float | None) -> list[Tile]:
    """Those that tell of nothing outside the times (both included), none within another, in their order."""
    found: list[Tile] = []
    taken: set[tuple[Period, float]] = set()
    for tile in sorted(
        all_of(summaries), key=lambda each: (each.span.start - each.span.end, each.span.start)
    ):
        around = {(period, span_at(tile.span.start, period).start) for period in LARGEST_FIRST}
        if _is_within(tile, since, until) and taken.isdisjoint(around):
            found.append(tile)
            taken.add((tile.period, tile.span.start))
    return sorted(found, key=lambda each: each.span.start)


def smaller(period: Period) -> tuple[Period, ...]:
    """What a summary of this period is made of, the largest first."""
    return LARGEST_FIRST[LARGEST_FIRST.index(period) + 1 :]


def last_told(until: float | None, period: Period, now: float) -> float | None:
    """Until when a summary may be of that tells of the time's end: a summary's time is its last reading's."""
    if until is None or not 0 <= until < now:
        return until  # what is to come has no summary
    return max(until, min(span_at(until, period).end, now))


def is_cut(tile: Tile, since: float | None, until: float | None) -> bool:
    """Whether it tells of readings within the times and of others outside of them."""
    first, last = _ends(since, until)
    told = tile.measured
    return told.since <= last and told.until >= first and not _is_within(tile, since, until)


def moved(tile: Tile, since: float | None, until: float | None) -> tuple[float, float]:
    """The times, with a summary that they cut taken in, if it lies mostly within, or left out.

    Of one that lies within by half the earlier is taken: so as many days are told as were asked for.
    """
    first, last = _ends(since, until)
    start, end = tile.span.start, tile.span.end
    within_s, half_s = min(last, end) - max(first, start), (end - start) / 2
    is_most = within_s >= half_s if first > start else within_s > half_s
    if is_most and last - first + MOMENT_S >= LENGTH_MIN * (end - start):
        return min(first, start), max(last, end - UNTIL_MARGIN_S)
    return (end if first > start else first), (start - UNTIL_MARGIN_S if last < end - MOMENT_S else last)


def is_of_days(since: float | None, until: float | None) -> bool:
    """Whether the times are a day or more; of less what is left of an hour's readings says more than none."""
    first, last = _ends(since, until)
    return last - first + MOMENT_S >= LENGTH_MIN * DAY_S


def uncovered(chosen: Sequence[Tile], since: float | None, until: float | None) -> list[tuple[float, float]]:
    """From where to where there may be readings that no tile tells of: at both edges, or one stretch."""
    start, last = _ends(since, until)
    end = nextafter(last, inf)  # the last instant is one of the times
    gaps = []
    for tile in chosen:
        if tile.span.start > start:
            gaps.append((start, tile.span.start))
        start = max(start, tile.span.end)
    if start < end:
        gaps.append((start, end))
    # Each costs searches, and a sensor that sleeps at night has hundreds.
    return gaps if len(gaps) <= GAPS_MAX else [(gaps[0][0], gaps[-1][1])]


def left_over(chosen: Sequence[Tile], samples: Iterable[Sample]) -> list[Sample]:
    """The samples that no tile tells of: outside of all, or come since it was made."""
    starts = [tile.span.start for tile in chosen]

    def is_told(sample: Sample) -> bool:
        place = bisect_right(starts, sample.at) - 1
        if place < 0 or not _holds(chosen[place].span, sample.at):
            return False
        return sample.received <= chosen[place].summary.received

    return [sample for sample in samples if not is_told(sample)]


def all_of(summaries: Iterable[Memory]) -> Iterator[Tile]:
    """Each summary of a series, with its span."""
    for summary in summaries:
        period = next((each for each in LARGEST_FIRST if each in summary.tags), None)
        if period is not None and summary.measured is not None:
            yield Tile(period, span_at(summary.measured.since, period), summary, summary.measured)


def _is_within(tile: Tile, since: float | None, until: float | None) -> bool:
    """By its span or by what it tells of: a door that nobody opens at night has whole days in any zone."""
    first, last = _ends(since, until)
    # A time ends a moment before the next begins.
    by_span = tile.span.start >= first and tile.span.end - MOMENT_S <= last
    return by_span or (tile.measured.since >= first and tile.measured.until <= last)


def _ends(since: float | None, until: float | None) -> tuple[float, float]:
    return -inf if since is None else since, inf if until is None else until


def _holds(span: Span, at: float) -> bool:
    return span.start <= at < span.end
