"""Observations for the tests of what becomes of them on a device."""

import itertools
from typing import Any

from edge.observed import Observed

_ids = itertools.count(1)


def observed(
    *,
    entity: str = "home7/hall",
    importance: float = 0.3,
    at: float | None = None,
    ticks_s: float = 0.0,
    **fields: Any,
) -> Observed:
    """One under the contract's short keys, with an id of its own."""
    return Observed(entity, importance, at, "boot", ticks_s, {"i": next(_ids)} | fields)


def reading(value: Any, attribute: str = "temperature", **more: Any) -> Observed:
    return observed(v=value, p=attribute, **more)
