"""What came for which portion since that was written down; pure but for what it remembers."""

from collections.abc import Iterable, Mapping

from memory.portions import Arrivals, Portion, portions_of
from memory.records import Memory

KNOWN_MAX = 20_000
"""Portions whose memories are told at a glance: an hour of as many series."""
_HOUR_S = 3600

_Glance = tuple[str, str, str, str, str | None, str | None, bool, bool, int]


class Arriving:
    """Counts what came, by the smallest portion it is in."""

    def __init__(self) -> None:
        self._arrivals: dict[Portion, Arrivals] = {}
        self._known: dict[_Glance, Portion | None] = {}

    def note(self, memories: Iterable[Memory], now: float) -> None:
        """Some memories came, or were said again."""
        for memory in memories:
            if (portion := self._smallest(memory)) is not None:
                _add(self._arrivals, portion, Arrivals(1, now, now))

    def take(self) -> dict[Portion, Arrivals]:
        """What came since the last taking."""
        taken, self._arrivals = self._arrivals, {}
        return taken

    def give_back(self, taken: Mapping[Portion, Arrivals]) -> None:
        """What could not be written down."""
        for portion, came in taken.items():
            _add(self._arrivals, portion, came)

    def _smallest(self, memory: Memory) -> Portion | None:
        """As `portions_of`, at a glance: ten thousands a second ask."""
        glance = (
            memory.tenant, memory.entity, memory.device, memory.kind, memory.attribute, memory.session,
            memory.value is None, memory.expires is None, int(memory.at) // _HOUR_S,
        )  # fmt: skip
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
