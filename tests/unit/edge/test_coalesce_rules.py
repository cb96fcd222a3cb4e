"""edge/coalesce_rules.py"""

from math import inf, nan
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.coalesce_rules import COUNT_MAX, WINDOW_S_MAX, Coalesce, counted, spread
from edge.coalescing import Coalescer
from edge.observed import Fields
from schemas.limits import TEXT_BYTES_MAX
from schemas.observation import Observation
from tests.unit.edge.observations import Observed, observed, reading


def made(rule: Coalesce, *several: Observed) -> list[Fields]:
    coalescer = Coalescer([rule])
    passed = [one.fields for each in several for one in coalescer.take(each, 0)]
    return passed + [one.fields for one in coalescer.flush()]


def without_id(fields: Fields) -> Fields:
    return {key: value for key, value in fields.items() if key != "i"}


@pytest.mark.parametrize("window_s", [0, -1, WINDOW_S_MAX + 1, inf, nan])
def test_a_window_is_bounded(window_s: float) -> None:
    with pytest.raises(ValueError, match="window_s: must be more than 0 and at most 3600"):
        counted(window_s=window_s)


@pytest.mark.parametrize("count_max", [1, COUNT_MAX + 1])
def test_so_is_its_count(count_max: int) -> None:
    with pytest.raises(ValueError, match="count_max: must be 2 to 256"):
        spread(count_max=count_max)


@pytest.mark.parametrize(
    ("names", "fields", "named"),
    [
        ({}, {"t": "x"}, True),
        ({"attribute": "power"}, {"v": 1, "p": "power"}, True),
        ({"attribute": "power"}, {"v": 1}, False),
        ({"kind": "reading"}, {"v": 1}, True),
        ({"kind": "event"}, {"t": "x"}, True),
        ({"kind": "event"}, {"t": "x", "v": 1}, False),
        ({"kind": "motion"}, {"t": "x", "k": "motion"}, True),
        ({"kind": "motion", "attribute": "power"}, {"t": "x", "k": "motion"}, False),
        ({"where": lambda fields: fields["t"] == "x"}, {"t": "x"}, True),
        ({"where": lambda fields: fields["t"] == "y"}, {"t": "x"}, False),
    ],
)
def test_a_rule_is_for_what_all_of_it_names(names: dict[str, Any], fields: Fields, *, named: bool) -> None:
    assert Coalesce(lambda several: several[0], **names).is_for(fields) is named


def test_repeats_are_counted_in_words_and_in_meta() -> None:
    several = [observed(t="the pump stalled", at=100.0 + number, m={"by": number}) for number in range(7)]
    [one] = made(counted(), *several)
    assert without_id(one) == {
        "t": "the pump stalled (7 times within 60 s)",
        "m": {"by": 6, "times": 7, "first": 100.0},
    }
    assert one["i"] == several[6].fields["i"]


def test_without_a_clock_no_first_and_without_words_only_meta() -> None:
    [one] = made(counted(attribute="door"), *(reading("open", "door") for _ in range(2)))
    assert without_id(one) == {"v": "open", "p": "door", "m": {"times": 2}}


def test_what_differs_in_what_it_says_is_counted_apart() -> None:
    several = [{"t": "a"}, {"t": "b"}, {"t": "a", "k": "note"}, {"t": "a", "p": "x"}, {"t": "a", "g": ["y"]},
               {"v": True, "p": "x"}, {"v": 1, "p": "x"}]  # fmt: skip
    once = [observed(**fields) for fields in several]
    assert made(counted(), *once) == [one.fields for one in once]


def test_what_came_once_goes_as_it_came() -> None:
    for rule, one in ((counted(), observed(t="a", at=1.0)), (spread(), reading(1))):
        assert made(rule, one) == [one.fields]


def test_a_text_that_has_no_room_for_its_count_goes_each_time() -> None:
    long = [observed(t="x" * TEXT_BYTES_MAX) for _ in range(2)]
    assert made(counted(), *long) == [one.fields for one in long]


def test_numbers_are_spread_around_their_last() -> None:
    [one] = made(spread("power", window_s=300), *(reading(value, "power", u="W") for value in (3, 1, 8)))
    assert without_id(one) == {
        "v": 8, "p": "power", "u": "W", "m": {"min": 1, "max": 8, "mean": 4.0, "count": 3},
    }  # fmt: skip


def test_units_attributes_and_what_is_no_number_are_apart() -> None:
    several = [
        reading(1, "a"),
        reading(2, "a", u="W"),
        reading(3, "b"),
        reading(True, "a"),
        reading("4", "a"),
    ]
    assert sorted(one["i"] for one in made(spread(), *several)) == [one.fields["i"] for one in several]
    assert [one["v"] for one in made(spread("a"), *several[:3])] == [3, 1, 2], "b goes at once"


def test_the_importance_given_is_that_of_the_most_important() -> None:
    for rule in (counted(), spread()):
        [one] = made(rule, reading(1, w=0.7), reading(1, w=0.2), reading(1))
        assert one["w"] == 0.7


NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(NUMBERS, min_size=2, max_size=20))
def test_whatever_numbers_come_the_memory_takes_what_is_made(values: list[float]) -> None:
    for one in made(spread(), *map(reading, values)):
        told = Observation.load(one)
        assert told.value in values
        if told.meta:  # not where their sum is beyond all floats: then each went as it came
            assert (told.meta["min"], told.meta["max"]) == (min(values), max(values))
            assert told.meta["mean"] == pytest.approx(fmean(values))
