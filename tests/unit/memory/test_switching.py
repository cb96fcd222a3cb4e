"""memory/switching.py"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Sample
from memory.switching import Target, Value, target_in, turnings


def target(text: str) -> Target:
    found = target_in(text)
    assert found is not None
    return found


OPEN, CLOSED, ON, OFF = (target(f"was it {state}?") for state in ("open", "closed", "on", "off"))


def samples(*values: Value) -> list[Sample]:
    return [Sample(str(at), "home7", "d", float(at), value, 0.0) for at, value in enumerate(values)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when did it open", "open"), ("was it left opened", "open"), ("when was it shut", "closed"),
        ("did it turn on?", "on"), ("when did the lamp go off", "off"), ("is the lamp on at night", "on"),
        ("who turned on the radio?", "on"), ("is it locked", "locked"), ("was it unlocked", "unlocked"),
        ("did the pipe leak", "leak"), ("any movement?", "motion"), ("who rang the bell", "pressed"),
        ("when did it last run?", "on"), ("when did it stop?", "off"), ("is Ana at home?", "home"),
        ("has Mia come home yet", "home"),
        ("who left the house", "away"), ("was it armed", "armed"), ("is the alarm disarmed", "disarmed"),
    ],
)  # fmt: skip
def test_a_state_is_read_in_words(text: str, said: str) -> None:
    assert target(text).said == said


@pytest.mark.parametrize(
    "text", ["is it on the table", "Ana is going on a trip", "", "opinions", "the offer"]
)
def test_prepositions_and_other_words_are_no_states(text: str) -> None:
    assert target_in(text) is None


@pytest.mark.parametrize(
    ("attribute", "value", "holds"),
    [
        ("door", "open", True), ("door", "OPEN ", True), ("door", "closed", False), ("door", True, True),
        ("door", 0, False), ("door", 1.0, True), ("door", "false", False), ("door", "on", True),
        ("door", 0.5, None), ("door", "ajar?", None), ("door", None, None), ("closed", True, False),
        ("door_closed", "no", True), ("contact", True, False), ("contact", "open", True),
        ("garden_contact", 0, True),
    ],
)  # fmt: skip
def test_what_a_value_says_of_a_door(attribute: str, value: Value | None, holds: bool | None) -> None:  # noqa: FBT001
    assert OPEN.holds_in(attribute, value) is holds
    assert CLOSED.holds_in(attribute, value) is (None if holds is None else not holds)


def test_words_of_machines_are_states_too() -> None:
    assert [ON.holds_in("vacuum", value) for value in ("cleaning", "docked", "lost", 12.5)] == [
        True, False, None, None,
    ]  # fmt: skip
    assert OFF.holds_in("washing_machine", "finished")


def test_repeated_reports_and_what_says_neither_are_no_turns() -> None:
    reports = samples("open", "open", "closed", "?", "open", "?", "open", "closed")
    assert [each.at for each in turnings(reports, "door", OPEN)] == [0, 4]
    assert [each.at for each in turnings(reports, "door", OPEN, before=True)] == [4]
    assert [each.at for each in turnings(reports, "door", CLOSED, before=False)] == [2, 7]


@given(st.lists(st.booleans(), max_size=40), st.booleans())
def test_turns_are_where_it_was_not_there_before(values: list[bool], before: bool) -> None:  # noqa: FBT001
    expected = [at for at, (was, holds) in enumerate(pairwise([before, *values])) if holds and not was]
    assert [each.at for each in turnings(samples(*values), "door", OPEN, before=before)] == expected
