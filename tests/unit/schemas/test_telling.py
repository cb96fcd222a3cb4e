"""schemas/telling.py"""

from memory.records import Memory
from schemas.replies import Match
from schemas.telling import content


def test_who_is_meant_is_said_where_the_text_does_not() -> None:
    def told(text: str, entity: str) -> str:
        return content(Memory("m", "t", entity, "d", "note", text, at=0.0, received=0.0), "home7")

    assert told("I like bananas", "home7/ana") == "ana: I like bananas"
    assert told("Ana likes bananas", "home7/ana") == "Ana likes bananas"
    assert told("I like bananas", "home7") == "I like bananas"


def test_a_reading_is_told_beside_words_of_its_own_and_alone_without() -> None:
    def told(text: str | None) -> str:
        match = Match(
            memory="m", entity="home7/hall", device="d", kind="reading", at=0.0,
            text=text, attribute="humidity", value=40, unit="%",
        )  # fmt: skip
        return content(match, "home7/hall")

    assert told(None) == told("hall humidity 40 %") == "hall humidity 40 %"
    assert told("it is dry") == "it is dry (hall humidity 40 %)"
