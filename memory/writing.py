"""Texts in other words: what a language model is shown of a portion, and what is made of its answer. Pure.

A writer decides a part of a summary's text alone. Whose it is, what it stands for and how much it weighs stay
as they are without one, and what is set apart stands in it first, in its own words. What it is shown is all
among the summary's sources, whatever it cites: so forgetting any of it forgets what was written of it, too.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from memory.apart import Apart
from memory.condensing import CHARACTERS_MAX, SOURCES_MAX, Condensed, as_observed
from memory.portions import Portion
from memory.records import Memory
from schemas.one_line import one_line

SHOWN_CHARACTERS_MAX = 7000
"""With JSON, instructions and the answer some 4,000 tokens at most: of 4,096, all that a small model's
server may take, what is more is cut off silently, the instructions first."""
TEXT_CHARACTERS_MAX = 2000
"""A longer text is not shown: its end, cut off, may be the negation."""
WORTH_CHARACTERS = 300
"""Of all texts together: what is shorter is as short already as it would be told. And of the room beside what
is told in its own words: in less nothing is told well.
"""

_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|overrule)\b.{0,60}\b(?:instruct\w*|previous|prior|above|rules?|prompt)\b"
    r"|\b(?:system|developer) ?(?:prompt|message|instruction|:)|\b(?:language|ai) model\b|\bjailbreak"
    r"|\byou are (?:now |no longer )?(?:the |an? )?(?:ai|assistant|chatbot|model|memory|dan|summari[sz]er)\b"
    r"|<\|\w|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)
"""Not all that a model could be told, but what is tried first; people say so to nobody else."""


class Writer(Protocol):
    """Puts texts in other words."""

    async def gist(self, portion: Portion, memories: Sequence[Memory], told: Condensed) -> Condensed | None:
        """What memories of a portion say, better than `told`; None: `told` stands. Never raises MemoryFault.

        `memories` may hold what was before, too.
        """


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that a writer wrote, and the memories on which it says that it stands."""

    text: str
    stands_on: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A summary without what a writer is to write."""

    shown: list[Memory]
    """What the writer sees, in the order of time."""
    apart: Apart
    """What it does not see, and is not to write of."""
    kept: str
    """What that says, in its own words."""

    @property
    def room(self) -> int:
        """In characters, for what is written."""
        return CHARACTERS_MAX - len(self.kept) - bool(self.kept)

    @property
    def is_worth_writing(self) -> bool:
        """Whether there is anything to put in fewer words, and room for it."""
        size = sum(len(memory.text) for memory in self.shown)
        return min(size, self.room) >= WORTH_CHARACTERS


def drafted(portion: Portion, memories: Sequence[Memory], told: Condensed) -> Draft:
    """Of what a summary is made of: what a writer is shown, and what is told without it.

    Raises ValueError where a memory is not the portion's: nobody's words come into another's summary.
    """
    for memory in memories:
        if (memory.tenant, memory.entity) != (portion.tenant, portion.entity):
            raise ValueError(f"{memory.id} is of another entity than the portion {portion.key}")
    known = {memory.id: memory for memory in memories}
    some = [known[source] for source in told.sources[:SOURCES_MAX] if source in known]
    apart = Apart(some, portion.entity)
    shown = _shown(memory for memory in some if memory not in apart)
    return Draft(shown, apart, as_observed(apart.memories))


def _shown(some: Iterable[Memory]) -> list[Memory]:
    """As many as a request holds, the first first."""
    left, found = SHOWN_CHARACTERS_MAX, list[Memory]()
    for one in some:
        if len(one.text) <= min(left, TEXT_CHARACTERS_MAX):
            found.append(one)
            left -= len(one.text)
    return sorted(found, key=lambda memory: (memory.at, memory.seq or 0, memory.id))


def speaks_to_a_model(text: str) -> bool:
    """Whether a text, as a model is shown it, plainly means to instruct: it may well get what it asks for."""
    return _TO_A_MODEL.search(one_line(text)) is not None


def written(sentences: Sequence[Sentence], draft: Draft, told: Condensed) -> Condensed:
    """The summary that sentences make: what is kept, and their text, in place of the text of `told`."""
    text = " ".join(one_line(sentence.text) for sentence in sentences)
    first = (*draft.apart.memories, *(memory for sentence in sentences for memory in sentence.stands_on))
    return replace(
        told,
        text="\n".join(filter(None, (draft.kept, text))),
        sources=list(dict.fromkeys([*(memory.id for memory in first), *told.sources])),
    )
