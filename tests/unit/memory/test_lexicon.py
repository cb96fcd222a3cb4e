from typing import get_args

import pytest

from memory.lexicon import Lexicon, lexicon
from memory.records import ENGLISH, Language, Words

WORDS = lexicon(ENGLISH)


def test_a_word_is_the_same_in_a_question_and_in_any_of_its_forms() -> None:
    assert WORDS.query("boiler").indices == WORDS.document("BOILERS").indices
    assert set(WORDS.query("boilers cellar").indices) <= set(
        WORDS.document("the boiler in the cellar").indices
    )


def test_a_question_asks_for_each_word_once() -> None:
    assert WORDS.query("cat, cat & cats").values == (1.0,)


def test_a_word_said_twice_weighs_more_and_one_in_a_long_text_less() -> None:
    [once], [twice] = WORDS.document("cat").values, WORDS.document("cat cat").values
    assert twice > once
    long = WORDS.document("cat " + " ".join(f"word{n}" for n in range(500)))
    assert long.values[0] < once


@pytest.mark.parametrize("text", ["", " ", "the of and", "?! — …", "\x00", "\U0001f600"])
def test_a_text_may_have_no_words(text: str) -> None:
    assert WORDS.document(text) == WORDS.query(text) == Words()


def test_numbers_and_names_are_words() -> None:
    assert set(WORDS.query("E-17").indices) <= set(WORDS.document("error E-17 at 10.0.0.7").indices)
    assert set(WORDS.query("21.5").indices) <= set(WORDS.document("21.5 °C").indices)


@pytest.mark.parametrize("language", get_args(Language))
def test_every_language_that_can_be_set_is_known_to_qdrant(language: Language) -> None:
    assert lexicon(language).document("21").indices == WORDS.document("21").indices


def test_a_language_has_endings_of_its_own() -> None:
    german = lexicon("german")
    assert german.query("Haus") == german.query("Häuser")
    assert WORDS.query("Haus") != WORDS.query("Häuser")


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="klingon"):
        Lexicon("klingon")  # type: ignore[arg-type]
