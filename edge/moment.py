"""When something was observed, as a value. Pure; `clock` makes them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was observed, as far as it was known then."""

    at: float | None
    """Epoch seconds; None: the device had no time of day (yet)."""
    boot: str
    ticks_s: float
    """Since that boot."""


@dataclass(frozen=True, slots=True)
class Boot:
    """An earlier boot whose time of day nobody knew."""

    boot: str
    last_ticks_s: float
    """Of the last that was observed in it."""
