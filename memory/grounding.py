"""Whether what a language model wrote stands on what was observed. Pure.

By words: a model that judged another could be talked into anything, too. Each sentence answers for itself to
the memories that it cites. Numbers, names, opposites and whatever is no plain word must be there; so must
half of its other words; what was denied must not be affirmed, nor the contrary; and nothing that somebody can
come to harm by may be missing. What it cannot see: who of two speakers said it, a sentence's words in
another order, and a denial that is commas away from what it denies. What is refused wrongly costs a better
text, never a memory.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from memory.marks import marks_in
from memory.records import Memory
from memory.writing import Sentence
from schemas.one_line import one_line
from schemas.said import said

NEW_SHARE_MAX = 0.5
"""Of a sentence's words, how many may be the writer's own: it joins and shortens, it has no news."""
ALIKE_SHARE = 0.5
"""Of the words of the shorter of two clauses, how many are in the other: from here on they are compared."""
MUST_STAY = frozenset({"urgent", "health"})
"""Marks of what somebody can come to harm by, if it is not told."""
MUST_STAY_IMPORTANCE = 0.8
"""What its device said matters as much may not be left out either."""

_FUNCTION_WORDS = """
a about after also an and any are as at be been both but by can could did do does during for from had has have
he her him his how i if in into is it its later me my of on or our own she should since so than that the their
them then there these they this those to too under until up us was we were what when where which while who
with would you your
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
"""They say nothing alone; and a sentence may begin with one, written large, without naming anybody."""
_OF_CHANGE = frozenset({"before"})
"""Turned on elsewhere; here it tells what something was."""
_DENIALS_ELSEWHERE = """
nicht nichts kein keine keinen keiner keinem nie niemals ohne ne pas jamais sans aucun aucune rien nunca nada
sin ninguna ninguno non mai senza niente nessuno niet geen nooit zonder não nem sem nenhum inte ingen aldrig
utan ikke aldri uten uden bez nigdy nu nici soha ei
"""
_DENIALS = frozenset(_DENIALS_ELSEWHERE.split())
"""In other languages, beside the English ones of `marks`; one that is a word elsewhere refuses too often."""
_LATIN = (range(0x250), range(0x1E00, 0x1F00))
_ENDINGS = ("'s", "s", "es", "d", "ed", "ing")
_STEM_CHARACTERS = 4
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_QUANTITY = re.compile(r"[-+]?[\d.,:/]*\d(?:%|\u00b0?[^\W\d_]{0,3})")
"""`21.4°C`, `7:30`, `1/2`, `2nd`: its digits are looked at as numbers."""
_BETWEEN = re.compile(
    r"[,;:.!?)\u2026]+\s+|\s+[(\u2013\u2014-]|\s+(?:and|but|because|while|though|und|aber|et|mais|pero)\s+"
)
"""Where a denial ends, mostly."""
_AROUND = ".,;:!?\"'()[]\u2026\u201c\u201d\u2018\u2019\u2013\u2014-"


def can_be_checked(text: str) -> bool:
    """Whether a text is in Latin letters. Others tell no names from words, or denials are not known here."""
    return all(any(ord(sign) in those for those in _LATIN) for sign in text if sign.isalpha())


def must_be_told(memory: Memory) -> bool:
    """Whether somebody may come to harm if a summary leaves a memory out."""
    return (memory.importance or 0.0) >= MUST_STAY_IMPORTANCE or not MUST_STAY.isdisjoint(
        marks_in(memory.text)
    )


def objection(
    sentences: Sequence[Sentence], some: Sequence[Memory], entity: str, characters_max: int
) -> str | None:
    """Why what was written of some memories of an entity is not stored, in a word; None: it may be."""
    if not sentences or sum(len(each.text) + 1 for each in sentences) - 1 > characters_max:
        return "length"
    for sentence in sentences:
        reason = _against(sentence, entity)
        if reason is not None:
            return reason
    return "missing" if any(_is_missing(memory, sentences) for memory in some) else None


