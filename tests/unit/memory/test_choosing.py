"""memory/choosing.py"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memory.choosing import MISSES_MAX, choose
from memory.records import Vector
from schemas.said import said


def toward(x: float, y: float) -> Vector:
    return np.array([x, y], dtype=np.float32)


def ignored(_: int) -> None:
    pass


def test_the_best_come_first_and_what_says_the_same_is_left_out() -> None:
    texts = ["Ana likes tea", "ana likes tea.", "Ben likes tea"]
    assert choose(texts, [None] * 3, fits=lambda _: True, take=ignored) == [0, 2]


def test_by_their_vectors_what_is_said_otherwise_says_the_same() -> None:
    texts = ["Ana likes tea", "Ana enjoys tea", "Ana hates tea", "tea pleases Ana"]
    near = toward(1.0, 0.0)
    assert choose(texts, [near * 3, toward(0.99, 0.01), near, None], fits=lambda _: True, take=ignored) == [
        0,
        2,
        3,
    ]


def test_a_vector_of_no_length_is_like_nothing() -> None:
    assert choose(["one", "other"], [toward(0, 0), toward(0, 0)], fits=lambda _: True, take=ignored) == [0, 1]


def test_what_finds_no_room_leaves_its_place_to_what_says_the_same_shorter() -> None:
    texts = ["tea, tea!", "tea tea", "coffee"]
    assert choose(texts, [None] * 3, fits=lambda index: index != 0, take=ignored) == [1, 2]


def test_after_so_many_misses_in_a_row_no_more_are_tried() -> None:
    tried: list[int] = []

    def fits(index: int) -> bool:
        tried.append(index)
        return index == 3

    texts = [f"text {number}" for number in range(100)]
    assert choose(texts, [None] * 100, fits=fits, take=ignored) == [3]
    assert tried == list(range(4 + MISSES_MAX))


@given(st.lists(st.sampled_from(["a", "A.", "b", "a b", "b a", "not a", "7", "8"])))
def test_no_two_of_the_chosen_have_the_same_words(texts: list[str]) -> None:
    chosen = choose(texts, [None] * len(texts), fits=lambda _: True, take=ignored)
    words = [said(texts[index]).words for index in chosen]
    assert len(set(words)) == len(words)
    assert set(words) == {said(text).words for text in texts}
