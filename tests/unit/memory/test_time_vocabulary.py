"""memory/time_vocabulary.py"""

import re

import pytest

from memory import time_vocabulary as words
from memory.time_vocabulary import pattern_of, spaced


@pytest.mark.parametrize(
    ("piece", "named"),
    [
        (words.MONTH, "may january Jan SEPT Sept. dec."),
        (words.WEEKDAY, "Monday sunday"),
        (words.YEAR, "1970 1999 2013 2099"),
        (words.NUMBER, "3 a an twelve twenty few several"),
        (words.CLOCK, "noon midnight 5pm 05:30 23:59 7:30pm 7p.m."),
        (words.ORDINAL, "1st 2nd 3rd 31st"),
        (words.ISO, "2023-05-08 2023-05-08T10:30 2023-05-08T10:30:00Z 2023-05-08T10:30+02:00"),
    ],
)
def test_a_piece_stands_for_its_words(piece: str, named: str) -> None:
    assert all(pattern_of(piece).fullmatch(word) for word in named.split())


@pytest.mark.parametrize(
    ("piece", "not_named"),
    [
        (words.MONTH, "mayor marching"),
        (words.WEEKDAY, "sun sat wed mon mondays"),
        (words.YEAR, "1969 2100 213"),
        (words.CLOCK, "18 25:00 13pm 7 10:75"),
        (words.ISO, "2023-05 23-05-08"),
    ],
)
def test_and_for_no_others(piece: str, not_named: str) -> None:
    assert not any(pattern_of(piece).fullmatch(word) for word in not_named.split())


def test_a_blank_is_any_white_space() -> None:
    assert re.fullmatch(spaced("a b"), "a\n  b")


def test_no_letter_beyond_ascii_passes_for_one_of_it() -> None:
    assert not pattern_of(words.WEEKDAY).fullmatch("\N{LATIN SMALL LETTER LONG S}unday")
