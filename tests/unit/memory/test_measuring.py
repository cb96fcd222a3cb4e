"""memory/measuring.py"""

from dataclasses import astuple
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import Beyond, Held, Value
from memory.measuring import HOLD_S_MAX, Reading, measured
from memory.portions import Span

HOUR = Span(3600, 7200)


def readings(*of: tuple[float, Value], **fields: Any) -> list[Reading]:
    return [Reading(f"m{place}", value, at, **fields) for place, (at, value) in enumerate(of)]


def test_numbers_have_extremes_a_mean_and_a_trend() -> None:
    said = measured(readings((3600, 20), (3700, 21.5), (3800, 22), (3900, 23.5)), HOUR)
    assert (said.count, said.since, said.until) == (4, 3600, 3900)
    assert (said.first, said.last, said.min, said.max) == (20, 23.5, 20, 23.5)
    assert (said.mean, said.trend, said.values) == (21.75, "rising", [])


def test_a_repeated_reading_counts_as_often_as_it_was_seen() -> None:
    said = measured([Reading("a", 20.0, 3900, seen=3, first=3600), Reading("b", 24.0, 4000)], HOUR)
    assert (said.count, said.mean) == (4, 21.0)
    assert (said.since, said.until) == (3600, 4000)


def test_what_was_observed_between_two_that_were_merged_changed_it_and_it_changed_back() -> None:
    opened = Reading("a", "open", 4800, seen=3, first=3600)
    said = measured([opened, Reading("late", "closed", 4200)], HOUR)
    assert (said.count, said.first, said.last, said.until) == (4, "open", "open", 4800)
    assert said.values == [Held("open", 3000.0, 3, 2, 4800), Held("closed", 600.0, 1, 1, 4200)]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(3601, 7199)), min_size=1, unique_by=lambda each: each[1]
    )
)
def test_however_they_overlap_none_is_lost_and_the_last_is_the_last(of: list[tuple[str, int]]) -> None:
    merged = [Reading(value, value, at, seen=3, first=3600) for value, at in dict(of).items()]
    said = measured(merged, HOUR)
    assert said.count == 3 * len(merged)
    assert said.last == max(merged, key=lambda each: each.at).value
    assert sum(each.held_s for each in said.values) == HOUR.end - HOUR.start


@pytest.mark.parametrize(
    ("of", "before", "beyond"),
    [
        pytest.param([(3600, 30), (3700, 20), (4000, 25)], None, (100.0, 300.0), id="until the next"),
        pytest.param([(3700, 30), (4000, 20)], 20, (300.0, 3300.0), id="from before, to the end"),
        pytest.param([(3700, 25)], 25, (0.0, 0.0), id="neither above nor below"),
        pytest.param([(3700, "away"), (3800, 26)], None, (3400.0, 0.0), id="beside a text"),
    ],
)
def test_a_value_is_above_or_below_until_the_next(
    of: Any, before: float | None, beyond: tuple[float, float]
) -> None:
    earlier = None if before is None else Reading("before", before, 3500)
    said = measured(readings(*of), HOUR, before=earlier, thresholds=[25, 25.0])
    assert said.beyond == [Beyond(25, *beyond)]


def test_a_value_holds_no_longer_than_a_sensor_may_be_silent() -> None:
    day = Span(0, 86_400)
    said = measured(readings((0, 30), (40_000, 30)), day, thresholds=[25])
    assert said.beyond == [Beyond(25, 2 * HOLD_S_MAX, 0.0)]
    assert measured(readings((0, 30)), day, thresholds=[25], hold_s_max=60).beyond == [Beyond(25, 60, 0)]


def test_a_repeated_value_held_from_its_first_time_on() -> None:
    said = measured([Reading("a", True, 7000, seen=9, first=3600)], HOUR, hold_s_max=60)
    assert said.values == [Held(True, 3460, 9, 1, 3600)]


def test_states_have_times_and_durations() -> None:
    said = measured(
        readings((3600, "open"), (3660, "closed"), (3700, "closed"), (4000, "open"), (4010, "closed")), HOUR
    )
    assert said.values == [Held("closed", 340 + 3190, 3, 2, 4010), Held("open", 70, 2, 2, 4000)]
    assert (said.min, said.max, said.mean, said.trend, said.beyond) == (None, None, None, None, [])


def test_what_went_on_from_before_held_and_was_not_turned_to() -> None:
    said = measured(readings((3900, "closed")), HOUR, before=Reading("x", "open", 3000))
    assert said.values == [Held("closed", 3300, 1, 1, 3900), Held("open", 300, 0, 0, None)]


def test_numbers_and_texts_of_one_series_are_told_side_by_side() -> None:
    said = measured(readings((3600, 21.0), (3700, "error"), (3800, 22.0)), HOUR)
    assert (said.count, said.min, said.max, said.mean) == (3, 21.0, 22.0, 21.5)
    assert said.values == [Held("error", 100, 1, 1, 3700)]


finite = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63)
everything = finite | st.booleans() | st.text(max_size=3)
an_hour = st.lists(st.tuples(st.floats(3600, 7199), everything), min_size=1, max_size=30)


@given(an_hour, st.randoms(), finite)
def test_the_order_of_readings_does_not_matter_and_nothing_is_nan(
    of: Any, random: Any, threshold: float
) -> None:
    once = readings(*of)
    said = measured(once, HOUR, thresholds=[threshold])
    assert measured(random.sample(once, len(once)), HOUR, thresholds=[threshold]) == said
    if said.drift is not None:
        assert all(map(isfinite, astuple(said.drift)))
        assert said.mean is not None
    assert all(0 <= each.held_s <= 3600 for each in said.values)
    assert all(0 <= each.above_s + each.below_s <= 3600 for each in said.beyond)


def test_nothing_is_not_measured() -> None:
    with pytest.raises(ValueError, match="no readings to measure"):
        measured([], HOUR)
