"""How important a memory is, where its device does not say. Pure, and explained: parts that add up.

0.5 is what the ranking takes for a memory that nobody judged: what somebody said in a talk stays there, if
its words are nothing special, so that judging moves none among its like. What becomes of a memory later, how
often it is said and of use, is counted where it is asked what a memory is worth (`memory/worth.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import fsum

from memory.marks import Mark, spoken_in
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
DECIMALS = 3
"""Of what is stored: more would be noise of the novelty."""
_SAYS_NOTHING = frozenset(
    {"false", "off", "ok", "clear", "none", "no", "dry", "normal", "idle", "inactive", "0"}
)
"""States of an alarm that say that there is none."""


@dataclass(frozen=True, slots=True)
class Importance:
    """From 0 to 1, and what it is made of; the parts add up to it."""

    value: float
    parts: dict[str, float]


def judged(memory: Memory, *, nearest: float | None = None) -> Memory:
    """The memory with its importance as we decide it, whatever it was; it says that it was us."""
    return replace(memory, importance=round(importance(memory, nearest=nearest).value, DECIMALS), judged=True)


def importance(memory: Memory, *, nearest: float | None = None) -> Importance:
    """How important a memory is by what it says.

    `nearest` is the cosine to the nearest of the entity's recent memories; None: unknown, or there is none.
    """
    parts = {
        "kind": KINDS.get(memory.kind, KIND_OTHER),
        "words": _words(memory),
        "novelty": _novelty(nearest),
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
    return max((WORDS.get(mark, 0.0) for mark in spoken_in(memory.text)), default=0.0) if speaks else 0.0


def _novelty(nearest: float | None) -> float:
    if nearest is None:
        return 0.0
    near = (nearest - STRANGE_COSINE) / (FAMILIAR_COSINE - STRANGE_COSINE)
    return NOVELTY * (1.0 - 2.0 * min(1.0, max(0.0, near)))
