"""What one client, and one entity, may take of what all share."""

from collections import OrderedDict
from dataclasses import dataclass

from memory.conditions import EVERYTHING, scoped
from memory.records import Scope
from memory.store import MemoryStore

BURST_S = 5.0
"""A client that was quiet may say at once what it may say in this time."""
AWAY_S_MAX = 3600.0
"""While we were away clients went on: for as long, at most, they may say more at once."""
FULL_S = 1.0
"""An entity that was full is counted anew only then: counting takes long, and a flood asks for it."""
CLIENTS_MAX = 10_000
"""Clients whose last messages are known; the one silent for longest is forgotten, and may burst again."""
ENTITIES_MAX = 10_000
"""Entities whose memories were counted; the one stored for longest ago is counted anew."""

Client = tuple[str, str]
"""Tenant and client."""


@dataclass(slots=True)
class _Left:
    """What a client may still say: of its pace, of the time we were away, and when that was reckoned."""

    tokens: float
    spare: float
    since: float
    away_s: float


class Pace:
    """A token bucket a client. Pure: the clock comes with each call (seconds that never jump)."""

    def __init__(self, per_s_max: float | None) -> None:
        """None: no limit."""
        self._per_s = per_s_max
        self._left: OrderedDict[Client, _Left] = OrderedDict()
        self._away_s = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether anybody may be too fast."""
        return self._per_s is not None

    def away(self, seconds: float) -> None:
        """Nobody was heard for so long: what was to be said meanwhile comes now, and is not too fast."""
        self._away_s += min(seconds, AWAY_S_MAX)

    def allows(self, client: Client, now: float) -> bool:
        """Whether a client may say one thing more; counts it if so."""
        if self._per_s is None:
            return True
        burst = max(1.0, self._per_s * BURST_S)
        its = self._left.pop(client, None) or _Left(burst, 0.0, now, max(0.0, self._away_s - AWAY_S_MAX))
        its.tokens = min(burst, its.tokens + (now - its.since) * self._per_s)
        its.spare = min(AWAY_S_MAX * self._per_s, its.spare + (self._away_s - its.away_s) * self._per_s)
        its.since, its.away_s = now, self._away_s
        allowed = its.tokens >= 1.0 or its.spare >= 1.0
        if its.tokens >= 1.0:
            its.tokens -= 1.0
        elif allowed:
            its.spare -= 1.0
        self._left[client] = its
        if len(self._left) > CLIENTS_MAX:
            self._left.popitem(last=False)
        return allowed


class Room:
    """How many memories an entity may still take; to within the batches that are under way."""

    def __init__(self, store: MemoryStore, memories_max: int) -> None:
        self._store = store
        self._max = memories_max
        self._counted: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._full: dict[tuple[str, str], float] = {}

    async def take(self, tenant: str, entity: str, wanted: int, now: float) -> int:
        """How many of the wanted may be stored; `now` in seconds that never jump.

        Counts anew before it says fewer: some may be forgotten. What makes room is seen within FULL_S.

        Raises:
            StoreError: they cannot be counted.
        """
        whose = tenant, entity
        count = self._counted.pop(whose, None)
        was_full = now - self._full.get(whose, float("-inf")) < FULL_S
        if count is None or (count + wanted > self._max and not was_full):
            count = await self._store.count(scoped(Scope(tenant, entity), EVERYTHING, None))
        taken = max(0, min(wanted, self._max - count))
        self._counted[whose] = count + taken
        if taken < wanted and not was_full:
            self._full[whose] = now
        if len(self._counted) > ENTITIES_MAX:
            self._full.pop(self._counted.popitem(last=False)[0], None)
        return taken
