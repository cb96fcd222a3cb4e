"""What was observed, as far as shaping and coalescing look at it. Pure."""

from dataclasses import Field
from typing import Any, ClassVar, Protocol, TypeVar

import msgpack

Fields = dict[str, Any]
"""An observation under the contract's short keys, its id included; without `a`, its moment is told beside."""


class Observed(Protocol):
    """A dataclass, such as an entry of the outbox: what is held back comes out as it went in."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def entity(self) -> str:
        """Whom or what it is about."""

    @property
    def importance(self) -> float:
        """0 to 1, by the device's own reckoning where nobody said."""

    @property
    def at(self) -> float | None:
        """Epoch seconds; None: the device had no wall clock."""

    @property
    def ticks_s(self) -> float:
        """When it was, in ticks of this boot."""

    @property
    def fields(self) -> Fields:
        """What it says."""


Seen = TypeVar("Seen", bound=Observed)


def size(fields: Fields) -> int:
    """Bytes that it takes in a message, but for its time: packed at each call, so ask once."""
    return len(msgpack.packb(fields))
