"""edge/reading_rules.py"""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.reading_rules import Rule

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = NUMBERS | st.booleans() | st.text(max_size=3)


@pytest.mark.parametrize("value", [0, False, 21.4, "open", ""])
def test_without_a_word_of_change_nothing_is_the_same(value: Any) -> None:
    assert not Rule(every_s_max=60, every_s_min=1).same(value, value)


@given(VALUES, VALUES)
def test_on_change_what_equals_is_the_same_and_true_is_not_one(value: Any, sent: Any) -> None:
    expected = value == sent and isinstance(value, bool) == isinstance(sent, bool)
    assert Rule(on_change=True).same(value, sent) is expected


@pytest.mark.parametrize(
    ("value", "sent", "same"),
    [
        (21.9, 21.4, True),
        (21.91, 21.4, False),
        (20.9, 21.4, True),
        (True, 1, False),
        (0, False, False),
        ("21.4", 21.4, False),
        ("open", "open", True),
        ("open", "shut", False),
        (1e308, -1e308, False),
    ],
)
def test_a_deadband_is_of_numbers_and_of_all_else_it_forgives_nothing(
    value: Any, sent: Any, *, same: bool
) -> None:
    assert Rule(deadband=0.5).same(value, sent) is same


@given(st.integers(-10_000, 10_000), st.integers(1, 500))
def test_a_step_of_just_the_deadband_is_within_it_however_floats_round(tenths: int, band: int) -> None:
    rule = Rule(deadband=band / 10)
    assert rule.same((tenths + band) / 10, tenths / 10)
    assert rule.same((tenths - band) / 10, tenths / 10)
    assert not rule.same((tenths + band + 1) / 10, tenths / 10)


def test_a_share_is_of_what_was_sent_and_of_two_deadbands_the_wider_holds() -> None:
    share = Rule(deadband_share=0.1)
    assert share.same(110, 100)
    assert share.same(-110, -100)
    assert not share.same(111, 100)
    assert not share.same(1e-9, 0), "of nothing every share is nothing"
    assert share.same(0, 0.0)
    both = Rule(deadband=5, deadband_share=0.1)
    assert both.same(104, 100)
    assert both.same(5, 0)
    assert both.same(109, 100)


@given(NUMBERS, NUMBERS, st.floats(1e-6, 1e6))
def test_a_deadband_forgives_both_ways_alike(value: float, sent: float, band: float) -> None:
    rule = Rule(deadband=band)
    assert rule.same(value, sent) is rule.same(sent, value)
    assert rule.same(value, value)


@pytest.mark.parametrize("knob", ["deadband", "deadband_share", "every_s_max", "every_s_min"])
@pytest.mark.parametrize("given", [0, -1, math.inf, math.nan])
def test_a_knob_that_could_not_do_what_it_says_is_refused(knob: str, given: float) -> None:
    with pytest.raises(ValueError, match=f"^{knob}: must be more than 0 and finite, not .* leave it out"):
        Rule(**{knob: given})


def test_a_heartbeat_cannot_come_more_often_than_it_may() -> None:
    with pytest.raises(ValueError, match="every_s_min: 60 is more than every_s_max, 10; make it less"):
        Rule(every_s_min=60, every_s_max=10)
    assert Rule(every_s_min=10, every_s_max=10).every_s_min == 10
