"""What one client, and one entity, may take of what all share."""

from collections import OrderedDict

from memory.conditions import EVERYTHING, scoped
from memory.records import Scope
from memory.store import MemoryStore

BURST_S = 5.0
"""A client that was quiet may say at once what it may say in this time."""
CLIENTS_MAX = 10_000
"""Clients whose last messages are known; the one silent for longest is forgotten, and may burst again."""
ENTITIES_MAX = 10_000
"""Entities whose memories were counted; the one stored for longest ago is counted anew."""

Client = tuple[str, str]
"""Tenant and client."""


class Pace:
    """A token bucket a client. Pure: the clock comes with each call (seconds that never jump)."""

    def __init__(self, per_s_max: float | None) -> None:
        """None: no limit."""
        self._per_s = per_s_max
        self._left: OrderedDict[Client, tuple[float, float]] = OrderedDict()

    def allows(self, client: Client, now: float) -> bool:
        """Whether a client may say one thing more; counts it if so."""
        if self._per_s is None:
            return True
        burst = max(1.0, self._per_s * BURST_S)
        left, since = self._left.pop(client, (burst, now))
        left = min(burst, left + (now - since) * self._per_s)
        allowed = left >= 1.0
        self._left[client] = (left - 1.0 if allowed else left, now)
        if len(self._left) > CLIENTS_MAX:
            self._left.popitem(last=False)
        return allowed


class Room:
    """How many memories an entity may still take; to within the batches that are under way."""

    def __init__(self, store: MemoryStore, memories_max: int) -> None:
        self._store = store
        self._max = memories_max
        self._counted: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def take(self, tenant: str, entity: str, wanted: int) -> int:
        """How many of the wanted may be stored. Counts anew before it says fewer: some may be forgotten.

        Raises:
            StoreError: they cannot be counted.
        """
        whose = tenant, entity
        count = self._counted.pop(whose, None)
        if count is None or count + wanted > self._max:
            count = await self._store.count(scoped(Scope(tenant, entity), EVERYTHING, None))
        taken = max(0, min(wanted, self._max - count))
        self._counted[whose] = count + taken
        if len(self._counted) > ENTITIES_MAX:
            self._counted.popitem(last=False)
        return taken
