"""What goes wrong in a run, and when: drawn from a seed, counted in receipts and not in seconds. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

CALM_SHARE = 0.1
"""Of the observations, at the end of a run: what is sent after the last fault."""
DELAY_MS_MAX = 300
"""Progress is seen when a receipt arrives. Waiting a little more lets a fault fall between two as well."""


class Fault(StrEnum):
    """What can happen to a memory whose devices go on sending."""

    KILL_MEMORY = "kill -9 of ingest, query and the store's process"
    KILL_BROKER = "kill -9 of Mosquitto"
    KILL_BOTH = "kill -9 of everything"
    PAUSE_MEMORY = "kill -STOP of ingest and query"
    PAUSE_BROKER = "kill -STOP of Mosquitto"
    CUT = "every device's connection is cut"
    FLOOD = "one device sends without waiting"


KILLS = (Fault.KILL_MEMORY, Fault.KILL_BROKER, Fault.KILL_BOTH)
PAUSES = (Fault.PAUSE_MEMORY, Fault.PAUSE_BROKER)


@dataclass(frozen=True, slots=True)
class Event:
    """One fault."""

    after_receipts: int
    delay_ms: int
    fault: Fault
    device: int
    """Which one floods."""


def storm(
    seed: int, *, observations: int, kills: int, devices: int, pauses: Sequence[Fault] = PAUSES
) -> list[Event]:
    """Kills of each kind in turn, these pauses, as many cuts as kills, half as many floods; shuffled."""
    rng = random.Random(seed)
    faults = [KILLS[number % len(KILLS)] for number in range(kills)]
    faults += [*pauses, *[Fault.CUT] * kills, *[Fault.FLOOD] * max(1, kills // 2)]
    rng.shuffle(faults)
    moments = sorted(rng.sample(range(1, int(observations * (1 - CALM_SHARE))), len(faults)))
    return [
        Event(moment, rng.randrange(DELAY_MS_MAX), fault, rng.randrange(devices))
        for moment, fault in zip(moments, faults, strict=True)
    ]
