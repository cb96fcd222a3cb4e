"""memory/importance.py"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.importance import KINDS, importance, judged
from memory.records import Memory


def a_memory(text: str = "nice weather", kind: str = "turn", **fields: Any) -> Memory:
    return Memory("id", "acme", "home7", "d1", kind, text, at=0.0, received=0.0, **fields)


def worth(*of: Any, **fields: Any) -> float:
    return importance(a_memory(*of, **fields)).value


@pytest.mark.parametrize("text", ["Yes", "Ana: How was your trip to Rome in 2023?", "I'm proud of you"])
def test_what_is_said_in_a_talk_stays_where_nobody_judged_it(text: str) -> None:
    assert worth(text) == 0.5


def test_in_order_of_importance() -> None:
    in_order = [
        worth("hall temperature 21 °C", "reading", value=21),
        worth("hall smoke 0.02", "reading", value=0.02),
        worth("the door was opened", "event"),
        worth("let us meet on Monday"),
        worth("I always take the bus"),
        worth("tea, not coffee", "preference"),
        worth("there is smoke in the kitchen", "event"),
        worth("Ana is allergic to nuts", "fact"),
    ]
    assert in_order == sorted(in_order)


@pytest.mark.parametrize(
    ("value", "is_urgent"),
    [
        (True, True),
        (False, False),
        ("detected", True),
        ("Clear", False),
        (0, False),
        (1, False),
        (None, True),
    ],
)
def test_an_alarm_counts_where_its_state_says_that_there_is_one(value: Any, is_urgent: bool) -> None:  # noqa: FBT001
    parts = importance(a_memory("hall smoke", "reading", value=value)).parts
    assert (parts["words"] > 0) == is_urgent


@pytest.mark.parametrize(
    ("nearest", "novelty"), [(None, 0.0), (1.0, -0.05), (0.9, -0.05), (0.65, 0.0), (0.4, 0.05), (-1.0, 0.05)]
)
def test_what_is_new_is_worth_a_little_more(nearest: float | None, novelty: float) -> None:
    assert importance(a_memory(), nearest=nearest).parts["novelty"] == pytest.approx(novelty)


def test_what_we_decided_says_so_and_nothing_else_changes() -> None:
    memory = a_memory("Ana is allergic to nuts", "fact", tags=["t"])
    assert judged(memory, nearest=0.65) == replace(memory, importance=0.9, judged=True)
    assert judged(judged(memory)) == judged(memory)


@pytest.mark.parametrize("nearest", [0.41, 0.777777])
def test_what_is_stored_has_few_decimals(nearest: float) -> None:
    stored = judged(a_memory(), nearest=nearest).importance
    assert stored == round(importance(a_memory(), nearest=nearest).value, 3)


memories = st.builds(
    a_memory,
    st.text() | st.sampled_from(["fire!", "never", "allergic"]),
    st.sampled_from([*KINDS, "chore"]),
    value=st.none() | st.booleans() | st.integers() | st.text(),
)


@given(memories, st.none() | st.floats(-1.1, 1.1))
def test_importance_is_bounded_and_its_parts_add_up(memory: Memory, nearest: float | None) -> None:
    decided = importance(memory, nearest=nearest)
    assert 0.0 <= decided.value <= 1.0
    assert sum(decided.parts.values()) == pytest.approx(decided.value)
