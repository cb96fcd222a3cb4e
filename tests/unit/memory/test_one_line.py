"""memory/one_line.py"""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from memory.one_line import content, one_line
from memory.records import Memory


def test_text_as_it_should_be_is_told_as_it_is() -> None:
    family = "👩\u200d👧 drinks [milk], 50 % — “schön” [see p. 4]"
    assert one_line(family) == family


@given(st.text())
def test_whatever_was_written_is_one_line_that_a_terminal_and_a_prompt_take_as_text(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Zl", "Zp"}
    assert line == line.strip()
    assert one_line(line) == line


def test_who_is_meant_is_said_where_the_text_does_not() -> None:
    def told(text: str, entity: str) -> str:
        return content(Memory("m", "t", entity, "d", "note", text, at=0.0, received=0.0), "home7")

    assert told("I like bananas", "home7/ana") == "ana: I like bananas"
    assert told("Ana likes bananas", "home7/ana") == "Ana likes bananas"
    assert told("I like bananas", "home7") == "I like bananas"
