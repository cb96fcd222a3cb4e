"""memory/measured.py: what parts say together; what one span says is in test_measuring.py."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import VALUES_MAX, Beyond, Held, Measured, bounded, combined, supplemented
from memory.measuring import Reading, in_order, measured
from memory.portions import Span

HOUR_S = 3600
DAY = Span(0, 86_400)

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-1000, 1000)
states = st.sampled_from(["open", "closed", "ajar"]) | st.booleans()
values = numbers | states
times = st.integers(0, 86_399) | st.floats(0, 86_399)


@st.composite
def days(draw: st.DrawFn, of: Any = values) -> list[Reading]:
    """Readings of a day: what was repeated ends before the next begins, and within its hour."""
    ats = sorted(draw(st.lists(times, min_size=1, max_size=40, unique=True)))
    readings = []
    for place, at in enumerate(ats):
        end = min([*ats[place + 1 : place + 2], (at // HOUR_S + 1) * HOUR_S - 0.001])
        lasts = draw(st.floats(0, 0.9)) * max(0.0, end - at)
        reading = Reading(f"m{place:02}", draw(of), at + lasts, draw(st.integers(1, 50)), first=at)
        readings.append(reading)
    return readings


def by_hours(readings: list[Reading], **limits: Any) -> list[Measured]:
    parts, before = [], None
    for start in range(0, 86_400, HOUR_S):
        span = Span(start, start + HOUR_S)
        within = in_order(each for each in readings if span.start <= each.since < span.end)
        if within:
            parts.append(measured(within, span, before=before, **limits))
            before = within[-1]
    return parts


@given(days())
def test_parts_together_say_what_the_whole_says(readings: list[Reading]) -> None:
    whole, of_parts = measured(readings, DAY), combined(by_hours(readings))
    exact = ("count", "since", "until", "first", "last", "min", "max")
    assert {name: getattr(of_parts, name) for name in exact} == {name: getattr(whole, name) for name in exact}
    assert type(of_parts.first) is type(whole.first)
    if whole.mean is None:
        assert of_parts.mean is None
    else:
        largest = max(abs(float(each.value)) for each in readings if not isinstance(each.value, bool | str))
        assert of_parts.mean == pytest.approx(whole.mean, rel=0, abs=1e-9 * largest)


@given(days(states))
def test_turns_and_counts_of_parts_are_those_of_the_whole(readings: list[Reading]) -> None:
    def told(of: Measured) -> dict[Any, tuple[int, int, float | None]]:
        return {str(each.value): (each.count, each.times, each.turned) for each in of.values}

    assert told(combined(by_hours(readings))) == told(measured(readings, DAY))


@given(days(states), st.floats(-10, 10))
def test_parts_of_which_none_is_empty_hold_as_long_as_the_whole(
    readings: list[Reading], threshold: float
) -> None:
    filled = [Reading(f"f{hour}", 5, hour * HOUR_S) for hour in range(24)]
    limits = {"hold_s_max": 1e9, "thresholds": [threshold]}
    together = combined(by_hours(readings + filled, **limits))
    whole = measured(readings + filled, DAY, **limits)  # type: ignore[arg-type]
    assert [each.threshold for each in together.beyond] == [threshold]
    assert together.beyond[0].above_s == pytest.approx(whole.beyond[0].above_s)
    assert together.beyond[0].below_s == pytest.approx(whole.beyond[0].below_s)
    held = {str(each.value): each.held_s for each in whole.values}
    assert {str(each.value): each.held_s for each in together.values} == pytest.approx(held)


@given(days(), st.randoms())
def test_the_order_of_parts_does_not_matter(readings: list[Reading], random: Any) -> None:
    parts = by_hours(readings)
    shuffled = random.sample(parts, len(parts))
    assert combined(shuffled) == combined(parts)


def part(since: float, values: list[Held], **fields: Any) -> Measured:
    return Measured(**{"count": 1, "since": since, "until": since, "first": "a", "last": "a",
                       "values": values} | fields)  # fmt: skip


def test_a_threshold_that_came_later_counts_from_then_on() -> None:
    parts = [
        part(1.0, [], beyond=[Beyond(25.0, 10.0, 20.0)]),
        part(2.0, [], beyond=[Beyond(5.0, 1.0, 2.0), Beyond(25.0, 1.0, 2.0)]),
    ]
    assert combined(parts).beyond == [Beyond(5.0, 1.0, 2.0), Beyond(25.0, 11.0, 22.0)]


def test_what_goes_on_over_the_border_is_not_turned_to_again() -> None:
    held = Held("a", 60.0, 6, 1, 100.0)
    one, other = part(100.0, [held]), part(4000.0, [replace(held, turned=4000.0)])
    assert combined([one, other]).values == [Held("a", 120.0, 12, 1, 100.0)]
    back = part(4000.0, [replace(held, times=2, turned=4500.0)])
    assert combined([one, back]).values == [Held("a", 120.0, 12, 2, 4500.0)]
    away = replace(one, last="b")
    assert combined([away, other]).values == [Held("a", 120.0, 12, 2, 4000.0)]


def test_true_is_not_one() -> None:
    true = part(0.0, [Held(True, 60.0, 1, 1, 0.0)], first=True, last=1)
    again = part(9.0, [Held(True, 60.0, 1, 1, 9.0)], first=True, last=True)
    assert combined([true, again]).values == [Held(True, 120.0, 2, 2, 9.0)]


def test_the_rest_of_many_values_is_one_sum() -> None:
    many = [Held(f"text {place}", 100.0 - place, 2, 1, float(place)) for place in range(VALUES_MAX + 4)]
    told = bounded(many)
    assert told[:-1] == many[:VALUES_MAX]
    assert told[-1] == Held(None, 100.0 * 4 - 8 - 9 - 10 - 11, 8, 4, 11.0)
    assert bounded([*told, Held("text x", 1.0, 1, 1, 0.0)])[-1].count == 9
    assert len(bounded(many[:VALUES_MAX])) == VALUES_MAX


def test_nothing_makes_no_whole() -> None:
    with pytest.raises(ValueError, match="no readings to combine"):
        combined([])


@given(days(), st.data())
def test_with_late_ones_it_says_what_all_say_while_those_are_there_that_prove_it(
    readings: list[Reading], data: st.DataObject
) -> None:
    late = data.draw(st.sets(st.sampled_from(range(len(readings))), min_size=1))
    early = [each for place, each in enumerate(readings) if place not in late]
    if not early:
        return
    whole = measured(readings, DAY, thresholds=[1.0])
    found = supplemented(
        measured(early, DAY, thresholds=[1.0]),
        measured([readings[place] for place in late], DAY, thresholds=[1.0]),
        whole,
    )
    exact = ("count", "since", "until", "first", "last", "min", "max", "beyond")
    assert {name: getattr(found, name) for name in exact} == {name: getattr(whole, name) for name in exact}
    if len(whole.values) <= VALUES_MAX:
        held = {each.value: (each.held_s, each.count) for each in whole.values}
        assert {each.value: (each.held_s, each.count) for each in found.values} == held


def test_where_the_first_are_gone_what_was_told_of_how_long_stays() -> None:
    early = [Reading("a", "open", 0.0), Reading("b", "shut", 600.0)]
    late = [Reading("c", "ajar", 1200.0)]
    span = Span(0, HOUR_S)
    found = supplemented(measured(early, span), measured(late, span), measured(late, span))
    assert {each.value: (each.held_s, each.count) for each in found.values} == {
        "open": (600.0, 1), "shut": (3000.0, 1), "ajar": (2400.0, 1),
    }  # fmt: skip
