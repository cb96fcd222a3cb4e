"""memory/excerpt.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.excerpt import excerpt
from memory.marks import MARKS, marks_in

DULL = "and so on it went as it always had "
MIDDLES = {
    "name": "when somebody met Okafor by the gate",
    "number": "and the meter said 4711 by then",
    "negation": "so please do not open the gas valve in the cellar",
    "preference": "since they would rather have it dark in here",
    "health": "for the insulin is in the fridge",
    "urgent": "and there was smoke in the attic",
}


def test_what_is_short_is_told_whole() -> None:
    assert excerpt("the door was opened", 19) == "the door was opened"


def test_beginning_and_end_are_told_in_whole_words() -> None:
    text = "error dump " + "0xdeadbeef " * 110 + "the boiler in cellar two burst"
    assert excerpt(text, 100) == (
        "error dump 0xdeadbeef 0xdeadbeef \u2026 in cellar two burst"
    )  # fmt: skip


@pytest.mark.parametrize("mark", MIDDLES)
def test_what_is_marked_in_between_is_told(mark: str) -> None:
    told = excerpt(DULL * 9 + MIDDLES[mark] + " " + DULL * 9, 240)
    assert mark in marks_in(told)
    assert any(f"{word} " in told for word in ("Okafor", "4711", "valve", "rather", "insulin", "smoke"))
    assert len(told) <= 240


def test_a_text_without_blanks_is_cut_between_characters() -> None:
    assert excerpt("\u53a8\u623f" * 600, 20) == "\u53a8\u623f" * 4 + " \u2026 " + "\u53a8\u623f" * 2


texts = st.text("ab N4.\u53a8 ", max_size=400) | st.lists(
    st.sampled_from([*MIDDLES.values(), DULL, "x" * 50]), max_size=20
).map(" ".join)


@given(texts, st.integers(20, 300))
def test_an_excerpt_keeps_to_its_length_and_is_of_the_text_alone(text: str, most: int) -> None:
    told = excerpt(text, most)
    assert len(told) <= most
    assert bool(told.strip()) == bool(text.strip())
    plain = " ".join(text.split())
    assert all(" ".join(part.split()) in plain for part in told.split(" \u2026 "))
    assert marks_in(told) <= frozenset(MARKS)
