"""memory/word_forms.py"""

import pytest

from memory.lexicon import lexicon
from memory.records import ENGLISH
from memory.word_forms import WordForms, words_in

FORMS = WordForms(lexicon(ENGLISH).stems)


@pytest.mark.parametrize(
    ("word", "name"),
    [("fed", "feeder"), ("Feeding", "food"), ("swept", "vacuum"), ("laundry", "washing"), ("lit", "light"),
     ("dishes", "dishwasher"), ("rang", "doorbell"), ("television", "tv"), ("door", "doors")],
)  # fmt: skip
def test_a_thing_is_named_by_more_words_than_it_is_asked_by(word: str, name: str) -> None:
    assert FORMS.stems(name) <= FORMS.in_name(word)


@pytest.mark.parametrize(
    ("word", "said"),
    [("rang", "ring"), ("ring", "rung"), ("doorbell", "bell"), ("plants", "ferns"), ("watered", "drink"),
     ("post", "parcels"), ("delivered", "brought"), ("opened", "opening")],
)  # fmt: skip
def test_a_text_may_say_it_in_other_words(word: str, said: str) -> None:
    assert FORMS.stems(said) <= FORMS.in_text(word)


def test_what_names_say_texts_need_not() -> None:
    assert not FORMS.stems("food") <= FORMS.in_text("fed")
    assert not FORMS.stems("drink") <= FORMS.in_name("water")


@pytest.mark.parametrize("word", ["the", "was", ""])
def test_a_stop_word_means_nothing(word: str) -> None:
    assert FORMS.in_text(word) == FORMS.in_name(word) == frozenset()


def test_words_are_those_of_a_text() -> None:
    assert words_in("Minka's bowl, left-over 30 g?") == ["Minka's", "bowl", "left-over", "30", "g"]
