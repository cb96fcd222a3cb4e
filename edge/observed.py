"""What was observed, on its way to the outbox. Light: a device loads it before anything is asked."""

from dataclasses import dataclass
from typing import Any, TypeGuard

import msgpack

Fields = dict[str, Any]
"""An observation under the contract's short keys, without `a`: when it was, the moment beside it says."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An observation with its moment: what is held back keeps both, and goes as it was."""

    entity: str
    importance: float
    at: float | None
    """Epoch seconds; None: the device had no wall clock."""
    boot: str
    ticks_s: float
    fields: Fields

    @property
    def bytes(self) -> int:
        """What it takes in a message, but for its time: made anew at each call, so ask once."""
        return len(msgpack.packb(self.fields))


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value can be more or less than another; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
