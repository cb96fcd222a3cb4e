"""What came for which portion since that was written down; pure but for what it remembers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from memory.portions import Arrivals, Portion, portions_of
from memory.records import Memory

KNOWN_MAX = 20_000
"""Portions whose memories are told at a glance: an hour of as many series."""
_HOUR_S = 3600

_Glance = tuple[str, str, str, str, str | None, str | None, bool, bool, int]


@dataclass(slots=True)
class _Came:
    """What came since the last taking that is alike at a glance."""

    example: Memory
    count: int
    oldest: float
    newest: float


class Arriving:
    """Counts what came, by the smallest portion it is in."""

    def __init__(self) -> None:
        self._came: dict[_Glance, _Came] = {}
        self._given_back: dict[Portion, Arrivals] = {}
        self._known: dict[_Glance, Portion | None] = {}

    def note(self, memories: Iterable[Memory], now: float) -> None:
        """Some memories came, or were said again."""
        for memory in memories:
            # All that `portions_of` looks at, in a fifth of its time: ten thousands a second come.
            glance = (
                memory.tenant, memory.entity, memory.device, memory.kind, memory.attribute, memory.session,
                memory.value is None, memory.expires is None, int(memory.at) // _HOUR_S,
            )  # fmt: skip
            if (came := self._came.get(glance)) is None:
                self._came[glance] = _Came(memory, 1, now, now)
            else:
                came.count += 1
                came.newest = now

    def take(self) -> dict[Portion, Arrivals]:
        """What came since the last taking."""
        taken, self._given_back = self._given_back, {}
        came, self._came = self._came, {}
        for glance, alike in came.items():
            if (portion := self._smallest(glance, alike.example)) is not None:
                _add(taken, portion, Arrivals(alike.count, alike.oldest, alike.newest))
        return taken

    def give_back(self, taken: Mapping[Portion, Arrivals]) -> None:
        """What could not be written down."""
        for portion, came in taken.items():
            _add(self._given_back, portion, came)

    def _smallest(self, glance: _Glance, memory: Memory) -> Portion | None:
        if glance not in self._known:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[glance] = next(iter(portions_of(memory)), None)
        return self._known[glance]


def _add(arrivals: dict[Portion, Arrivals], portion: Portion, came: Arrivals) -> None:
    before = arrivals.get(portion)
    if before is not None:
        came = Arrivals(
            before.count + came.count, min(before.oldest, came.oldest), max(before.newest, came.newest)
        )
    arrivals[portion] = came