@dataclass(frozen=True, slots=True)
class _Clause:
    """What a part of a sentence speaks of, and whether it denies it."""

    stems: frozenset[str]
    denies: bool


class _Ground:
    """What a sentence stands on: an entity's memories."""

    def __init__(self, memories: Sequence[Memory], entity: str) -> None:
        texts = [one_line(memory.text) for memory in memories]
        self.text = "\n".join(texts).casefold()
        self.entity = entity.casefold()
        words = frozenset((*said(self.text).words, *said(" ".join(self.levels)).words))
        self._forms = frozenset(form for word in words for form in _forms(word))
        self.stems = _stems(words)
        self.clauses = [clause for text in texts for clause in _clauses(text)]

    @property
    def levels(self) -> list[str]:
        return self.entity.split("/")

    def knows(self, word: str) -> bool:
        """Whether a word is there, with whatever ending."""
        return not self._forms.isdisjoint(_forms(word))

    def quotes(self, token: str) -> bool:
        """Of an address, a command or an id: whether it stands there so, and is no other entity's."""
        bare = token.strip(_AROUND).casefold()
        if not bare or _WORD.fullmatch(bare) or _QUANTITY.fullmatch(bare) or bare in self.levels:
            return True
        if bare.split("/")[0] == self.levels[0]:
            return bare == self.entity
        return bare in self.text


def _against(sentence: Sentence, entity: str) -> str | None:
    text, ground = sentence.text, _Ground(sentence.stands_on, entity)
    if not sentence.stands_on or not can_be_checked(text):
        return "unproven"
    if text != one_line(text) or not all(ground.quotes(token) for token in text.split()):
        return "signs"
    now = said(text)
    turns = {word for word in now.turns if not _denies(word)}
    if next((sign for sign in text if sign.isalnum()), "").isupper():
        turns.add(now.words[0])
    if not all(map(ground.knows, turns - _FUNCTION - _OF_CHANGE)):
        return "turns"
    stems = _stems(now.words)
    if len(stems - ground.stems) > NEW_SHARE_MAX * len(stems):
        return "new"
    return "negation" if any(_turns_round(clause, ground.clauses) for clause in _clauses(text)) else None


def _turns_round(clause: _Clause, ground: Iterable[_Clause]) -> bool:
    """Whether what is likest to a clause says the contrary; or it denies what nothing like it denied."""
    most = {True: 0, False: 0}
    for other in ground:
        common = len(clause.stems & other.stems)
        if common >= ALIKE_SHARE * min(len(clause.stems), len(other.stems)):
            most[other.denies] = max(most[other.denies], common)
    return most[not clause.denies] > most[clause.denies] or (clause.denies and not most[True])


def _is_missing(memory: Memory, sentences: Sequence[Sentence]) -> bool:
    """Whether a memory that has to be told is not."""
    marks = marks_in(memory.text) & MUST_STAY
    return must_be_told(memory) and not any(
        memory in each.stands_on and marks <= marks_in(each.text) for each in sentences
    )


def _clauses(text: str) -> list[_Clause]:
    """The parts of a text that say anything, with what they deny."""
    found = (_Clause(_stems(said(part).words), _denies(part)) for part in _BETWEEN.split(text))
    return [clause for clause in found if clause.stems]


def _denies(text: str) -> bool:
    return "negation" in marks_in(text) or not _DENIALS.isdisjoint(said(text).words)


def _forms(word: str) -> Iterator[str]:
    """`closes`, `close`, `clos`; a number is itself alone."""
    yield word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending)


def _stems(words: Iterable[str]) -> frozenset[str]:
    """The beginnings of those words that say something; numbers and denials are looked at for themselves."""
    plain = (word for word in words if word not in _FUNCTION and not word[:1].isdigit())
    return frozenset(word[:_STEM_CHARACTERS] for word in plain if not _denies(word))
