"""memory/naming.py"""

import pytest

from memory.lexicon import lexicon
from memory.naming import covered, head, is_called, meanings
from memory.quantities import name_words
from memory.records import ENGLISH
from memory.word_forms import WordForms, words_in

FORMS = WordForms(lexicon(ENGLISH).stems)


@pytest.mark.parametrize(
    ("question", "name", "called"),
    [
        ("when was the laundry ready", "washing_machine", True),
        ("is the garage door open", "garage_door", True),
        ("is the garage open", "garage_door", False),
        ("did the hoover start", "vacuum-2", True),
        ("is the machine on", "washing_machine", False),
        ("is the machine on", "machine", True),
        ("is it on", "the", False),
        ("", "door", False),
    ],
)
def test_a_name_is_said_by_each_of_its_telling_words(question: str, name: str, *, called: bool) -> None:
    assert is_called(meanings(words_in(question), FORMS), name_words(name), FORMS) is called


def test_what_a_name_covers_is_counted_by_the_words_that_are_said() -> None:
    said = meanings(words_in("how warm was the kitchen of Ana"), FORMS)
    assert covered(said, name_words("kitchen-thermo"), FORMS) == 1
    assert covered(said, frozenset(), FORMS) == 0


@pytest.mark.parametrize(
    ("attribute", "word"), [("cat_food", "food"), ("door", "door"), ("catFood", "food"), ("_", None)]
)
def test_the_head_of_a_compound_is_its_last_word(attribute: str, word: str | None) -> None:
    assert head(attribute) == frozenset([word] if word else [])
