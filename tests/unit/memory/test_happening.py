"""memory/happening.py"""

import pytest

from memory.happening import WORDS_MAX, content, holding
from memory.lexicon import lexicon
from memory.records import ENGLISH
from memory.word_forms import WordForms

FORMS = WordForms(lexicon(ENGLISH).stems)


@pytest.mark.parametrize(
    ("question", "texts", "held"),
    [
        (
            "how often did Ana water the plants?",
            ["Ana watered the plants", "Ana likes plants", "Ben watered plants", "the plant that Ana waters"],
            [0, 3],
        ),
        ("how often did the doorbell ring?", ["The doorbell rang", "a visitor", "doorbell ringing"], [0, 2]),
        ("When did Ana last go swimming?", ["Ana went to swim", "Ana swims", "ana goes swimming"], [0, 2]),
        (
            "how often did Ana water the plants?",
            ["Ana gave the ferns a drink", "The houseplants got water from Ana", "Ana drank water"],
            [0, 1],
        ),
        ("when was the first frost?", ["the frost came", "it was warm"], [0]),
    ],
)  # fmt: skip
def test_memories_hold_all_content_words_in_any_form(
    question: str, texts: list[str], held: list[int]
) -> None:
    assert holding(texts, content(question, FORMS), FORMS) == held


@pytest.mark.parametrize("question", ["how often?", "", "when was it last?", "??"])
def test_of_a_question_without_content_there_is_nothing_to_hold(question: str) -> None:
    assert content(question, FORMS) == []


def test_of_a_long_question_not_every_word_is_looked_for() -> None:
    assert len(content(" ".join(f"word{number}" for number in range(100)), FORMS)) == WORDS_MAX
