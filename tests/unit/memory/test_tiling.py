"""memory/tiling.py"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import Measured
from memory.portions import Period, span_at
from memory.records import Memory, Sample
from memory.tiling import all_of, is_cut, is_of_days, last_told, left_over, moved, smaller, tiles, uncovered
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
    chosen = tiles(both, DAY + 2, DAY + DAY_S - 0.001)
    assert {tile.period for tile in chosen} == {"hour"}
    assert len(chosen) == 23
    assert len(tiles(both, DAY, DAY + DAY_S - 2)) == 23


def test_one_that_reaches_beyond_and_tells_of_nothing_there_is_whole() -> None:
    [chosen] = tiles([summary("day", DAY)], DAY + 1, DAY + DAY_S - 1)
    assert not is_cut(chosen, DAY + 1, DAY + DAY_S - 1)
    assert is_cut(chosen, DAY + 2, None)
    assert is_cut(chosen, None, DAY + DAY_S - 2)
    assert not is_cut(chosen, DAY + DAY_S, None)  # tells of nothing in the time
    assert not is_cut(chosen, None, DAY + 0.5)


def test_open_times_take_all() -> None:
    assert len(tiles([summary("day", DAY), summary("day", DAY + DAY_S)], None, None)) == 2
    assert tiles([], None, None) == []
    assert tiles([a_memory(tier="summary", tags=["session"])], None, None) == []


def test_where_nothing_is_told_is_at_the_edges_or_one_stretch_from_the_first_gap_to_the_last() -> None:
    last = DAY + 5 * HOUR_S - 0.001
    chosen = tiles(hours(5), DAY, last)
    assert uncovered(chosen, DAY, last) == []
    assert uncovered(chosen, DAY - 5, DAY + 5 * HOUR_S) == [
        (DAY - 5, DAY),
        (DAY + 5 * HOUR_S, pytest.approx(DAY + 5 * HOUR_S)),
    ]
    holed = [tile for tile in chosen if tile.span.start not in (DAY + HOUR_S, DAY + 3 * HOUR_S)]
    assert uncovered(holed, DAY, last) == [
        (DAY + HOUR_S, DAY + 2 * HOUR_S),
        (DAY + 3 * HOUR_S, DAY + 4 * HOUR_S),
    ]
    assert uncovered(holed, DAY - 5, last) == [(DAY - 5, DAY + 4 * HOUR_S)]
    assert uncovered([], DAY, None) == [(DAY, float("inf"))]


OFFSETS_H = st.integers(-12 * 4, 14 * 4).map(lambda quarters: quarters / 4)


@given(offset_h=OFFSETS_H, days=st.integers(1, 40), first=st.integers(0, 400))
def test_days_of_any_zone_are_told_by_as_many_of_utc_that_lie_mostly_within(
    offset_h: float, days: int, first: int
) -> None:
    since = DAY + first * DAY_S - offset_h * HOUR_S
    until = since + days * DAY_S - 0.001
    summaries = [summary("day", DAY + n * DAY_S) for n in range(first - 3, first + days + 3)]
    chosen = tiles(summaries, *_snapped(summaries, since, until))
    assert len(chosen) == days
    for tile in chosen:
        within_s = min(tile.span.end, until) - max(tile.span.start, since)
        assert within_s == pytest.approx(max(within_s, DAY_S / 2), abs=0.01)
    assert all(one.span.end == other.span.start for one, other in pairwise(chosen))


def _snapped(summaries: list[Memory], since: float, until: float) -> tuple[float, float]:
    """As one end after the other is moved, where nothing else is left."""
    cut = [tile for tile in all_of(summaries) if is_cut(tile, since, until)]
    at = {name: [tile for tile in cut if tile.span.start <= edge < tile.span.end]
          for name, edge in (("since", since), ("until", until))}  # fmt: skip
    first = moved(at["since"][0], since, until)[0] if at["since"] else since
    last = moved(at["until"][0], since, until)[1] if at["until"] else until
    return first, last


@pytest.mark.parametrize(
    ("since_h", "until_h", "taken"),
    [
        (10, 11, False),  # between ten and eleven
        (0, 18, False),
        (6, 28, False),
        (1, 24, True),  # a day on which clocks go forward
        (0.5, 23.5, True),
        (-30, 12, False),
        (-30, 12.1, True),
        (12, 48, True),
        (12.1, 48, False),
    ],
)
def test_a_day_is_taken_whole_where_a_day_is_asked_for(since_h: float, until_h: float, taken: bool) -> None:  # noqa: FBT001 - a case of a table
    since, until = DAY + since_h * HOUR_S, DAY + until_h * HOUR_S - 0.001
    [tile] = all_of([summary("day", DAY)])
    assert is_cut(tile, since, until)
    first, last = moved(tile, since, until)
    assert (first <= DAY and last >= DAY + DAY_S - 0.001) is taken
    assert taken or last < DAY or first >= DAY + DAY_S


def test_open_times_are_moved_at_their_one_end() -> None:
    [tile] = all_of([summary("day", DAY)])
    assert moved(tile, DAY + HOUR_S, None) == (DAY, float("inf"))
    assert moved(tile, None, DAY + HOUR_S) == (float("-inf"), DAY - 0.001)


def test_a_month_a_day_an_hour_are_made_of_what_is_smaller() -> None:
    assert [smaller(period) for period in ("month", "day", "hour")] == [("day", "hour"), ("hour",), ()]


def test_a_local_day_is_a_day_even_as_clocks_go_forward() -> None:
    assert is_of_days(DAY, DAY + 23 * HOUR_S - 0.001)
    assert is_of_days(None, DAY)
    assert not is_of_days(DAY, DAY + 22 * HOUR_S)


def test_what_tells_of_the_end_of_a_time_may_be_of_later_but_not_of_what_is_to_come() -> None:
    until, now = DAY + HOUR_S, DAY + 10 * DAY_S
    assert last_told(until, "day", now) == DAY + DAY_S
    assert last_told(until, "day", DAY + 2 * HOUR_S) == DAY + 2 * HOUR_S
    assert last_told(now + 1, "day", now) == now + 1
    assert last_told(None, "day", now) is None
    assert last_told(1e300, "month", now) == 1e300


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
    gaps = uncovered(chosen, first, last)
    assert all(any(start <= each.at < max(end, last + 1) for start, end in gaps) for each in left)
