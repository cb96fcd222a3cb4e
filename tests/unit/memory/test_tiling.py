"""memory/tiling.py"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import Measured
from memory.portions import Period, span_at
from memory.records import Memory, Sample
from memory.tiling import left_over, tiles, uncovered
from tests.contract.memories import a_memory

DAY = 1_700_006_400
"""Midnight in UTC, the fifteenth of a month."""
HOUR_S, DAY_S = 3600, 86_400


def summary(period: Period, start: float, **more: Any) -> Memory:
    span = span_at(start, period)
    measured = Measured(
        count=2, since=span.start + 1, until=span.end - 1, first=1.0, last=2.0, min=1.0, max=2.0
    )
    return a_memory(
        **{"tier": "summary", "tags": [period], "at": measured.until, "received": span.end, **more},
        measured=measured,
    )


def hours(count: int, start: float = DAY) -> list[Memory]:
    return [summary("hour", start + n * HOUR_S) for n in range(count)]


def sample(at: float, received: float | None = None) -> Sample:
    return Sample(str(at), "home7", "d", at, 1.0, at if received is None else received)


def test_the_largest_that_fit_cover_and_none_lies_within_another() -> None:
    both = [summary("day", DAY), *hours(48)]
    chosen = tiles(both, DAY, DAY + 2 * DAY_S - 0.001)
    assert [tile.period for tile in chosen] == ["day", *["hour"] * 24]
    assert chosen[1].span.start == DAY + DAY_S


def test_one_that_reaches_beyond_is_none() -> None:
    both = [summary("day", DAY), *hours(24)]
    chosen = tiles(both, DAY + 1, DAY + DAY_S - 0.001)
    assert {tile.period for tile in chosen} == {"hour"}
    assert len(chosen) == 23
    assert len(tiles(both, DAY, DAY + DAY_S - 2)) == 23


def test_open_times_take_all() -> None:
    assert len(tiles([summary("day", DAY), summary("day", DAY + DAY_S)], None, None)) == 2
    assert tiles([], None, None) == []
    assert tiles([a_memory(tier="summary", tags=["session"])], None, None) == []


def test_where_nothing_is_told_is_one_stretch_from_the_first_gap_to_the_last() -> None:
    last = DAY + 5 * HOUR_S - 0.001
    chosen = tiles(hours(5), DAY, last)
    assert uncovered(chosen, DAY, last) is None
    assert uncovered(chosen, DAY, DAY + 5 * HOUR_S) == (DAY + 5 * HOUR_S, pytest.approx(DAY + 5 * HOUR_S))
    holed = [tile for tile in chosen if tile.span.start not in (DAY + 2 * HOUR_S, DAY + 3 * HOUR_S)]
    assert uncovered(holed, DAY, last) == (DAY + 2 * HOUR_S, DAY + 4 * HOUR_S)
    assert uncovered([], DAY, None) == (DAY, float("inf"))


def test_a_reading_that_came_after_its_summary_is_left_over() -> None:
    chosen = tiles(hours(1), None, None)
    inside, outside = sample(DAY + 5), sample(DAY + HOUR_S)
    late = replace(inside, received=DAY + 2 * HOUR_S)
    assert left_over(chosen, [inside, outside, late]) == [outside, late]


@given(
    starts=st.sets(st.integers(0, 71)),
    days=st.sets(st.integers(0, 2)),
    since=st.integers(-5, 75),
    length=st.integers(1, 80),
)
def test_each_reading_is_told_once(starts: set[int], days: set[int], since: int, length: int) -> None:
    summaries = [summary("hour", DAY + n * HOUR_S) for n in starts]
    summaries += [summary("day", DAY + n * DAY_S) for n in days]
    first, last = DAY + since * HOUR_S, DAY + (since + length) * HOUR_S - 0.001
    chosen = tiles(summaries, first, last)
    samples = [sample(DAY + n * HOUR_S + 7, received=0.0) for n in range(-5, 155)]
    samples = [each for each in samples if first <= each.at <= last]
    told = [each for each in samples for tile in chosen if tile.span.start <= each.at < tile.span.end]
    assert len(told) == len({each.id for each in told})
    left = left_over(chosen, samples)
    assert {each.id for each in left} | {each.id for each in told} == {each.id for each in samples}
    assert not {each.id for each in left} & {each.id for each in told}
    gap = uncovered(chosen, first, last)
    assert all(gap is not None and gap[0] <= each.at < max(gap[1], last + 1) for each in left)
