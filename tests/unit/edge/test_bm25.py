"""edge/bm25.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bm25 import scores, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("windows", "window"), ("boxes", "box"), ("houses", "house"), ("closed", "closing"),
        ("close", "closes"), ("stopped", "stop"), ("running", "runs"), ("allergies", "allergy"),
        ("keys", "key"), ("BAKED", "bake"), ("window_open", "window open"), ("\uff46ull", "full"),
        ("glasses", "glass"),
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"), [("bus", "bu"), ("21.4", "21"), ("red", "r"), ("glass", "gla"), ("thing", "th")]
)
def test_other_words_are_others(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_words_that_say_nothing_are_left_out_and_a_denial_is_none() -> None:
    assert words("What is it about the window?") == ["window"]
    assert words("not off") == ["not", "off"]
    assert words("What's Ben's?") == ["ben"]


def test_a_rare_word_says_more_than_a_frequent_one_and_a_short_text_more_than_a_long_one() -> None:
    texts = [
        words(text) for text in ("kitchen oven", "kitchen lamp", "kitchen table lamp chair door", "garden")
    ]
    oven, lamp, long, garden = scores(words("kitchen lamp oven"), texts)
    assert oven > lamp > long > garden == 0.0


def test_nothing_asked_or_nothing_known_scores_nothing() -> None:
    assert scores([], [["a"], []]) == [0.0, 0.0]
    assert scores(["a"], []) == []


WORDS = st.lists(st.sampled_from("abcde"), max_size=6)


@given(WORDS, st.lists(WORDS, max_size=6))
def test_scores_lie_between_0_and_1_and_are_0_only_without_a_common_word(
    question: list[str], texts: list[list[str]]
) -> None:
    for score, text in zip(scores(question, texts), texts, strict=True):
        assert 0.0 <= score <= 1.0
        assert (score > 0) == bool(set(question) & set(text))


@given(st.text())
def test_any_text_has_words_or_none(text: str) -> None:
    assert all(word and not word.isspace() for word in words(text))
