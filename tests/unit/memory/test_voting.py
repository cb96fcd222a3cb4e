"""memory/voting.py"""

from dataclasses import replace

import pytest

from memory.records import Memory
from memory.voting import VOTE_STEP, VOTES_MAX, VOTES_MOVE_MAX, moved, voted

MEMORY = Memory("id-1", "acme", "home7", "kiosk-1", "note", "a", at=1.0, received=2.0)


def votes(useful: int, useless: int = 0) -> dict[str, bool]:
    return {f"c-{number}": number < useful for number in range(useful + useless)}


def test_a_vote_moves_it_by_a_step_and_votes_against_each_other_by_nothing() -> None:
    assert moved({}) == 0.0
    assert moved(votes(1)) == pytest.approx(VOTE_STEP)
    assert moved(votes(0, 1)) == pytest.approx(-VOTE_STEP)
    assert moved(votes(2, 2)) == pytest.approx(0.0)


def test_however_many_agree_it_moves_within_bounds() -> None:
    assert moved(votes(VOTES_MAX)) == pytest.approx(VOTES_MOVE_MAX)
    assert moved(votes(0, VOTES_MAX)) == pytest.approx(-VOTES_MOVE_MAX)


def test_what_the_device_said_stays() -> None:
    assert voted(replace(MEMORY, importance=0.3), "phone", useful=True).importance == 0.3


def test_the_same_vote_again_is_the_same_memory() -> None:
    once = voted(MEMORY, "phone", useful=True)
    assert voted(once, "phone", useful=True) is once
    assert MEMORY.votes == {}


def test_a_client_has_one_vote_its_last() -> None:
    changed = voted(voted(MEMORY, "phone", useful=True), "phone", useful=False)
    assert changed.votes == {"phone": False}


def test_past_the_bound_who_voted_longest_ago_has_no_vote_any_more() -> None:
    full = replace(MEMORY, votes=votes(VOTES_MAX))
    full = voted(full, "c-0", useful=False)
    after = voted(full, "phone", useful=True)
    assert len(after.votes) == VOTES_MAX
    assert "c-1" not in after.votes
    assert list(after.votes)[-2:] == ["c-0", "phone"]
