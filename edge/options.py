"""How a device keeps, shapes and sends what it observes: every knob, with its unit and its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from edge import batching
from edge.coalesce_rules import Coalesce
from edge.flushing import IN_FLIGHT_MAX, SILENCE_S_MAX
from edge.outbox import BYTES_MAX, COUNT_MAX
from edge.pacing import BURST_DEFAULT
from edge.reading_rules import Rule
from edge.working_set import COUNT_MAX as WORKING_SET_MAX


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

    durability: Literal["power", "process"] = "power"
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
