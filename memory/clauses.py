"""What the parts of a text speak of, and whether they deny it: for comparing one text with another. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from memory.marks import Mark, marks_in
from schemas.said import said

_FUNCTION_WORDS = """
a about after also an and any are as at be been both but by can could did do does during for from had has have
he her him his how i if in into is it its later me my of on or our own she should since so than that the their
them then there these they this those to too under until up us was we were what when where which while who
with would you your
"""
FUNCTION = frozenset(_FUNCTION_WORDS.split())
"""They say nothing alone; and a sentence may begin with one, written large, without naming anybody."""
_DENIALS_ELSEWHERE = """
nicht nichts kein keine keinen keiner keinem nie niemals ohne ne pas jamais sans aucun aucune rien nunca nada
sin ninguna ninguno non mai senza niente nessuno niet geen nooit zonder não nem sem nenhum inte ingen aldrig
utan ikke aldri uten uden bez nigdy nu nici soha ei
"""
_DENIALS = frozenset(_DENIALS_ELSEWHERE.split())
"""In other languages, beside the English ones of `marks`; one that is a word elsewhere refuses too often."""
_STEM_CHARACTERS = 4
_BETWEEN = re.compile(
    r"[,;:.!?)\u2026]+\s+|\s+[(\u2013\u2014-]|\s+(?:and|but|because|while|though|und|aber|et|mais|pero)\s+"
)
"""Where a denial ends, mostly."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What a part of a sentence speaks of, and whether it denies it."""

    stems: frozenset[str]
    marks: frozenset[Mark]
    denies: bool


def clauses(text: str) -> list[Clause]:
    """The parts of a text that say anything, with what they deny."""
    found = (Clause(stems(said(part).words), marks_in(part), denies(part)) for part in _BETWEEN.split(text))
    return [clause for clause in found if clause.stems]


def denies(text: str) -> bool:
    """Whether a denial is in a text."""
    return "negation" in marks_in(text) or not _DENIALS.isdisjoint(said(text).words)


def stems(words: Iterable[str]) -> frozenset[str]:
    """The beginnings of those words that say something; numbers and denials are looked at for themselves."""
    plain = (word for word in words if word not in FUNCTION and not word[:1].isdigit())
    return frozenset(word[:_STEM_CHARACTERS] for word in plain if not denies(word))
