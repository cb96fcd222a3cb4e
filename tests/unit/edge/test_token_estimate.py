"""edge/token_estimate.py, beside the tokenizer of the real model."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.token_estimate import estimate
from memory import model
from memory.tokens import ModelTokens
from workers.settings import Settings

TALK = """
Hey Maria! It's been a while. I finally signed up for that pottery class, and it's been great so far.
Wow, congrats on the new job! How's the commute? I'd love to hear all about it when you've got time.
My grandmother, who lived in Lisbon until 1987, taught me how to bake her almond cake.
The vet said that Biscuit needs 2.5 ml of the antibiotic every 12 hours, for 10 days.
Veggies are his fave! We couldn't believe it, he even ate the parsley.
BTW, the Wi-Fi password is on the fridge; ask Joaquín if it doesn't work.
Yay!
I was volunteering at the LGBTQ centre on 14 February 2023, at 7:30 pm, and met Dr. Nguyen there.
kitchen temperature 21.4 °C (2026-11-22 13:48 UTC)
"Sunrise over the lake" - that's the painting I finished last weekend... it took me ages, tbh!
No prob, lemme know when you've got the vids & pics :)
Oscar the guinea pig, Luna and Bailey the cats: they're all doing fine, knock on wood.
Is the dishwasher's warranty (order no. A-1049/22) still valid? I couldn't find the receipt.
Rehearsing takes persistence; unplugging, recharging and destressing take practice.
"""
WORDS = sorted({word for line in TALK.split("\n") for word in line.split()})


@pytest.fixture(scope="module")
def tokens(model_cache: Path) -> ModelTokens:
    return ModelTokens(model.model_dir(model_cache, Settings().model))


@pytest.mark.parametrize("text", TALK.strip().split("\n"))
def test_no_sentence_costs_more_than_was_estimated_nor_half(text: str, tokens: ModelTokens) -> None:
    assert tokens.count(text) <= estimate(text) <= 2 * tokens.count(text) + 2


@given(words=st.lists(st.sampled_from(WORDS), max_size=60, unique=True))
def test_nor_do_sentences_of_their_words(words: list[str], tokens: ModelTokens) -> None:
    text = " ".join(words)
    assert estimate(text) >= tokens.count(text)


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1)))
def test_lines_cost_together_what_they_cost_one_by_one(lines: list[str]) -> None:
    assert estimate("\n".join(lines)) == sum(map(estimate, lines))


def test_any_text_has_an_estimate() -> None:
    assert estimate("") == 0
    assert estimate("\ud800") == 4
    assert estimate("東京") >= 2
