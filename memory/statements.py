"""What memories state, in pieces that can be told alone: one speaker's, each once, as it is now. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from memory.excerpt import excerpt
from memory.records import Memory
from memory.sameness import SAME_COSINE, same
from memory.sentences import pieces
from memory.states import Attribute, by_attribute, newest
from schemas.changed import changed
from schemas.one_line import one_line
from schemas.reading_words import reading_words
from schemas.said import Said, said

WHOLE_CHARACTERS_MAX = 240
"""A text up to here is one statement: two or three sentences, none of which may mean the same alone."""
CHANGING_KINDS = frozenset({"preference", "fact", "config", "goal", "routine"})
"""Of which a newer one with the same attribute is instead of the older."""

_SPEAKER = re.compile(r"([^\W\d_][^:.!?]{0,31}):\s+(?=\S)")
_ENDS = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")


@dataclass(frozen=True, slots=True)
class Was:
    """What held before something else did."""

    memory: Memory
    """That said so."""
    until: float
    """Epoch seconds."""

    def told_after(self, text: str) -> str:
        """Behind what holds now."""
        before = excerpt(_content(self.memory).rstrip("."), WHOLE_CHARACTERS_MAX)
        return changed(text, before, self.until)


@dataclass(frozen=True, slots=True)
class Statement:
    """A memory's text, or a piece of a long one."""

    memory: Memory
    row: int
    """Of the memory among all, and so of its vector."""
    place: int
    """Of the piece in its text."""
    is_whole: bool
    speaker: str | None
    body: str
    said: Said
    was: Was | None = None
    """What held before."""
    alike: tuple[Memory, ...] = ()
    """Others that say the same."""

    @property
    def told(self) -> str:
        """As it is told after its speaker."""
        if self.was is None:
            return self.body if _ENDS.search(self.body) else f"{self.body}."
        return self.was.told_after(self.body)

    @property
    def order(self) -> tuple[float, int, str, int]:
        """By time; of one instant by its place in the session."""
        return self.memory.at, self.memory.seq or 0, self.memory.id, self.place


def statements(memories: Sequence[Memory]) -> list[Statement]:
    """All that the memories state, as they come."""
    return [statement for row, memory in enumerate(memories) for statement in _stated(memory, row)]


def current(stated: Sequence[Statement], earlier: Iterable[Memory] = ()) -> list[Statement]:
    """Without what a newer statement of the same attribute is instead of; that one says what was before.

    `earlier` are memories from before, which are told as such alone.
    """
    own = _by_attribute(each.memory for each in stated if each.place == 0)
    known = {memory.id for one in own.values() for memory in one}
    others = _by_attribute(memory for memory in earlier if memory.id not in known)
    past = set[str]()
    before = dict[str, Was | None]()
    for attribute, one in own.items():
        now = one[0]
        past |= {memory.id for memory in one[1:]}
        older = [memory for memory in others.get(attribute, ()) if memory.at <= now.at]
        before[now.id] = _was([now, *newest([*one[1:], *older])])
    # Of a text in pieces the first says what was before.
    return [
        replace(each, was=before.get(each.memory.id) if each.place == 0 else None)
        for each in stated
        if each.memory.id not in past
    ]


def changes(memories: Iterable[Memory]) -> dict[str, Was]:
    """By the newest memory of each attribute that was something else: what it was before."""
    histories = _by_attribute(memories).values()
    return {history[0].id: was for history in histories if (was := _was(history)) is not None}


def distinct(stated: Sequence[Statement], cosines: NDArray[np.float32]) -> list[Statement]:
    """Of those that say the same the newest, with the others beside it; `cosines` are of all memories."""
    kept: list[Statement] = []
    others: list[list[Memory]] = []
    by_words: dict[tuple[str | None, tuple[str, ...]], int] = {}
    rows: list[int] = []
    for each in sorted(stated, key=lambda statement: statement.order, reverse=True):
        place = by_words.get((each.speaker, each.said.words))
        if place is None and each.is_whole and kept:
            near = np.flatnonzero(cosines[each.row, rows] >= SAME_COSINE)
            place = next((int(one) for one in near if _says(kept[one], each, cosines)), None)
        if place is None:
            place = len(kept)
            kept.append(each)
            others.append([])
            rows.append(each.row)
        elif each.memory.id != kept[place].memory.id:
            others[place].append(each.memory)
        by_words.setdefault((each.speaker, each.said.words), place)
    return [replace(each, alike=tuple(alike)) for each, alike in zip(kept, others, strict=True)]


def _stated(memory: Memory, row: int) -> list[Statement]:
    text = one_line(memory.text)
    found = _SPEAKER.match(text)
    body = text[found.end() :] if found else text
    whole = len(body) <= WHOLE_CHARACTERS_MAX
    return [
        Statement(memory, row, place, whole, found[1] if found else None, piece, said(piece))
        for place, piece in enumerate([body] if whole else pieces(body))
    ]


def _by_attribute(memories: Iterable[Memory]) -> dict[Attribute, list[Memory]]:
    """Those of which a newer one is instead of an older, by what they are of; newest first."""
    return by_attribute(memory for memory in memories if memory.kind in CHANGING_KINDS)


def _says(one: Statement, other: Statement, cosines: NDArray[np.float32]) -> bool:
    is_alike = one.is_whole and one.speaker == other.speaker
    return is_alike and same(one.said, other.said, float(cosines[one.row, other.row]))


def _was(history: Sequence[Memory]) -> Was | None:
    """What was stated last that is something else, if it was; newest first."""
    since = history[0].at
    for memory in history[1:]:
        if _content(memory) != _content(history[0]):
            return Was(memory, since)
        since = memory.at
    return None


def _content(memory: Memory) -> str:
    """What an attribute was: its value, or else what was said of it."""
    if memory.value is not None:
        return one_line(reading_words("", None, memory.value, memory.unit))
    text = one_line(memory.text)
    found = _SPEAKER.match(text)
    return text[found.end() :] if found else text
