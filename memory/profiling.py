"""What is stable about an entity: its preferences, facts and routines, each once, as it is now. Pure."""

from collections.abc import Iterable

from memory.records import Memory
from memory.states import attribute_of, newest
from memory.worth import worth
from schemas.said import said

LIST_MAX = 32
"""Entries of each list: what somebody could know by heart about a person, and some 1,000 tokens a list."""


def stable(memories: Iterable[Memory]) -> list[Memory]:
    """The newest of each attribute, what says the same once; the most important first, then what was
    repeated most, then the newest.
    """
    told: set[object] = set()
    kept: list[Memory] = []
    for memory in newest(memories):
        marks = {attribute_of(memory), (memory.entity, said(memory.text).words)} - {None}
        if told.isdisjoint(marks):
            kept.append(memory)
        told |= marks
    return sorted(kept, key=weight, reverse=True)[:LIST_MAX]


def weight(memory: Memory) -> tuple[float, int, float]:
    """How much it counts among what is stable: the more important, then the repeated, then the newer."""
    return worth(memory), memory.seen, memory.at
