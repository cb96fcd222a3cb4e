"""Whether what a language model wrote stands on what was observed. Pure.

By words: a model that judged another could be talked into anything, too. Each sentence answers for itself to
the memories that it cites. Numbers, names, opposites and whatever is no plain word must be there; so must
half of its other words; what was denied must not be affirmed, nor the contrary; and of what somebody can come
to harm by it says nothing at all, for that is told in its own words (`apart`). What it cannot see: who of two
speakers said it, a sentence's words in another order, a denial that is commas away from what it denies, and,
where two memories contradict each other, which of them is right. What is refused wrongly costs a better text,
never a memory.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from memory.apart import Apart
from memory.clauses import FUNCTION, Clause, clauses, denies, stems
from memory.records import Memory
from memory.writing import Sentence
from schemas.one_line import one_line
from schemas.said import said

NEW_SHARE_MAX = 0.5
"""Of a sentence's words, how many may be the writer's own: it joins and shortens, it has no news."""
ALIKE_SHARE = 0.5
"""Of the words of the shorter of two clauses, how many are in the other: from here on they are compared."""
_OF_CHANGE = frozenset({"before"})
"""Turned on elsewhere; here it tells what something was."""
_LATIN = (range(0x250), range(0x1E00, 0x1F00))
_ENDINGS = ("'s", "s", "es", "d", "ed", "ing")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_QUANTITY = re.compile(r"[-+]?[\d.,:/]*\d(?:%|\u00b0?[^\W\d_]{0,3})")
"""`21.4°C`, `7:30`, `1/2`, `2nd`: its digits are looked at as numbers."""
_AROUND = ".,;:!?\"'()[]\u2026\u201c\u201d\u2018\u2019\u2013\u2014-"


def can_be_checked(text: str) -> bool:
    """Whether a text is in Latin letters. Others tell no names from words, or denials are not known here."""
    return all(any(ord(sign) in those for those in _LATIN) for sign in text if sign.isalpha())


def objection(sentences: Sequence[Sentence], apart: Apart, entity: str, characters_max: int) -> str | None:
    """Why what was written of an entity's memories is not stored, in a word; None: it may be.

    `apart` are those that nobody was to write of.
    """
    if not sentences or sum(len(each.text) + 1 for each in sentences) - 1 > characters_max:
        return "length"
    for sentence in sentences:
        reason = "apart" if apart.touches(sentence.text) else _against(sentence, entity)
        if reason is not None:
            return reason
    return None


class _Ground:
    """What a sentence stands on: an entity's memories."""

    def __init__(self, memories: Sequence[Memory], entity: str) -> None:
        texts = [one_line(memory.text) for memory in memories]
        self.text = "\n".join(texts).casefold()
        self.entity = entity.casefold()
        words = frozenset((*said(self.text).words, *said(" ".join(self.levels)).words))
        self._forms = frozenset(form for word in words for form in _forms(word))
        self.stems = stems(words)
        self.clauses = [clause for text in texts for clause in clauses(text)]

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
    turns = {word for word in now.turns if not denies(word)}
    if next((sign for sign in text if sign.isalnum()), "").isupper():
        turns.add(now.words[0])
    if not all(map(ground.knows, turns - FUNCTION - _OF_CHANGE)):
        return "turns"
    words = stems(now.words)
    if len(words - ground.stems) > NEW_SHARE_MAX * len(words):
        return "new"
    return "negation" if any(_turns_round(clause, ground.clauses) for clause in clauses(text)) else None


def _turns_round(clause: Clause, ground: Iterable[Clause]) -> bool:
    """Whether what is likest to a clause says the contrary; or it denies what nothing like it denied."""
    most = {True: 0, False: 0}
    for other in ground:
        common = len(clause.stems & other.stems)
        if common >= ALIKE_SHARE * min(len(clause.stems), len(other.stems)):
            most[other.denies] = max(most[other.denies], common)
    return most[not clause.denies] > most[clause.denies] or (clause.denies and not most[True])


def _forms(word: str) -> Iterator[str]:
    """`closes`, `close`, `clos`; a number is itself alone."""
    yield word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending)
