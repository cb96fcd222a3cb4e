"""What is on or off, open or closed: states that a question asks for, and who turned to one when. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from memory.quantities import name_words

Value = bool | int | float | str


class Taken(Protocol):
    """An observation of a state: a memory, or a sample of one."""

    @property
    def value(self) -> Value | None:
        """What was observed."""


T = TypeVar("T", bound=Taken)


@dataclass(frozen=True, slots=True)
class Switch:
    """A thing of two states."""

    attributes: frozenset[str]
    """Words in the names of attributes that hold it."""
    holds: frozenset[str]
    """Values that say so; `true` and 1 do, if the attribute is not named for the opposite."""
    not_holds: frozenset[str]


class State(Protocol):
    """What a series may say at times, and not at others."""

    @property
    def said(self) -> str | None:
        """As it is answered."""

    def holds_in(self, attribute: str, value: Value | None) -> bool | None:
        """Whether a value of an attribute is this state; None: it says neither."""


@dataclass(frozen=True, slots=True)
class Target:
    """A state that is asked for: `open`, of doors and windows, or its opposite."""

    said: str
    """As it is answered."""
    switch: Switch
    holds: bool = True

    def holds_in(self, attribute: str, value: Value | None) -> bool | None:
        """Whether a value of an attribute is this state; None: it says neither."""
        state = _state(self.switch, attribute, value)
        return None if state is None else state == self.holds


def _switch(attributes: str, holds: str, not_holds: str) -> Switch:
    return Switch(*(frozenset(each.split()) for each in (attributes, holds, not_holds)))


CONTACT = "contact"
"""Of a magnet with its switch: made, so `true`, while the door is shut (as Zigbee and Matter say it)."""
_OPENING = _switch(
    "door window contact open opening opened closed gate garage valve blind shutter lid fridge",
    "open opened opening ajar",
    "closed close shut closing",
)
_POWER = _switch(
    "on switch light lamp plug relay heating off",
    "on running run active started start heating cleaning washing playing armed",
    "off idle stopped stop finished done standby docked paused inactive disarmed",
)
_RUNNING = replace(_POWER, attributes=frozenset({"running", "state", "status", "active", "cycle", "program"}))
"""Lamps are turned on, but do not run."""
_HOME = _switch("presence home location", "home present in", "away not_home absent out")
_LOCK = _switch("lock locked unlocked", "locked lock", "unlocked unlock")
_MOTION = _switch(
    "motion presence occupancy occupied movement pir", "motion detected present occupied active",
    "clear absent none unoccupied empty away inactive",
)  # fmt: skip
_LEAK = _switch("leak leakage flood", "leak leaking wet detected", "dry clear none ok")
_RING = _switch(
    "doorbell bell button ring", "ring rang ringing press pressed single short", "released none idle"
)

_THING = r"(?:\W+[\w'-]+){0,8}?\W+"
_TURNS = r"(?:turn|turned|turns|switch|switched|switches|go|goes|went|come|comes|came)"
_BEEN = r"(?:is|are|was|were|been)"
_END = r"(?=\W*$|\W+(?:in|at|by|when|while|during|on|today|for|after|before|since|and|or)\b)"
_SAID = [
    (re.compile(said, re.IGNORECASE), Target(target, switch, holds))
    for said, target, switch, holds in (
        (r"\bunlock(?:ed|s)?\b", "unlocked", _LOCK, False),
        (r"\block(?:ed|s)?\b", "locked", _LOCK, True),
        (r"\bopen(?:ed|s|ing)?\b", "open", _OPENING, True),
        (r"\b(?:close|closed|closes|closing|shut)\b", "closed", _OPENING, False),
        (rf"\b(?:turn|switch)\w* on\b|\b(?:{_TURNS}|{_BEEN}){_THING}on{_END}", "on", _POWER, True),
        (rf"\b{_TURNS}{_THING}off\b|\b{_BEEN}{_THING}off{_END}", "off", _POWER, False),
        (r"\bdisarm(?:ed|s)?\b", "disarmed", _POWER, False),
        (r"\barm(?:ed|s)\b", "armed", _POWER, True),
        (r"\blit\b", "on", _POWER, True),
        (r"\b(?:run|runs|ran|running|start|started|starts)\b(?! out\b)", "on", _RUNNING, True),
        (r"\b(?:stop|stopped|stops|finish|finished|finishes|ready|done)\b", "off", _RUNNING, False),
        (
            rf"\b{_BEEN}{_THING}home{_END}|\b(?:come|comes|came|arrive[ds]?|got) (?:back )?home\b",
            "home",
            _HOME,
            True,
        ),
        (r"\b(?:leave|leaves|left) (?:the )?(?:house|home)\b|\bwent out\b|\bgo out\b", "away", _HOME, False),
        (r"\b(?:motion|movement|presence|occupied|occupancy)\b", "motion", _MOTION, True),
        (r"\b(?:leak|leaked|leaks|leaking|leakage)\b", "leak", _LEAK, True),
        (r"\b(?:ring|rings|rang|rung|press|pressed)\b", "pressed", _RING, True),
    )
]
"""In this order: what is unlocked was not locked. `on` and `off` count as states, not as prepositions."""


def target_in(text: str) -> Target | None:
    """The state that a question asks for, if it asks for one."""
    return next((target for said, target in _SAID if said.search(text)), None)


def turnings(taken: Iterable[T], attribute: str, target: State, *, before: bool | None = None) -> Iterator[T]:
    """Those, in the order of time, at which a series turned to the target; reports of the same are none.

    `before` is whether it was there already when they begin.
    """
    was = before
    for each in taken:
        holds = target.holds_in(attribute, each.value)
        if holds and not was:
            yield each
        was = was if holds is None else holds


def _state(switch: Switch, attribute: str, value: Value | None) -> bool | None:
    """Whether what the switch holds is there; an attribute `closed` says by `true` that it is not open."""
    if isinstance(value, str):
        said = value.strip().lower()
        if said in switch.holds:
            return True
        if said in switch.not_holds:
            return False
        flag = {"true": True, "yes": True, "1": True, "on": True}.get(said)
        flag = {"false": False, "no": False, "0": False, "off": False}.get(said, flag)
    elif value in (0, 1):
        flag = bool(value)
    else:
        return None
    named = name_words(attribute)
    inverted = bool(named & switch.not_holds) or (CONTACT in named and not isinstance(value, str))
    return None if flag is None else flag != inverted
