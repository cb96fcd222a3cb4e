"""memory/drift.py"""

import math
from math import isfinite, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.drift import Drift, joined, of_value


def drift(*points: tuple[float, float]) -> Drift:
    return joined([of_value(value, at, at, 1) for at, value in points])


def noise(place: int) -> float:
    return sin(place * 12.9898) * 0.5


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([1.0, 2.0], None),
        ([1.0, 2.0, 3.0], "rising"),
        ([3.0, 2.0, 1.0], "falling"),
        ([1.0, 2.0, 2.0], "steady"),
        ([5.0] * 10, "steady"),
        ([20.0] * 6 + [24.0] * 6, "rising"),
        ([sin(place / 16) for place in range(50)], "steady"),
        ([noise(place) for place in range(200)], "steady"),
        ([noise(place) + place / 200 for place in range(200)], "rising"),
        ([1e308 - 1e306 * place for place in range(10)], "falling"),
        ([5e-324 * place for place in range(10)], "rising"),
    ],
)
def test_a_series_rises_or_falls_where_a_line_says_more_than_chance(
    values: list[float], trend: str | None
) -> None:
    assert drift(*((1.7e9 + 10 * place, value) for place, value in enumerate(values))).trend == trend


def test_many_at_one_instant_go_nowhere() -> None:
    assert drift((5.0, 1.0), (5.0, 2.0), (5.0, 9.0)).trend == "steady"


def test_a_repeated_value_lies_evenly_between_its_first_and_its_last_time() -> None:
    each = joined([of_value(21.0, 1.7e9 + at, 1.7e9 + at, 1) for at in range(0, 3600, 10)])
    once = of_value(21.0, 1.7e9, 1.7e9 + 3590, 360)
    assert (once.count, once.mean, once.mean_at) == (each.count, each.mean, each.mean_at)
    assert once.deviation_at == pytest.approx(each.deviation_at, rel=0.005)


points = st.lists(
    st.tuples(st.floats(0, 4e9), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=30
)


@given(points)
def test_nothing_overflows(several: list[tuple[float, float]]) -> None:
    whole = drift(*several)
    assert all(
        map(isfinite, (whole.mean, whole.deviation, whole.mean_at, whole.deviation_at, whole.correlation))
    )
    values = [value for _, value in several]
    slack = 1e-9 * max(map(abs, values))
    assert min(values) - slack <= whole.mean <= max(values) + slack


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e6, 1e6)), min_size=2, max_size=30), st.integers(1, 29)
)
def test_the_whole_is_made_of_its_parts(several: list[tuple[float, float]], cut: int) -> None:
    cut = min(cut, len(several) - 1)
    whole, of_parts = drift(*several), joined([drift(*several[:cut]), drift(*several[cut:])])
    slack = 1e-9 * max(1e-300, *(abs(value) for _, value in several))
    assert of_parts.count == whole.count
    assert of_parts.mean == pytest.approx(whole.mean, rel=0, abs=slack)
    assert of_parts.deviation == pytest.approx(whole.deviation, rel=0, abs=1e2 * slack)
    assert of_parts.mean_at == pytest.approx(whole.mean_at, rel=1e-9)
    assert of_parts.deviation_at == pytest.approx(whole.deviation_at, rel=1e-6, abs=1e-3)


def test_a_days_trend_is_its_readings_and_not_its_hours() -> None:
    series = [(at, 20 + at / 1e5 + noise(at)) for at in range(0, 86_400, 60)]
    hours = [drift(*series[place : place + 60]) for place in range(0, len(series), 60)]
    assert joined(hours).correlation == pytest.approx(drift(*series).correlation, rel=1e-9)
    assert not math.isclose(drift(*series).correlation, 0.0)
