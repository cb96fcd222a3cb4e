"""How a device keeps, shapes and sends what it observes: every knob, with its unit and its reason."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from edge import batching
from edge.coalesce_rules import Coalesce
from edge.flushing import IN_FLIGHT_MAX, SILENCE_S_MAX
from edge.outbox import BYTES_MAX, COUNT_MAX, Durability
from edge.pacing import BURST_DEFAULT
from edge.reading_rules import Rule
from edge.working_set import COUNT_MAX as WORKING_SET_MAX

IN_FLIGHT_BOUND: Final = 256
"""Batches are told apart by two bytes, drawn at random."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What became of an observation, where that is not its being remembered."""

    what: Literal["dropped", "refused"]
    id: int | str | None
    entity: str
    reason: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """The defaults suit a kiosk or a gateway on a LAN; docs/devices.md says what to turn for a radio link."""

    durability: Durability = "power"
    """What `observe` waits for: `power`, an fsync; `process`, a write that only a power cut can take."""
    outbox_count_max: int = COUNT_MAX
    outbox_bytes_max: int = BYTES_MAX
    rules: tuple[Rule, ...] = ()
    """Which readings are worth sending."""
    coalesce: tuple[Coalesce, ...] = ()
    """Which events are made into one."""
    batches: batching.Limits = field(default_factory=batching.Limits)
    rate_per_s: float | None = None
    """Messages a second; alarms go past it."""
    burst: int = BURST_DEFAULT
    bytes_per_hour: int | None = None
    """On the wire; alarms go past it, and what is of little importance stops before it."""
    in_flight_max: int = IN_FLIGHT_MAX
    silence_s_max: float = SILENCE_S_MAX
    working_set_max: int = WORKING_SET_MAX
    """Observations of each entity that are known while nobody answers."""
    digest: bool = True
    """Whether to hear what the memory retains of the entity: about 1 KiB at each connection."""
    presence: bool = True
    """Whether to say `online` and `offline` on the presence topic."""
    tell: Callable[[Notice], None] = lambda _notice: None
    """Hears what was dropped or refused; called on the device's own thread, or where `observe` was called."""

    def __post_init__(self) -> None:
        """Raises ValueError where nothing would ever be kept, or sent, or be sent without a pause."""
        if self.durability not in get_args(Durability):
            raise ValueError(f"durability: must be `power` or `process`, not {self.durability!r}")
        for name in ("outbox_count_max", "outbox_bytes_max", "working_set_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: must be at least 1, not {getattr(self, name)}")
        if not 1 <= self.in_flight_max <= IN_FLIGHT_BOUND:
            raise ValueError(f"in_flight_max: must be 1 to {IN_FLIGHT_BOUND}, not {self.in_flight_max}")
        if not 0 < self.silence_s_max < math.inf:
            raise ValueError(f"silence_s_max: must be more than 0 seconds, not {self.silence_s_max}")
