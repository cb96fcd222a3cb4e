"""memory/clauses.py"""

import pytest

from memory.clauses import clauses, denies, stems


def test_a_text_comes_apart_where_a_denial_ends() -> None:
    found = clauses("Ana likes tea, but not at night: then she has no coffee, and smoke in the hall")
    assert [(sorted(each.stems), each.denies) for each in found] == [
        (["ana", "like", "tea"], False),
        (["nigh"], True),
        (["coff"], True),
        (["hall", "smok"], False),
    ]
    assert ["urgent" in each.marks for each in found] == [False, False, False, True]


def test_a_part_that_says_nothing_is_none() -> None:
    assert clauses("And then, 4711. It was!") == []


@pytest.mark.parametrize(
    ("text", "does"),
    [("Ana likes tea", False), ("never tea", True), ("it isn't tea", True), ("kein Tee", True)],
)
def test_denials_are_known_of_several_languages(text: str, does: bool) -> None:  # noqa: FBT001
    assert denies(text) is does


def test_the_beginning_of_a_word_stands_for_it_whatever_its_ending() -> None:
    assert stems(["peanut", "peanuts", "the", "21", "not"]) == {"pean"}
