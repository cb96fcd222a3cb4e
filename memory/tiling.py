"""Which summaries of a series cover a time, each as large as fits: months, then days, then hours. Pure.

What no tile covers is left to readings: the edges, what is not condensed yet, and what came after its summary
was made.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, nextafter

from memory.measured import Measured
from memory.portions import Period, Span, span_at
from memory.records import Memory, Sample

LARGEST_FIRST: tuple[Period, ...] = ("month", "day", "hour")
MOMENT_S = 1.0


@dataclass(frozen=True, slots=True)
class Tile:
    """A summary, and the span it tells all of."""

    period: Period
    span: Span
    summary: Memory
    measured: Measured


def tiles(summaries: Iterable[Memory], since: float | None, until: float | None) -> list[Tile]:
    """Those that lie wholly within the times (both included), none within another, in their order."""
    first, last = -inf if since is None else since, inf if until is None else until
    found: list[Tile] = []
    taken: set[tuple[Period, float]] = set()
    for tile in sorted(_all(summaries), key=lambda each: (each.span.start - each.span.end, each.span.start)):
        # A time ends a moment before the next begins.
        is_inside = tile.span.start >= first and tile.span.end - MOMENT_S <= last
        around = {(period, span_at(tile.span.start, period).start) for period in LARGEST_FIRST}
        if is_inside and taken.isdisjoint(around):
            found.append(tile)
            taken.add((tile.period, tile.span.start))
    return sorted(found, key=lambda each: each.span.start)


def uncovered(chosen: Sequence[Tile], since: float | None, until: float | None) -> tuple[float, float] | None:
    """From where to where there may be readings that no tile tells of; None: nowhere."""
    first, last = -inf if since is None else since, inf if until is None else until
    start, end = first, nextafter(last, inf)  # the last instant is one of the times
    for tile in chosen:
        if tile.span.start > start:
            break
        start = tile.span.end
    for tile in reversed(chosen):
        if tile.span.end < end:
            break
        end = tile.span.start
    return (start, end) if start < end else None


def left_over(chosen: Sequence[Tile], samples: Iterable[Sample]) -> list[Sample]:
    """The samples that no tile tells of: outside of all, or come since it was made."""
    starts = [tile.span.start for tile in chosen]

    def is_told(sample: Sample) -> bool:
        place = bisect_right(starts, sample.at) - 1
        if place < 0 or not _holds(chosen[place].span, sample.at):
            return False
        return sample.received <= chosen[place].summary.received

    return [sample for sample in samples if not is_told(sample)]


def _all(summaries: Iterable[Memory]) -> Iterator[Tile]:
    for summary in summaries:
        period = next((each for each in LARGEST_FIRST if each in summary.tags), None)
        if period is not None and summary.measured is not None:
            yield Tile(period, span_at(summary.measured.since, period), summary, summary.measured)


def _holds(span: Span, at: float) -> bool:
    return span.start <= at < span.end
