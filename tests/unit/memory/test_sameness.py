"""memory/sameness.py"""

import pytest

from memory.sameness import SAME_COSINE, same
from schemas.said import said

NEAR = SAME_COSINE + 0.05


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The spare key is in the drawer", "the spare key, is in the drawer!"),
        ("Ana likes tea", "  ANA\nlikes   tea. "),
        ("It isn't locked", "it isn\u2019t locked"),
        ("\uff46ull width", "full width"),
    ],
)
def test_the_same_words_in_the_same_order_say_the_same(one: str, other: str) -> None:
    assert same(said(one), said(other), 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana is allergic to peanuts", "Ana has a peanut allergy"),
        ("Ana likes tea", "Ana enjoys tea"),
        ("In the evening Ben likes dim lights", "Ben prefers the lights dim in the evening"),
        ("Last weekend my sister and I went hiking", "I went hiking last weekend with my sister"),
        ("Ana takes her pills at 8", "At 8 Ana takes her pills"),
    ],
)
def test_what_is_near_in_meaning_and_turns_on_the_same_words_says_the_same(one: str, other: str) -> None:
    assert same(said(one), said(other), NEAR)
    assert same(said(other), said(one), NEAR)
    assert not same(said(one), said(other), SAME_COSINE - 0.01)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana is allergic to peanuts", "Ana is not allergic to peanuts"),
        ("The dog is in", "The dog isn't in"),
        ("It is on Monday at 9", "It is on Tuesday at 9"),
        ("kitchen temperature 21.5 °C", "kitchen temperature 24.5 °C"),
        ("The front door was opened", "The front door was closed"),
        ("The heating was turned on", "The heating was turned off"),
        ("Yes, I saw Ben today", "Yes, I saw Ana today"),
        ("Ana likes tea", "Ana hates tea"),
        ("Two eggs are left", "Three eggs are left"),
    ],
)
def test_what_turns_on_another_word_says_something_else_however_near(one: str, other: str) -> None:
    assert not same(said(one), said(other), 0.99)
    assert not same(said(other), said(one), 0.99)


def test_texts_without_words_are_compared_as_they_are() -> None:
    assert same(said("🙂"), said(" 🙂 "), 0.0)
    assert not same(said("🙂"), said("🙁"), 0.0)
