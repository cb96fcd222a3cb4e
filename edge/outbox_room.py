"""What has to go when an outbox is full: the oldest of the least important. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from edge.entry import Entry
from edge.observed import size

Reason = Literal["count", "bytes", "volatile"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry that had to go."""

    entry: Entry
    reason: Reason
    """Which bound: of entries, of bytes, or of entries in RAM."""


@dataclass(frozen=True, slots=True)
class Room:
    """An outbox's bounds."""

    bytes_max: int
    count_max: int
    volatile_max: int

    def over(self, count: int, size_bytes: int) -> Reason | None:
        """Which bound of the file is passed."""
        if count > self.count_max:
            return "count"
        return "bytes" if size_bytes > self.bytes_max else None

    def surplus(
        self, count: int, size_bytes: int, least_important: Iterable[tuple[Entry, int]]
    ) -> list[Dropped]:
        """What goes of a file; its entries, each with its bytes, are looked at only where some must go."""
        dropped: list[Dropped] = []
        if self.over(count, size_bytes) is None:
            return dropped
        for entry, weight in least_important:
            reason = self.over(count, size_bytes)
            if reason is None:
                break
            dropped.append(Dropped(entry, reason))
            count, size_bytes = count - 1, size_bytes - weight
        return dropped

    def surplus_in_ram(self, entries: Sequence[Entry]) -> list[Dropped]:
        """What goes of those that wait in RAM."""
        surplus = len(entries) - self.volatile_max
        if surplus <= 0:
            return []
        least = sorted(entries, key=lambda entry: (entry.importance, entry.n))[:surplus]
        return [Dropped(entry, "volatile") for entry in least]


def tally(dropped: Iterable[Dropped]) -> Counter[str]:
    """How many went, by bound, and how many bytes they said."""
    counted: Counter[str] = Counter()
    for each in dropped:
        counted[f"dropped_for_{each.reason}"] += 1
        counted["dropped_bytes"] += size(each.entry.fields)
    return counted
