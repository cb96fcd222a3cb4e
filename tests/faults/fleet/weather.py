"""What a fleet's network goes through, drawn from a seed: which of its cells, when, and how. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

SPELL_S = (0.2, 1.5)
"""The shortest and the longest."""
CALM_S = (0.5, 3.0)
"""Between two of one cell."""
EVERYWHERE = 1
"""How often no cell has a connection."""


class Spell(StrEnum):
    """What goes wrong."""

    CUT = "connections break, some in the middle of a packet, and none is made"
    DEAF = "connections stand and are made, and carry nothing"
    SLOW = "everything takes longer"


@dataclass(frozen=True, slots=True)
class Event:
    """One spell of one cell; seconds from the beginning."""

    at_s: float
    ends_s: float
    spell: Spell


def weather(seed: int, cell: int, *, until_s: float) -> Iterator[Event]:
    """Of one cell, one after the other; those of all cells among them."""
    shared = random.Random(f"{seed} everywhere")
    wide = sorted(shared.uniform(0.2, 0.8) * until_s for _ in range(EVERYWHERE))
    drawn = random.Random(f"{seed} cell {cell}")
    now_s = 0.0
    while now_s < until_s:
        begins_s = now_s + drawn.uniform(*CALM_S)
        spell, lasts_s = drawn.choice(list(Spell)), drawn.uniform(*SPELL_S)
        if wide and begins_s >= wide[0]:
            begins_s, spell, lasts_s = max(now_s, wide.pop(0)), Spell.CUT, SPELL_S[1]
        now_s = begins_s + lasts_s
        if now_s < until_s:
            yield Event(begins_s, now_s, spell)
