"""How important a memory is, where its device does not say. Pure, and explained: parts that add up.

0.5 is what the ranking takes for a memory that nobody judged: what somebody said in a talk stays there, if
its words are nothing special, so that judging moves none among its like.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum, log2

from memory.marks import Mark, marks_in
from memory.records import Memory

KINDS: Mapping[str, float] = {
    "preference": 0.7,  # decides what is done for somebody
    "fact": 0.65,  # true for long
    "goal": 0.6,
    "routine": 0.6,
    "note": 0.55,  # somebody meant it to be kept
    "turn": 0.5,
    "config": 0.5,
    "summary": 0.5,
    "event": 0.45,  # happened, and was over
    "reading": 0.4,  # one of thousands
}
KIND_OTHER = 0.5
WORDS: Mapping[Mark, float] = {
    "urgent": 0.35,  # an alarm in a reading: as important as a preference
    "health": 0.25,  # not knowing it does harm
    "lasting": 0.1,  # said to hold for long; `always` is said of much
    "preference": 0.05,  # `I like that`, in a talk, is often said
}
"""Of several the most."""
NOVELTY = 0.05
"""More for what nothing recent is like, less for what is known: breaks ties, since the new is often noise."""
FAMILIAR_COSINE, STRANGE_COSINE = 0.9, 0.4
"""To the nearest: from the one on it says the same (`sameness`), below the other it is of something else."""
REPETITION = 0.1
REPETITION_FULL = 1024
"""Times; by logarithm, since the second time says more than the hundredth."""
USE = 0.15
USE_FULL = 64
"""Answers that told it: what was needed is needed again."""
_SAYS_NOTHING = frozenset(
    {"false", "off", "ok", "clear", "none", "no", "dry", "normal", "idle", "inactive", "0"}
)
"""States of an alarm that say that there is none."""


@dataclass(frozen=True, slots=True)
class Importance:
    """From 0 to 1, and what it is made of; the parts add up to it."""

    value: float
    parts: dict[str, float]


def importance(memory: Memory, *, nearest: float | None = None, recalled: int = 0) -> Importance:
    """What a memory is worth.

    `nearest` is the cosine to the nearest of the entity's recent memories (None: unknown, or there is none);
    `recalled` is how often an answer told it.
    """
    parts = {
        "kind": KINDS.get(memory.kind, KIND_OTHER),
        "words": _words(memory),
        "novelty": _novelty(nearest),
        "repetition": REPETITION * min(1.0, log2(max(1, memory.seen)) / log2(REPETITION_FULL)),
        "use": USE * min(1.0, log2(1 + max(0, recalled)) / log2(USE_FULL)),
    }
    total = fsum(parts.values())
    value = min(1.0, max(0.0, total))
    parts["bound"] = value - total
    return Importance(value, parts)


def _words(memory: Memory) -> float:
    """Of a number none: its words are the name of its attribute, `smoke 0.02`."""
    match memory.value:
        case bool():
            speaks = memory.value
        case str():
            speaks = memory.value.strip().casefold() not in _SAYS_NOTHING
        case _:
            speaks = memory.value is None
    return max((WORDS.get(mark, 0.0) for mark in marks_in(memory.text)), default=0.0) if speaks else 0.0


def _novelty(nearest: float | None) -> float:
    if nearest is None:
        return 0.0
    near = (nearest - STRANGE_COSINE) / (FAMILIAR_COSINE - STRANGE_COSINE)
    return NOVELTY * (1.0 - 2.0 * min(1.0, max(0.0, near)))
