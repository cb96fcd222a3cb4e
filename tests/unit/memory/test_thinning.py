"""memory/thinning.py"""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import Value
from memory.measuring import Reading
from memory.thinning import OUTLIERS_MAX, outliers, proving, thinned


def readings(values: list[Value], every_s: float = 10.0) -> list[Reading]:
    return [Reading(f"m{place:04}", value, 3600 + every_s * place) for place, value in enumerate(values)]


def places(ids: list[str]) -> list[int]:
    return [int(each[1:]) for each in ids]


@pytest.mark.parametrize(
    ("values", "out"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([21.0], [], id="one"),
        pytest.param([21.0] * 9, [], id="all alike"),
        pytest.param([21.0, 21.1, 21.2, 21.1, 21.0, 85.0, -40.0], [5, 6], id="the furthest first"),
        pytest.param([21.0] * 99 + [22.0], [99], id="a spike of a steady sensor"),
        pytest.param([0.0, 100.0] * 20, [], id="two states that change places"),
        pytest.param([0.0] * 30 + [100.0] * 10, [], id="a state that holds less often"),
        pytest.param([True, False, "x", 5.0], [], id="what is no number"),
        pytest.param([1e308, -1e308, 1e308, 1e308, 1e308], [1], id="the largest numbers"),
        pytest.param([20.0 + place / 10 for place in range(40)], [], id="a steady rise"),
    ],
)
def test_an_outlier_lies_far_from_the_median(values: list[Value], out: list[int]) -> None:
    assert places(outliers(readings(values))) == out


def test_only_so_many_are_outliers() -> None:
    values: list[Value] = [20.0 + place % 3 for place in range(90)] + [100.0 + place for place in range(20)]
    assert places(outliers(readings(values))) == list(range(109, 109 - OUTLIERS_MAX, -1))


def test_what_proves_a_summary_comes_ends_first_then_extremes_outliers_and_turns() -> None:
    values: list[Value] = [21.0, 20.9, 21.0, 21.2, 21.0, 21.1, 21.2, 80.0, 21.0, 90.0, 21.0]
    assert places(proving(readings(values))) == [0, 10, 1, 9, 7]
    states: list[Value] = ["shut", "shut", "open", "open", "shut", "shut"]
    assert places(proving(readings(states))) == [0, 5, 2, 4]


def test_what_stays_is_spread_evenly_in_time() -> None:
    rising: list[Value] = [float(place) for place in range(360)]
    kept = places(thinned(readings(rising), 60))
    assert (kept[0], kept[-1], len(kept)) == (0, 359, 60)
    assert max(after - one for one, after in pairwise(kept)) <= 12


def test_of_a_burst_there_stays_no_more_than_of_the_quiet() -> None:
    burst = [Reading(f"b{place}", 5.0, 3600 + place / 1000) for place in range(1000)]
    quiet = [Reading(f"q{place}", 5.0, 3700 + 100 * place) for place in range(30)]
    kept = thinned(burst + quiet, 34)
    assert sum(each.startswith("q") for each in kept) >= 28


values = st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.sampled_from(["a", "b"])
some = st.lists(st.tuples(values, st.floats(3600, 7199)), max_size=80).map(
    lambda of: [Reading(f"m{place:04}", value, at) for place, (value, at) in enumerate(of)]
)


@given(some, st.integers(0, 90), st.randoms())
def test_so_many_stay_with_the_ends_and_extremes_whatever_the_order(
    of: list[Reading], keep_max: int, random: Any
) -> None:
    kept = thinned(of, keep_max)
    assert len(kept) == len(set(kept)) == min(len(of), keep_max)
    assert thinned(random.sample(of, len(of)), keep_max) == kept
    assert set(proving(of)[:keep_max]) <= set(kept)
    stayed = [each for each in of if each.id in kept]
    assert thinned(stayed, keep_max) == kept
    numbers = [each.value for each in of if isinstance(each.value, float)]
    if numbers and keep_max >= 4:
        assert {min(numbers), max(numbers)} <= {each.value for each in stayed}
