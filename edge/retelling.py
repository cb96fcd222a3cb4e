"""Whether a line says nothing that another line does not say already. Pure.

There are no vectors here to tell meaning by, so only what is nearly the same sentence is: what is told twice
costs a line, what is left out is lost. Names, numbers, days and opposites decide (`schemas/said.py`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from edge.bm25 import words
from schemas.said import Said, said

OVERLAP = 0.8
"""Of the words of both lines together, those that both have."""


@dataclass(frozen=True, slots=True)
class Line:
    """The words of a line, and those that say something."""

    said: Said
    telling: frozenset[str]
    sign: str
    """The line as it is, where it has no words."""


def line(text: str) -> Line:
    """A line, for comparing."""
    return Line(said(text), frozenset(words(text)), text.strip())


def retells(new: Line, told: Line) -> bool:
    """Whether `new` may be left out beside `told`.

    It is all but the same set of words, in the same order, turns on the same ones, and has no word of its own
    that says something: `green tea` does not retell `black tea`, nor `Ana called Ben` `Ben called Ana`.
    """
    if new.said.words == told.said.words:
        return True
    one, other = set(new.said.words), set(told.said.words)
    both = one & other
    return (
        len(both) >= OVERLAP * len(one | other)
        and new.telling <= told.telling
        and new.said.turns == told.said.turns
        and list(_those(new.said.words, both)) == list(_those(told.said.words, both))
    )


def retells_any(new: Line, told: Iterable[Line]) -> bool:
    """Whether one of them says it."""
    return any(retells(new, each) for each in told)


def _those(words: Iterable[str], among: Collection[str]) -> Iterator[str]:
    return (word for word in words if word in among)
