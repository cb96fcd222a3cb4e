"""memory/happening.py"""

import pytest

from memory.happening import WORDS_MAX, content, tellers, told_of_itself
from memory.lexicon import lexicon
from memory.records import ENGLISH, Memory
from memory.word_forms import WordForms

FORMS = WordForms(lexicon(ENGLISH).stems)


def told(device: str, text: str) -> Memory:
    return Memory(
        id=text, tenant="t", entity="home7", device=device, kind="event", text=text, at=1.0, received=1.0
    )


@pytest.mark.parametrize("question", ["how often?", "", "when was it last?", "??"])
def test_of_a_question_without_content_there_is_nothing_to_hold(question: str) -> None:
    assert content(question, FORMS) == []


def test_of_a_long_question_not_every_word_is_looked_for() -> None:
    assert len(content(" ".join(f"word{number}" for number in range(100)), FORMS)) == WORDS_MAX


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("how often did the doorbell ring?", ["doorbell"]),
        ("how many times did post arrive?", ["mailbox"]),
        ("when did the robot last get stuck?", ["vacuum-2"]),
        ("how often did Ana water the plants?", []),
    ],
)
def test_a_device_that_is_named_tells_of_itself(question: str, named: list[str]) -> None:
    devices = ["doorbell", "mailbox", "vacuum-2", "phone-ana", "camera-garden", "kiosk-1"]
    assert tellers(content(question, FORMS), devices, FORMS) == named


def test_of_what_a_device_tells_once_its_name_alone_is_not_enough() -> None:
    again = "A visitor is at the front"
    told_here = [told("doorbell", text) for text in (again, "The bell was pressed", "Eleven guests", again)]
    wanted = content("how often did the doorbell ring?", FORMS)
    assert [each.text for each in told_of_itself(told_here, wanted, FORMS)] == [
        again, "The bell was pressed", again,
    ]  # fmt: skip
    assert told_of_itself(told_here, content("how often did the doorbell fail?", FORMS), FORMS) == []


def test_light_verbs_need_not_be_said_of_a_thing_that_is_named() -> None:
    [parcel] = memories = [told("mailbox", "Flap moved: UPS dropped a parcel")]
    arrived = "how many times did post arrive?"
    assert told_of_itself(memories, content(arrived, FORMS, light=False), FORMS) == [parcel]
    assert told_of_itself(memories, content(arrived, FORMS), FORMS) == []
