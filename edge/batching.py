"""Which waiting entries go together in one message, and when. Pure: times come in.

A message is of one entity, for its topic carries that; and of one priority, so that nothing of little
importance goes with an alarm past the hour's budget.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from edge.pacing import Priority
from schemas.limits import MESSAGE_BYTES_MAX, OBSERVATIONS_PER_MESSAGE_MAX

COUNT_DEFAULT = 32
BYTES_DEFAULT = 8 * 1024
AGE_S_DEFAULT = 1.0
BUDGET_SHARE = 0.1
"""Of an hour's budget: what a message takes at most, so that many fit."""
HEADROOM_BYTES = 1024
"""Of a message's bound, for its topic and properties: some brokers count the whole packet."""
BYTES_MAX = MESSAGE_BYTES_MAX - HEADROOM_BYTES


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of the outbox, as far as batching looks at it."""

    n: int
    """Its number there."""
    entity: str
    priority: Priority
    bytes: int
    """Encoded, with its time."""
    since_s: float
    """Since when it waits, in ticks of this boot; of an earlier boot: minus infinity."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one message carries, in the order in which it waited."""

    entity: str
    priority: Priority
    numbers: tuple[int, ...]
    bytes: int
    """Of its payload."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What may go, first what matters most; and when there is more."""

    batches: tuple[Batch, ...]
    next_s: float | None
    """When the oldest of what still fills up has waited long enough; None: nothing does."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch is full, and how long one that is not waits for more."""

    count_max: int = COUNT_DEFAULT
    bytes_max: int = BYTES_DEFAULT
    """Of the payload; a single observation that is larger goes alone."""
    age_s_max: float = AGE_S_DEFAULT

    def __post_init__(self) -> None:
        """Raises ValueError where a message would break the wire's bounds, or nothing would ever go."""
        if not 1 <= self.count_max <= OBSERVATIONS_PER_MESSAGE_MAX:
            raise ValueError(f"count_max: must be 1 to {OBSERVATIONS_PER_MESSAGE_MAX}, not {self.count_max}")
        if not 1 <= self.bytes_max <= BYTES_MAX:
            raise ValueError(f"bytes_max: must be 1 to {BYTES_MAX}, not {self.bytes_max}")
        if not 0 <= self.age_s_max < math.inf:
            raise ValueError(f"age_s_max: must be 0 or more seconds, not {self.age_s_max}")

    def under_budget(self, bytes_per_hour: int | None) -> "Limits":
        """Of what a budget holds back: one message that is larger than all of it would go past it."""
        if bytes_per_hour is None:
            return self
        return replace(self, bytes_max=min(self.bytes_max, max(1, int(bytes_per_hour * BUDGET_SHARE))))


@dataclass(slots=True)
class _Part:
    """A message as it fills up; never left empty."""

    waiting: list[Waiting] = field(default_factory=list)
    encoded: int = 0
    since_s: float = math.inf

    @property
    def priority(self) -> Priority:
        return self.waiting[0].priority

    @property
    def batch(self) -> Batch:
        first = self.waiting[0]
        return Batch(first.entity, self.priority, tuple(each.n for each in self.waiting), self._bytes())

    def add(self, one: Waiting) -> None:
        self.waiting.append(one)
        self.encoded += one.bytes
        self.since_s = min(self.since_s, one.since_s)

    def has_room(self, one: Waiting, limits: Limits) -> bool:
        if not self.waiting:
            return True
        return not self.is_full(limits) and self._bytes(one) <= limits.bytes_max

    def is_full(self, limits: Limits) -> bool:
        return len(self.waiting) >= limits.count_max or self._bytes() >= limits.bytes_max

    def _bytes(self, *more: Waiting) -> int:
        count = len(self.waiting) + len(more)
        return _head_bytes(count) + self.encoded + sum(each.bytes for each in more)


def ready(
    waiting: Iterable[Waiting],
    limits: Limits,
    now_s: float,
    *,
    everything: bool = False,
    bytes_per_hour: int | None = None,
) -> Ready:
    """The messages that may go now: full ones, alarms, and those whose oldest waited `age_s_max`.

    `everything`: the device closes, or knows that nothing will come; what is not full goes, too.
    `bytes_per_hour`: the budget; alarms go past it as they are.
    """
    frugal = limits.under_budget(bytes_per_hour)
    parts: list[_Part] = []
    later_s = []
    for (_, priority), group in _groups(waiting).items():
        bounds = limits if priority is Priority.ALARM else frugal
        *full, last = _parts(group, bounds)
        parts += full
        ripe_s = last.since_s + limits.age_s_max
        if everything or now_s >= ripe_s or last.is_full(bounds) or priority is Priority.ALARM:
            parts.append(last)
        else:
            later_s.append(ripe_s)
    parts.sort(key=lambda part: (part.priority, part.since_s, part.waiting[0].n))
    return Ready(tuple(part.batch for part in parts), min(later_s, default=None))


def joined(encoded: Sequence[bytes]) -> bytes:
    """The payload of observations that are msgpack already: an array of them, or the one alone."""
    if len(encoded) == 1:
        return encoded[0]
    return _array_head(len(encoded)) + b"".join(encoded)


def _groups(waiting: Iterable[Waiting]) -> dict[tuple[str, Priority], list[Waiting]]:
    groups: dict[tuple[str, Priority], list[Waiting]] = {}
    for each in waiting:
        groups.setdefault((each.entity, each.priority), []).append(each)
    return groups


def _parts(group: Sequence[Waiting], limits: Limits) -> list[_Part]:
    """In order: who waits longest goes first, even where another order would fill messages better."""
    parts = [_Part()]
    for each in group:
        if not parts[-1].has_room(each, limits):
            parts.append(_Part())
        parts[-1].add(each)
    return parts


def _head_bytes(count: int) -> int:
    return 0 if count == 1 else len(_array_head(count))


def _array_head(count: int) -> bytes:
    """At most 256 observations: one byte up to 15 of them, else three."""
    return bytes([0x90 | count]) if count <= 15 else b"\xdc" + count.to_bytes(2, "big")
