"""schemas/said.py"""

import pytest

from schemas.said import said, said_words


def test_words_are_in_their_order_without_case_and_punctuation() -> None:
    assert said("The Door, it's OPEN!").words == ("the", "door", "it's", "open")
    assert said("\uff46ull width").words == ("full", "width")


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("The pump runs at 21.5 bar", {"21.5"}),
        ("Tell Ana and ask Ben", {"ana", "ben"}),
        ("It isn't there on Monday", {"isn't", "monday"}),
        ("I think that I'm early", set()),
        ("she likes green tea", set()),
    ],
)
def test_a_text_turns_on_numbers_names_days_and_negations(text: str, turns: set[str]) -> None:
    assert said(text).turns == turns


def test_a_text_without_words_is_its_own_word() -> None:
    assert said(" 🙂 ").words == ("🙂",)


@pytest.mark.parametrize("text", ["The Door, it's OPEN!", "\uff46ull width", " 🙂 ", ""])
def test_the_words_alone_are_the_same(text: str) -> None:
    assert said_words(text) == said(text).words
