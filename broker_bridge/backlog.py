"""Our publications that the broker has not acknowledged, and what a paused connection does about them. Pure.

Paused, we read no acknowledgement either: whoever waited for one would wait for whoever resumes us, who may
be waiting for him. So more may wait then, up to what the inbox and commit hold.

Mosquitto 2.0.11 sends far more than our Receive Maximum once we acknowledge (each acknowledgement of the
oldest lets as many through again), and its acknowledgements of ours stand behind all of it. So when as many
of ours wait as may, messages are *passed over*: read and forgotten, unacknowledged, until those of ours have
been; then a new connection brings them again.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

UNACKNOWLEDGED_MAX: Final = 1000
"""Our own publications that the broker has not acknowledged; past it, `publish` waits; not while paused."""
OUTGOING_MAX: Final = 16_384
"""The same while paused. MQTT numbers 65,535, and paho drops without a word what finds its number taken."""


class Due(Enum):
    """What the connection has to do next."""

    NOTHING = auto()
    PASS_OVER = auto()
    """Read on for acknowledgements alone; what else comes is not ours until the next connection."""
    CONNECT_ANEW = auto()
    """So that what was passed over comes again."""


@dataclass(slots=True)
class Backlog:
    """Whether one connection reads, and what for; `waiting` is how many of ours are unacknowledged."""

    paused: bool = False
    passing_over: bool = False

    @property
    def reads(self) -> bool:
        """Whether packets are read from the socket."""
        return not self.paused or self.passing_over

    def has_room(self, waiting: int) -> bool:
        """Whether one more may be published now."""
        return waiting < UNACKNOWLEDGED_MAX or not self.reads

    def due(self, waiting: int) -> Due:
        """What follows from how many wait."""
        if self.paused and waiting >= OUTGOING_MAX and not self.passing_over:
            return Due.PASS_OVER
        if self.passing_over and waiting < UNACKNOWLEDGED_MAX:
            return Due.CONNECT_ANEW
        return Due.NOTHING
