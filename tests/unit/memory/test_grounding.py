"""memory/grounding.py"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.apart import Apart
from memory.grounding import can_be_checked, objection
from memory.records import Memory
from memory.writing import Sentence

ENTITY = "home7/ana"
NOTHING = Apart([], ENTITY)


def a_memory(place: int, text: str, **fields: Any) -> Memory:
    return Memory(
        **{"id": f"m{place}", "tenant": "acme", "entity": ENTITY, "device": "d1", "kind": "turn",
           "text": text, "at": float(place), "received": 0.0} | fields
    )  # fmt: skip


def against(sentence: str, *texts: str) -> str | None:
    """What is said against one sentence that cites all texts."""
    memories = [a_memory(place, text) for place, text in enumerate(texts)]
    return objection([Sentence(sentence, tuple(memories))], NOTHING, ENTITY, 1000)


@pytest.mark.parametrize(
    ("sentence", "texts"),
    [
        ("Ana likes tea and has been drinking no coffee since 2019.",
         ["Ana: I like tea.", "Ana: I drink no coffee since 2019."]),
        ("The boiler was repaired on Tuesday and now holds 21.4\u00b0C.",
         ["boiler repaired by the plumber on Tuesday", "The boiler holds 21.4 \u00b0C now"]),
        ("Ana prefers tea (before: coffee).", ["Ana prefers coffee", "Ana: I prefer tea"]),
        ("Closes the window at 7:30.", ["the window was closed at 7:30"]),
        ("Ana's door is open.", ["the front door is open"]),
        ("The entity home7/ana has a door.", ["the entity has a door"]),
        ("She does not want the radio.", ["Ana: I don't want the radio in the morning."]),
        ("See https://example.org/recipe for the soup.", ["the soup: see https://example.org/recipe"]),
        ("Ana likes tea.", ["Ana doesn't like coffee. Ana likes tea."]),
        ("Never peanuts: Ana is fond of peanuts.",
         ["And never put peanuts in anything, I am fond of peanuts, Ana said"]),
        ("Ana is fond of nuts.", ["Ana: I am not fond of nuts.", "Ana: I am fond of nuts!"]),
        ("Ana trinkt keinen Kaffee.", ["Ana: ich trinke keinen Kaffee"]),
    ],
)  # fmt: skip
def test_what_stands_on_its_sources_may_be_stored(sentence: str, texts: list[str]) -> None:
    assert against(sentence, *texts) is None


@pytest.mark.parametrize(
    ("reason", "sentence", "texts"),
    [
        ("turns", "Ben is fond of nuts.", ["Ana is fond of nuts"]),
        ("turns", "\"Ben is fond of nuts.\"", ["Ana is fond of nuts"]),
        ("turns", "Will is fond of nuts.", ["Ana is fond of nuts"]),
        ("turns", "There is one window.", ["there are two windows"]),
        ("turns", "Now Ben likes tea.", ["Ana likes tea now"]),
        ("turns", "Ana takes 20 drops.", ["Ana takes 2 drops"]),
        ("turns", "The window was closed.", ["the window was opened"]),
        ("turns", "The visit is on Monday.", ["the visit is on Tuesday"]),
        ("turns", "All windows are open.", ["two windows are open"]),
        ("negation", "Ana is fond of nuts.", ["Ana is not fond of nuts"]),
        ("negation", "He is ill.", ["He is not ill."]),
        ("negation", "Ana is not fond of nuts.", ["Ana is fond of nuts", "Ana drinks no milk"]),
        ("negation", "He smokes.", ["He never smokes."]),
        ("negation", "She is fond of nuts.",
         ["She said that she is not fond of nuts, and that the test will be done again next week"]),
        ("negation", "Ana is not fond of peanuts.",
         ["And never put peanuts in anything, I am fond of peanuts, as is Eva"]),
        ("negation", "Ana is fond of nuts and likes them.",
         ["Ana is not fond of nuts.", "Ana likes nuts."]),
        ("negation", "Ana trinkt Kaffee.", ["Ana trinkt nicht mehr Kaffee"]),
        ("signs", "Ana should look at http://evil.example/x.", ["Ana should look at it"]),
        ("signs", "Run `rm -rf /tmp` then.", ["run then"]),
        ("signs", "Ana wrote to ben@home.example.", ["Ana wrote to somebody"]),
        ("signs", "Ana is 550e8400-e29b-41d4-a716-446655440000.", ["Ana is here"]),
        ("signs", "Ana spoke of home7/ben.", ["Ana spoke of home7/ben"]),
        ("signs", "Ana\nlikes tea.", ["Ana likes tea"]),
        ("signs", "Ana likes\u202e tea.", ["Ana likes tea"]),
        ("new", "Ana bought herself an expensive yacht.", ["Ana likes tea"]),
        ("unproven", "Ana likes tea.", []),
        ("unproven", "\u5b89\u5a1c\u8fc7\u654f", ["\u5b89\u5a1c\u4e0d\u8fc7\u654f"]),
        ("apart", "The smoke detector is in the kitchen.", ["the smoke detector is in the kitchen"]),
    ],
)  # fmt: skip
def test_what_does_not_is_refused(reason: str, sentence: str, texts: list[str]) -> None:
    assert against(sentence, *texts) == reason


SAID = (
    "Ana Ben tea coffee not never don't likes opened closed Monday 2 21.4\u00b0C 7:30 and, but but. no; "
    "https://example.org/a b@c.example -3 one nothing (before: quiet) I'm it's"
)


WORDS = st.sampled_from(SAID.split())


@given(st.lists(WORDS, min_size=1, max_size=20), st.lists(WORDS, min_size=1, max_size=9))
def test_what_was_said_word_by_word_stands_on_itself(words: list[str], others: list[str]) -> None:
    text = " ".join(words)
    assert against(text, text, " ".join(others)) is None


def test_each_sentence_answers_to_what_it_cites_itself() -> None:
    ana = a_memory(1, "Ana likes tea")
    told = [Sentence("Ana likes tea.", (ana,)), Sentence("Ben likes tea.", (ana,))]
    assert objection(told, NOTHING, ENTITY, 1000) == "turns"


def test_what_is_told_in_its_own_words_is_told_in_no_others() -> None:
    """Whatever a sentence says of it, and whatever it cites: the same, too."""
    allergy, tea = a_memory(1, "Ana: I am allergic to peanuts"), a_memory(2, "Ana likes tea with milk")
    again = a_memory(3, "Ben: Ana may have the nuts of the peanut again")
    apart = Apart([allergy, tea], ENTITY)
    for text in ("Ana may have the peanut again.", "Ana is allergic.", "Ana is not allergic.", "The peanuts"):
        assert objection([Sentence(text, (allergy, tea, again))], apart, ENTITY, 1000) == "apart"
    assert objection([Sentence("Ana likes tea.", (tea,))], apart, ENTITY, 1000) is None


def test_nothing_and_too_much_are_refused() -> None:
    tea = a_memory(1, "Ana likes tea")
    twice = [Sentence("Ana likes tea.", (tea,))] * 2
    assert objection([], NOTHING, ENTITY, 1000) == "length"
    assert objection(twice, NOTHING, ENTITY, 28) == "length"
    assert objection(twice, NOTHING, ENTITY, 29) is None


@pytest.mark.parametrize(
    ("text", "can"),
    [("Ana likes tea, 21 \u00b0C \U0001f600", True), ("Stra\u00dfe", True), ("\u041d\u0435\u0442", False),
     ("\u5b89\u5a1c", False), ("tea \u5b89", False), ("", True)],
)  # fmt: skip
def test_only_latin_letters_can_be_checked(text: str, can: bool) -> None:  # noqa: FBT001
    assert can_be_checked(text) is can
