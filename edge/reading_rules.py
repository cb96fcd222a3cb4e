"""How often the readings of an attribute go, and of how much change: what a user chooses. Pure.

A deadband compares with the value that was *sent* last, not with the one before: a room that warms by 0.1 an
hour would else never differ from the reading before, and the memory would know the morning's value for ever.
"""

import math
import sys
from dataclasses import dataclass

from schemas.checks import is_number

_ROUNDING = 4 * sys.float_info.epsilon
"""21.3 - 21.2 is a little more than 0.1 as floats go: a step of just the deadband is within it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How often readings of one attribute go, and of how much change. Without any of it, all go."""

    attribute: str | None = None
    """None: every attribute without a rule of its own."""
    on_change: bool = False
    deadband: float | None = None
    """A number within this of the one sent last is unchanged."""
    deadband_share: float | None = None
    """The same, as a share of the one sent last; of two deadbands the wider holds."""
    every_s_max: float | None = None
    """Heartbeat: the first reading this long after the last that was sent goes, changed or not."""
    every_s_min: float | None = None
    """At most this often. Of a burst the last goes once it may: the state, not each sample."""

    def __post_init__(self) -> None:
        """Raises ValueError where a knob could never do what it says."""
        for knob in ("deadband", "deadband_share", "every_s_max", "every_s_min"):
            given = getattr(self, knob)
            if given is not None and not 0 < given < math.inf:
                raise ValueError(
                    f"{knob}: must be more than 0 and finite, not {given}; leave it out for none"
                )
        if self.every_s_min and self.every_s_max and self.every_s_min > self.every_s_max:
            raise ValueError(
                f"every_s_min: {self.every_s_min} is more than every_s_max, {self.every_s_max}; make it less"
            )

    @property
    def looks_at_change(self) -> bool:
        """A deadband is sending on change that forgives a little."""
        return self.on_change or self.deadband is not None or self.deadband_share is not None

    def same(self, value: object, sent: object) -> bool:
        """Whether a value says what the one sent last said; true is not 1."""
        if not self.looks_at_change:
            return False
        if not (is_number(value) and is_number(sent)):
            return type(value) is type(sent) and value == sent
        band = max(self.deadband or 0.0, (self.deadband_share or 0.0) * abs(sent))
        return value == sent or (0 < band >= abs(value - sent) - _ROUNDING * max(abs(value), abs(sent)))
