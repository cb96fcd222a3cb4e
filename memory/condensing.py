"""Many texts in a few of their own sentences, without a language model. Pure.

Extractive: nothing is put in other words, so nothing is said that nobody said. A statement is told for how
central it is (what most of the others are near to: degree centrality, Erkan and Radev 2004, LexRank, JAIR
22), for what in it must not be lost (`marks`), and as far as nothing that is told already is like it (maximal
marginal relevance, Carbonell and Goldstein 1998, SIGIR).

What it keeps of LoCoMo, and what each weight gains, is in `docs/decisions`
(how-are-texts-condensed-without-a-language-model).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from memory.excerpt import excerpt
from memory.marks import Mark, marks_in
from memory.records import Memory
from memory.statements import WHOLE_CHARACTERS_MAX, Statement, current, distinct, statements
from memory.worth import IMPORTANCE_UNSAID, worth

CHARACTERS_MAX = 1000
"""Of a summary's text: what MiniLM reads of it, 256 word pieces."""
SOURCES_MAX = 64
"""Ids of a summary's sources, and so memories that it tells of: forgetting one forgets the summary."""

CENTRAL = 0.15
"""For the most central statement; less in proportion. Little: a day's log turns on it, and no talk does."""
RELATED_COSINE = 0.3
"""From here on two statements are near; below, to MiniLM, are any two."""
OF_ONE_TEXT_COSINE = 0.5
"""Of two pieces of one text, which has one vector: they are of the same matter, and do not say the same."""
REDUNDANT = 1.0
"""Taken for the likeness to what is told already; what is unlike is asked about."""
CHANGED = 0.5
"""A preference that is another now."""
MARKED: Mapping[Mark, float] = {
    "urgent": 0.4,
    "health": 0.4,
    "preference": 0.3,
    "lasting": 0.1,
    "negation": 0.2,
    "name": 0.15,
    "number": 0.15,
}
"""More for each that a statement has; together they weigh more than being central."""
HALVED_AFTER = 4
"""Statements told with a mark: one more with it counts half then, after 12 a quarter. So many names leave
room for the one negation, and each mark has a share of the budget, whichever is rare."""
NEVER_LESS: frozenset[Mark] = frozenset({"urgent", "health"})
"""Of which one more counts as much as the first: by what is left out somebody comes to harm."""
_MARKED = np.array([*MARKED.values()], dtype=np.float32)
_SATED = np.array([0.0 if mark in NEVER_LESS else 1 / HALVED_AFTER for mark in MARKED], dtype=np.float32)
KINDS: Mapping[str, float] = {"preference": 0.4, "fact": 0.3, "goal": 0.2, "routine": 0.2, "note": 0.1}
ASKS = 0.3
"""Taken from what asks: it wants to know, it does not tell."""
SHORT = 0.4
SHORT_WORDS = 4
"""Taken from what has fewer words, and no more than a negation in them: greetings, thanks, yes and no."""
MISSES_MAX = 20
"""In a row, for which there was no room: a shorter one that is worth as much is rare."""


@dataclass(frozen=True, slots=True)
class Condensed:
    """Texts in a few of their own sentences."""

    text: str
    sources: list[str]
    """Ids: all that are told, what says the same, then others in the order of time; at most SOURCES_MAX."""
    importance: float


def condense(
    memories: Sequence[Memory],
    vectors: NDArray[np.float32],
    *,
    budget: int = CHARACTERS_MAX,
    cost: Callable[[str], int] = len,
    earlier: Iterable[Memory] = (),
) -> Condensed:
    """What memories say, within a budget that `cost` counts: characters, bytes or tokens.

    `vectors` has a row of unit length for each memory; a few hundred take some 20 ms. `earlier` are what the
    entity's attributes were before. Raises ValueError where there is no memory.
    """
    if not memories:
        raise ValueError("no memories to condense: a portion is condensed when something came for it")

    def fits(some: Sequence[Statement]) -> bool:
        return len(_proving(some)) <= SOURCES_MAX and cost(_text(some)) <= budget

    cosines = vectors @ vectors.T
    found = distinct(current(statements(memories), earlier), cosines)
    chosen = _chosen([each if fits([each]) else _in_short(each) for each in found], cosines, fits)
    return Condensed(
        _text(chosen) or f"texts too long to be told here: {len(memories)}",
        _sources(chosen, memories),
        max((worth(each.memory) for each in chosen), default=IMPORTANCE_UNSAID),
    )


def as_observed(memories: Sequence[Memory]) -> str:
    """All that memories say, in their own words, as it is now: what was said twice, once."""
    apart = np.eye(len(memories), dtype=np.float32)
    return _text(distinct(current(statements(memories)), apart))


