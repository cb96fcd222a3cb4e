"""schemas/one_line.py"""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from schemas.one_line import one_line


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
