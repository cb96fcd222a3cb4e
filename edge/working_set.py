"""What a device itself said and saw last, in RAM: its memory while nobody answers. Its owner locks it."""

from collections import deque
from dataclasses import dataclass

from edge.observed import Fields, size
from edge.scopes import overlap, root

COUNT_MAX = 200
"""Of one entity: a long visit, or some hours of a room's sensors."""
BYTES_MAX = 256 * 1024
"""Of all entities together, as they would be sent: a gateway may speak of hundreds."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One observation that this device made, or saw made."""

    entity: str
    fields: Fields
    at: float | None
    """Epoch seconds; None: the device does not know the time yet."""


@dataclass(frozen=True, slots=True)
class _Held:
    n: int
    size: int
    noted: Noted


class WorkingSet:
    """The last observations of each entity; one entity's are never another's to see."""

    def __init__(self, *, count_max: int = COUNT_MAX, bytes_max: int = BYTES_MAX) -> None:
        """`count_max` is of each entity, `bytes_max` of all together."""
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._held: dict[str, deque[_Held]] = {}
        self._n = 0
        self.bytes = 0

    def note(self, entity: str, fields: Fields, at: float | None) -> None:
        """Remembers an observation, and lets go of the oldest where there is no room."""
        self._n += 1
        held = _Held(self._n, size(fields), Noted(entity, fields, at))
        self._held.setdefault(entity, deque()).append(held)
        self.bytes += held.size
        if len(self._held[entity]) > self._count_max:
            self._let_go(entity)
        while self.bytes > self._bytes_max:
            self._let_go(min(self._held, key=lambda each: self._held[each][0].n))

    def of(self, path: str) -> tuple[Noted, ...]:
        """What is remembered of this entity alone or, with `/_all`, of it and all below; oldest first."""
        if path in self._held or path == root(path):
            return tuple(held.noted for held in self._held.get(path, ()))
        among = (held for entity, several in self._held.items() if overlap(path, entity) for held in several)
        return tuple(held.noted for held in sorted(among, key=lambda held: held.n))

    def drop(self, entity: str) -> None:
        """Forgets all of an entity: its turn is over, or its owner asked for it."""
        self.bytes -= sum(held.size for held in self._held.pop(entity, ()))

    def _let_go(self, entity: str) -> None:
        self.bytes -= self._held[entity].popleft().size
        if not self._held[entity]:
            del self._held[entity]
