"""What each device of a fleet is, and what it observes: drawn from a seed, by number. Pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge import Coalesce, Limits, Options, Rule, counted

ENTITY = "fleet"
FOREVER_S = 3600.0
"""Longer than any run: what a rule holds for so long comes when the device drains, or never."""
SILENCE_S_MAX = 2.0
DEADBAND = 0.5
WINDOW_COUNT = 5
TINY_COUNT_MAX = 8
BYTES_PER_HOUR = 1500
"""What is low has 70 % of it: some messages."""
AT_ONCE_MAX = 5
MOTION = "motion in the hall"
REPEATED = "the filter of the pump wants to be cleaned"

_SEEN = ("the cat", "a courier", "Ana", "nobody", "the neighbour", "a technician")
_DID = ("left the blue bicycle", "asked for the spare key", "reported a leak", "fed the fish", "came home")
_WHERE = ("in the kitchen", "by the window", "in hall 3", "on the terrace", "upstairs")


class Kind(StrEnum):
    """What a device is there for."""

    PLAIN = "everything that is observed goes"
    TINY = "an outbox of a few entries"
    SHAPED = "rules for readings"
    COUNTING = "the same within a window becomes one"
    FRUGAL = "little importance under a budget of bytes"
    REPEATING = "the same words, again and again"


KINDS = (
    Kind.PLAIN, Kind.TINY, Kind.SHAPED, Kind.COUNTING, Kind.PLAIN, Kind.PLAIN, Kind.TINY, Kind.SHAPED,
    Kind.FRUGAL, Kind.REPEATING,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """One device of the fleet."""

    number: int
    seed: int

    @property
    def name(self) -> str:
        return f"device-{self.number}"

    @property
    def entity(self) -> str:
        return f"{ENTITY}/{self.name}"

    @property
    def kind(self) -> Kind:
        return KINDS[self.number % len(KINDS)]

    @property
    def loses_power(self) -> bool:
        """Whether more than its process dies with it: what its disk had not taken is gone."""
        return self.number // len(KINDS) % 2 == 0

    def drawn(self, what: str) -> random.Random:
        return random.Random(f"{self.seed} {self.name} {what}")

    def at_once(self, n: int) -> int:
        """How many observations are made together, from the `n`th on."""
        return self.drawn(f"at once {n}").choice([1, 1, 1, 1, 2, AT_ONCE_MAX])

    def body(self, n: int) -> dict[str, Any]:
        """The `n`th observation, for `observe`. Its seq says which it is, and keeps it from merging."""
        drawn = self.drawn(f"body {n}")
        made = _BODIES.get(self.kind, _plain)(drawn)
        if "text" in made and self.kind in (Kind.PLAIN, Kind.TINY, Kind.FRUGAL):
            made["text"] += f", says {self.name} in its entry {n}"
        if self.number % 2:
            made["id"] = f"own-{n}"  # the others' are made by the device
        return made if self.kind is Kind.REPEATING else {"seq": n, **made}

    def options(self, *, frugal: bool = True) -> Mapping[str, Any]:
        """What is chosen for it, by the names of `Options`; not `frugal`: with a new month's volume."""
        chosen: dict[str, Any] = {
            "batches": Limits(age_s_max=self.drawn("age").choice([0.0, 0.1, 1.0])),
            "silence_s_max": SILENCE_S_MAX,
        }
        match self.kind:
            case Kind.TINY:
                chosen["outbox_count_max"] = TINY_COUNT_MAX
            case Kind.SHAPED:
                chosen["rules"] = RULES
            case Kind.COUNTING:
                chosen["coalesce"] = COALESCE
            case Kind.FRUGAL if frugal:
                chosen["bytes_per_hour"] = BYTES_PER_HOUR
        return chosen


RULES = (
    Rule("door", on_change=True),
    Rule("temperature", deadband=DEADBAND),
    Rule("pressure", every_s_min=FOREVER_S),
)
COALESCE: tuple[Coalesce, ...] = (counted(kind="motion", window_s=FOREVER_S, count_max=WINDOW_COUNT),)


def options_of(who: Who, *, frugal: bool, **more: Any) -> Options:
    """A device's options, with what its process adds."""
    return Options(**who.options(frugal=frugal), **more)


def _event(drawn: random.Random) -> dict[str, Any]:
    return {"text": f"{drawn.choice(_SEEN)} {drawn.choice(_DID)} {drawn.choice(_WHERE)}"}


def _plain(drawn: random.Random) -> dict[str, Any]:
    return drawn.choice((_event, _event, _reading, _reading, _reading, _alarm))(drawn)


def _reading(drawn: random.Random) -> dict[str, Any]:
    return {"attribute": "humidity", "value": drawn.randint(20, 90), "unit": "%"}


def _alarm(drawn: random.Random) -> dict[str, Any]:
    return {**_event(drawn), "importance": 0.9}


def _of_any_importance(drawn: random.Random) -> dict[str, Any]:
    return {**_event(drawn), "importance": drawn.choice([0.1, 0.2, 0.5, 0.5, 0.9])}


def _low(drawn: random.Random) -> dict[str, Any]:
    return {**_event(drawn), "importance": 0.9 if drawn.random() < 0.1 else 0.1}


def _shaped(drawn: random.Random) -> dict[str, Any]:
    match drawn.randrange(4):
        case 0:
            return {"attribute": "door", "value": drawn.choice(["open", "closed"])}
        case 1:
            return {"attribute": "temperature", "value": 20 + drawn.randrange(8) / 4, "unit": "Cel"}
        case 2:
            return {"attribute": "pressure", "value": drawn.randint(990, 1020), "unit": "hPa"}
        case _:
            return {"attribute": "door", "value": "forced", "importance": 0.9}


def _counting(drawn: random.Random) -> dict[str, Any]:
    return {"text": MOTION, "kind": "motion"} if drawn.random() < 0.7 else _reading(drawn)


def _repeating(_drawn: random.Random) -> dict[str, Any]:
    return {"text": REPEATED}


_BODIES = {
    Kind.TINY: _of_any_importance,
    Kind.SHAPED: _shaped,
    Kind.COUNTING: _counting,
    Kind.FRUGAL: _low,
    Kind.REPEATING: _repeating,
}