def foremost(memories: Sequence[Memory], vectors: NDArray[np.float32], count: int) -> list[Memory]:
    """Those of some memories that are told first, at most so many: the others were weighed, and told less.

    So of more than can be compared with each other at once, some after the others, none is passed over.
    """
    cosines = vectors @ vectors.T
    found = distinct(current(statements(memories)), cosines)
    told = {*_proving(_chosen(found, cosines, lambda some: len(_proving(some)) <= count))}
    return [each for each in memories if each.id in told]


def _chosen(
    told: Sequence[Statement], cosines: NDArray[np.float32], fits: Callable[[Sequence[Statement]], bool]
) -> list[Statement]:
    """The best that fit together: each time what is worth most beside what is chosen."""
    near = _near(told, cosines)
    marks = [marks_in(each.body) for each in told]
    weights, marked = _weights(told, marks, near), _marked(marks)
    told_of = np.zeros(len(MARKED), dtype=np.float32)
    likest = np.zeros(len(told), dtype=np.float32)
    is_open = np.ones(len(told), dtype=bool)
    chosen: list[Statement] = []
    misses = 0
    while is_open.any() and misses < MISSES_MAX:
        worths = weights + marked @ (_MARKED / (1 + _SATED * told_of)) - REDUNDANT * likest
        best = int(np.argmax(np.where(is_open, worths, -np.inf)))
        is_open[best] = False
        if fits([*chosen, told[best]]):
            misses = 0
            chosen.append(told[best])
            told_of += marked[best]
            likest = np.maximum(likest, near[best])
        else:
            misses += 1
    return chosen


def _near(told: Sequence[Statement], cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = np.array([each.row for each in told])
    near: NDArray[np.float32] = cosines[np.ix_(rows, rows)]
    near[(rows[:, None] == rows) & ~np.eye(len(rows), dtype=bool)] = OF_ONE_TEXT_COSINE
    return near


def _in_short(statement: Statement) -> Statement:
    """One that does not even fit alone: something of every text can be told."""
    return replace(statement, body=excerpt(statement.body, WHOLE_CHARACTERS_MAX))


def _marked(marks: Sequence[frozenset[Mark]]) -> NDArray[np.float32]:
    """A row for each statement, with 1 for each mark that it has."""
    return np.array([[mark in one for mark in MARKED] for one in marks], dtype=np.float32)


def _weights(
    told: Sequence[Statement], marks: Sequence[frozenset[Mark]], near: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What each is worth but for its marks."""
    related = np.where(near >= RELATED_COSINE, near, 0.0)
    np.fill_diagonal(related, 0.0)
    degrees = related.sum(axis=1)
    central = CENTRAL * degrees / (degrees.max() or 1.0)
    return np.asarray(central + [_worth(*each) for each in zip(told, marks, strict=True)], dtype=np.float32)


def _worth(statement: Statement, marks: frozenset[Mark]) -> float:
    """What it is worth by itself, but for its marks."""
    memory = statement.memory
    # What we decided is by its kind and words, which are looked at here, statement by statement.
    plain = memory.importance if memory.judged and memory.importance is not None else IMPORTANCE_UNSAID
    told = KINDS.get(memory.kind, 0.0) + worth(memory) - plain
    told += CHANGED if statement.was else 0.0
    told -= ASKS if statement.body.endswith("?") else 0.0
    is_short = len(statement.said.words) < SHORT_WORDS and marks <= {"negation"}
    return told - (SHORT if is_short else 0.0)


def _text(chosen: Iterable[Statement]) -> str:
    """As it was observed, a line each time that somebody else speaks.

    No statement has a line break of its own, so none can put words in the mouth of another.
    """
    in_order = sorted(chosen, key=lambda statement: statement.order)
    lines = [
        (speaker, " ".join(each.told for each in spoken))
        for speaker, spoken in groupby(in_order, key=lambda statement: statement.speaker)
    ]
    return "\n".join(line if speaker is None else f"{speaker}: {line}" for speaker, line in lines)


def _proving(chosen: Iterable[Statement]) -> list[str]:
    """The ids of all whose words are told, in the order of time, and then of what was before."""
    in_order = sorted(chosen, key=lambda statement: statement.order)
    before = [each.was.memory.id for each in in_order if each.was is not None]
    return list(dict.fromkeys([*(each.memory.id for each in in_order), *before]))


def _sources(chosen: Sequence[Statement], memories: Iterable[Memory]) -> list[str]:
    alike = [
        memory.id for each in sorted(chosen, key=lambda statement: statement.order) for memory in each.alike
    ]
    rest = sorted(memories, key=lambda memory: (memory.at, memory.seq or 0, memory.id))
    return list(dict.fromkeys([*_proving(chosen), *alike, *(memory.id for memory in rest)]))[:SOURCES_MAX]
