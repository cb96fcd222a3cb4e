"""memory/worth.py"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Memory, Sample
from memory.voting import VOTE_STEP, VOTES_MAX, VOTES_MOVE_MAX
from memory.worth import (
    IMPORTANCE_UNSAID,
    RECALLED_FULL,
    REPETITION,
    REPETITION_FULL,
    USE,
    worth,
    worth_keeping,
)

MEMORY = Memory("id-1", "acme", "home7", "kiosk-1", "note", "a", at=1.0, received=2.0)
JUDGED = replace(MEMORY, importance=0.6, judged=True)


def votes(useful: int, useless: int = 0) -> dict[str, bool]:
    return {f"c-{number}": number < useful for number in range(useful + useless)}


def test_by_itself_a_memory_counts_as_it_was_given_or_decided_or_as_neither() -> None:
    assert worth(MEMORY) == IMPORTANCE_UNSAID
    assert worth(JUDGED) == 0.6
    assert worth(replace(MEMORY, importance=0.9)) == 0.9


@pytest.mark.parametrize("ours", [MEMORY, JUDGED], ids=["unsaid", "judged"])
def test_what_was_repeated_or_told_is_worth_more_within_bounds(ours: Memory) -> None:
    by_seen = [worth(replace(ours, seen=seen)) for seen in (0, 1, 2, 100, REPETITION_FULL, 10**9)]
    assert by_seen == sorted(by_seen)
    assert by_seen[0] == by_seen[1] < by_seen[2] < by_seen[3]
    assert by_seen[-2:] == [pytest.approx(worth(ours) + REPETITION)] * 2
    by_use = [worth(replace(ours, recalled=recalled)) for recalled in (-1, 0, 1, 9, RECALLED_FULL, 10**9)]
    assert by_use[0] == by_use[1] < by_use[2] < by_use[3]
    assert by_use[-2:] == [pytest.approx(worth(ours) + USE)] * 2


def test_what_the_device_said_is_its_word() -> None:
    said = replace(MEMORY, importance=0.3)
    assert worth(replace(said, seen=1000, recalled=60)) == 0.3


def test_votes_move_whatever_it_is_by_a_step_each() -> None:
    assert worth(replace(MEMORY, votes=votes(0, 1), importance=0.7)) == pytest.approx(0.7 - VOTE_STEP)
    assert worth(replace(JUDGED, votes=votes(1))) == pytest.approx(0.6 + VOTE_STEP)
    assert worth(replace(MEMORY, votes=votes(VOTES_MAX))) == pytest.approx(0.5 + VOTES_MOVE_MAX)
    assert worth(replace(MEMORY, votes=votes(VOTES_MAX), importance=0.95)) == 1.0
    assert worth(replace(MEMORY, votes=votes(0, VOTES_MAX), importance=0.05)) == 0.0


def test_votes_keep_what_is_of_use_and_have_nothing_removed() -> None:
    assert worth_keeping(replace(MEMORY, importance=0.8, votes=votes(0, 9))) == 0.8
    assert worth_keeping(replace(MEMORY, importance=0.7, votes=votes(9))) == pytest.approx(0.9)


def test_a_sample_counts_as_its_memory() -> None:
    fields: dict[str, Any] = {"seen": 9, "votes": votes(1), "judged": True, "recalled": 3, "importance": 0.4}
    sample = Sample("id-1", "home7", "d", 1.0, 21.5, 2.0, **fields)
    assert worth(sample) == worth(replace(MEMORY, **fields))
    assert worth_keeping(sample) == worth_keeping(replace(MEMORY, **fields))


@given(
    st.none() | st.floats(0, 1),
    st.booleans(),
    st.integers(0, 2**60),
    st.integers(0, 2**60),
    st.dictionaries(st.text(), st.booleans()),
)
def test_worth_is_bounded(
    importance: float | None,
    judged: bool,  # noqa: FBT001
    seen: int,
    recalled: int,
    voted: dict[str, bool],
) -> None:
    memory = replace(MEMORY, importance=importance, judged=judged, seen=seen, recalled=recalled, votes=voted)
    assert 0.0 <= worth(memory) <= worth_keeping(memory) <= 1.0
