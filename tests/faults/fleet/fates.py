"""What its rules make of each observation of a device, said a second time and more simply. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.observing import ALARM
from tests.faults.fleet.world import DEADBAND, WINDOW_COUNT, Kind

KEPT, HELD, UNCHANGED = "kept", "held", "unchanged"


@dataclass(slots=True)
class Fates:
    """Of one process of one device: what it holds, and what it sent last, is in RAM and ends with it."""

    kind: Kind
    sent: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    """By attribute, the number of the reading that waits."""
    window: list[int] = field(default_factory=list)
    times: dict[int, int] = field(default_factory=dict)
    """Of what became one with others: how many, by the last one's number."""

    def of(self, n: int, body: Mapping[str, Any]) -> str:
        """What becomes of the `n`th observation; they come in order."""
        if self.kind is Kind.COUNTING and body.get("kind") == "motion":
            return self._counted(n)
        attribute = body.get("attribute")
        if self.kind is Kind.SHAPED and attribute is not None:
            return self._shaped(attribute, n, body)
        return KEPT

    def released(self) -> list[int]:
        """What was held and goes, now that the device drains."""
        going = list(self.held.values())
        if self.window:
            going.append(self.window[-1])
            self.times[self.window[-1]] = len(self.window)
        self.held, self.window = {}, []
        return going

    def _counted(self, n: int) -> str:
        self.window.append(n)
        if len(self.window) < WINDOW_COUNT:
            return HELD
        self.released()
        return KEPT

    def _shaped(self, attribute: str, n: int, body: Mapping[str, Any]) -> str:
        last = self.sent.get(attribute)
        fate = KEPT if last is None or body.get("importance", 0) >= ALARM else _by_rule(attribute, body, last)
        self.held.pop(attribute, None)
        if fate == KEPT:
            self.sent[attribute] = body
        elif fate == HELD:
            self.held[attribute] = n
        return fate


def _by_rule(attribute: str, body: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    if attribute == "pressure":  # at most one in an hour
        return HELD
    if body.get("importance") != last.get("importance"):
        return KEPT
    if attribute == "temperature":
        return UNCHANGED if abs(body["value"] - last["value"]) <= DEADBAND else KEPT
    return UNCHANGED if body["value"] == last["value"] else KEPT
