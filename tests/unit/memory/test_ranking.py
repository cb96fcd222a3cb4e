"""memory/ranking.py"""

import pytest

from memory.ranking import rank
from memory.records import Candidate, Memory


def a_candidate(id_: str, similarity: float, *, at: float = 0.0) -> Candidate:
    return Candidate(Memory(id_, "t", "e", "d", "k", "x", at=at, received=0.0), similarity)


def order(*candidates: Candidate, limit: int = 10, min_score: float = 0.0) -> list[str]:
    return [ranked.memory.id for ranked in rank(candidates, limit=limit, min_score=min_score)]


def test_the_most_similar_comes_first_and_the_limit_cuts() -> None:
    candidates = a_candidate("b", 0.5), a_candidate("a", 0.9), a_candidate("c", 0.7)
    assert order(*candidates) == ["a", "c", "b"]
    assert order(*candidates, limit=2) == ["a", "c"]


def test_equals_are_newest_first_then_by_id() -> None:
    old, new, new_too = (
        a_candidate("c", 0.5, at=1.0),
        a_candidate("b", 0.5, at=2.0),
        a_candidate("a", 0.5, at=2.0),
    )
    assert order(old, new, new_too) == order(new_too, old, new) == ["a", "b", "c"]


def test_what_is_below_the_least_score_is_left_out() -> None:
    assert order(a_candidate("a", 0.5), a_candidate("b", 0.499), min_score=0.5) == ["a"]


@pytest.mark.parametrize(
    ("similarity", "score"),
    [(-1.0, 0.0), (-0.1, 0.0), (0.25, 0.25), (1.0000002, 1.0), (0.12345678, 0.123457)],
)
def test_a_score_is_from_0_to_1_and_says_what_it_is_made_of(similarity: float, score: float) -> None:
    [ranked] = rank([a_candidate("a", similarity)], limit=1)
    assert ranked.score == score
    assert ranked.parts == {"dense": score}


def test_of_nothing_nothing_is_best() -> None:
    assert rank([], limit=10) == []
