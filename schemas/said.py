"""What a text says, for comparing it with another: its words, and those on which it turns. Pure."""

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d]+(?:['\u2019][^\W\d]+)*|[^\W_]+")
_NOT_NAMES = frozenset({"i", "i'm", "i've", "i'd", "i'll"})
_TURNS_ON = """
no not never none nothing nobody without cannot neither nor except only all some few many most least
false half twice one two three four five six seven eight nine ten eleven twelve
monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
spring summer autumn winter today yesterday tomorrow morning noon afternoon evening night midnight
daily weekly monthly yearly before last next previous
off close closed closes closing shut down out right cold cool low lower stop stopped stops end ended ends
left leave leaves away unlock unlocked unlocks dislike dislikes disliked hate hates hated
unsafe dangerous bad old small empty less lose loses lost sold fell fall falls decreased rejected dead
"""
"""Negations, numbers, days, and one of each two opposites: one is enough, for it is not in the other text."""
_TURNS = frozenset(_TURNS_ON.split())


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a text in their order, without case and punctuation, and those on which it turns."""

    words: tuple[str, ...]
    turns: frozenset[str]


def said(text: str) -> Said:
    """What a text says, for comparing."""
    written = _written(text)
    words = _words(written, text)
    names = {word for word, each in zip(words[1:], written[1:], strict=False) if each[0].isupper()}
    turns = {word for word in words if word in _TURNS or word.endswith("n't") or word[:1].isdigit()}
    return Said(words, frozenset(turns | (names - _NOT_NAMES)))


def said_words(text: str) -> tuple[str, ...]:
    """The words of `said` alone, for who compares hundreds."""
    return _words(_written(text), text)


def _written(text: str) -> list[str]:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    found: list[str] = _WORD.findall(plain)
    return found


def _words(written: list[str], text: str) -> tuple[str, ...]:
    return tuple([word.casefold() for word in written]) or (text.strip(),)
