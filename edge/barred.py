"""Of which entities the broker lets us say nothing now, and when to try again. Pure: time comes in.

What is observed of them waits in the outbox, for rights can change. It must not stand in the way of the
others, so each entity has a wait of its own: drawn below a doubling bound, as after any failure.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from broker_bridge.backoff import Backoff
from edge.flushing import BACKOFF_S_FIRST, BACKOFF_S_MAX

REASONS: Final = frozenset({0x87, 0x90})
"""MQTT 5's not authorized and topic name invalid: of one topic, and no news of any other."""
ENTITIES_MAX: Final = 256
"""Beyond, the one barred longest ago is tried again."""


@dataclass(slots=True)
class Barred:
    """By entity."""

    random: Random = field(default_factory=Random)
    _waits: dict[str, tuple[float, Backoff]] = field(default_factory=dict)
    """Until when, and how long it is the next time."""

    def bar(self, entity: str, now_s: float) -> None:
        """The broker refused something of it; of several that were under way, the first is news."""
        fresh = now_s, Backoff(BACKOFF_S_FIRST, BACKOFF_S_MAX, self.random)
        until_s, backoff = self._waits.pop(entity, fresh)
        if until_s <= now_s:
            until_s = now_s + backoff.draw()
        self._waits[entity] = until_s, backoff
        if len(self._waits) > ENTITIES_MAX:
            del self._waits[next(iter(self._waits))]

    def now(self, now_s: float) -> frozenset[str]:
        """Those of whom nothing is sent now."""
        return frozenset(entity for entity, (until_s, _) in self._waits.items() if now_s < until_s)

    def next_s(self, now_s: float) -> float | None:
        """When the first of them may be tried again; None: there is none."""
        return min((until_s for until_s, _ in self._waits.values() if now_s < until_s), default=None)

    def granted(self, entity: str) -> None:
        """A receipt came for it."""
        self._waits.pop(entity, None)

    def clear(self) -> None:
        """A new connection may have other rights."""
        self._waits.clear()
