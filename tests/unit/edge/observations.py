"""Observations for the tests of what becomes of them on a device."""

import itertools
from dataclasses import dataclass
from typing import Any

from edge.observed import Fields

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Observed:
    """As an entry of the outbox has it."""

    id: int
    entity: str
    importance: float
    at: float | None
    boot: str
    ticks_s: float
    fields: Fields


def observed(
    *,
    entity: str = "home7/hall",
    importance: float = 0.3,
    at: float | None = None,
    ticks_s: float = 0.0,
    **fields: Any,
) -> Observed:
    """One under the contract's short keys, with an id of its own."""
    number = next(_ids)
    return Observed(number, entity, importance, at, "boot", ticks_s, {"i": number} | fields)


def reading(value: Any, attribute: str = "temperature", **more: Any) -> Observed:
    return observed(v=value, p=attribute, **more)
