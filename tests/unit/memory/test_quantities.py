"""memory/quantities.py"""

import pytest

from memory.quantities import QUANTITIES, degree, name_words, named, singular, superlative


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kitchen_temperature", {"kitchen", "temperature"}),
        ("home7/living-room", {"home7", "living", "room"}),
        ("kitchenTemp-2", {"kitchen", "temp", "2"}),
        ("front.Doors", {"front", "door"}),
        ("CO2", {"co2"}),
        ("", set()),
        ("Küche_1", {"küche", "1"}),
    ],
)
def test_names_fall_into_words(name: str, words: set[str]) -> None:
    assert name_words(name) == words


def test_a_noun_is_found_in_its_singular() -> None:
    found = [singular(word) for word in ("batteries", "doors", "glass", "status", "gas", "dies")]
    assert found == ["battery", "door", "glass", "status", "gas", "die"]


@pytest.mark.parametrize(
    ("word", "way"),
    [("coldest", -1), ("hottest", 1), ("wettest", 1), ("noisiest", 1), ("driest", -1), ("freshest", -1)],
)
def test_a_superlative_is_of_an_adjective(word: str, way: int) -> None:
    found = superlative(word)
    assert found
    assert {meant.way for meant in found} == {way}
    assert found == superlative(word.upper())


@pytest.mark.parametrize("word", ["forest", "interest", "best", "est", "cold", ""])
def test_other_words_are_no_superlatives(word: str) -> None:
    assert superlative(word) == []


def test_a_word_may_be_a_degree_of_several_quantities() -> None:
    assert len(degree("wet")) == len(degree("dry")) == 2
    assert degree("happy") == []


def test_nouns_are_found_whole_and_in_any_number() -> None:
    assert named("How are the temperatures?") == named("temperature")
    assert named("what about the air  quality") == named("CO2 levels")
    assert named("the temperament of a powerful windmill") == []


def test_no_adjective_is_both_much_and_little_and_all_is_lower_case() -> None:
    for quantity in QUANTITIES:
        assert not quantity.more & quantity.less
        for words in (quantity.attributes, quantity.nouns, quantity.more, quantity.less):
            assert all(word == word.lower() for word in words)
        assert quantity.nouns
