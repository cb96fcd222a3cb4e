"""Who holds all that is wanted, among the best that hold something of it."""

import pytest

from memory.holders import FIRST_LOOK, any_of, held_by, looks

BOTH = [(1,), (2, 3)]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(1, [1]), (FIRST_LOOK, [FIRST_LOOK]), (FIRST_LOOK + 1, [FIRST_LOOK, FIRST_LOOK + 1])],
)
def test_few_are_looked_at_before_many(limit: int, expected: list[int]) -> None:
    assert list(looks(limit)) == expected


def test_each_word_by_which_something_may_be_said_weighs_alike() -> None:
    words = any_of([*BOTH, (2,)])
    assert dict(zip(words.indices, words.values, strict=True)) == {1: 1.0, 2: 1.0, 3: 1.0}


@pytest.mark.parametrize("wanted", [BOTH, [(2, 3), (1,)]])
def test_who_holds_one_word_of_each_holds_all(wanted: list[tuple[int, ...]]) -> None:
    best = {"all": [1, 2, 3], "any": [9, 3, 1], "one": [1], "other": [2, 3], "none": []}
    assert held_by(best, wanted, 10) == (["all", "any"], False)


def test_nobody_holds_nothing() -> None:
    assert held_by({"a": [1]}, [], 10) == ([], False)
    assert held_by({"a": [1]}, [()], 10) == ([], False)


@pytest.mark.parametrize(
    ("place", "look", "others"), [(0, 4, ""), (1, 4, ""), (2, 4, "may"), (3, 4, "may"), (3, 5, "")]
)
def test_others_may_hold_all_if_one_of_the_last_half_does(place: int, look: int, others: str) -> None:
    best = {str(each): [1, 2] if each == place else [1] for each in range(4)}
    assert held_by(best, BOTH, look) == ([str(place)], others == "may")
