"""What was observed in the house, in the order it is made up; marks say what each was, for questions."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.home.days import NOW

HOME = "home7"


@dataclass(frozen=True, slots=True)
class Entry:
    """One observation: by whom, of whom, and what; `mark` is ours, and is not published."""

    id: str
    device: str
    entity: str
    at: float
    mark: str
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        """What was read, or None."""
        return self.said.get("value")

    @property
    def attribute(self) -> str | None:
        """What the value is of."""
        return self.said.get("attribute")

    def as_map(self) -> dict[str, Any]:
        """As it stands in the data file: whose, and what is published."""
        observation = {"id": self.id, "at": self.at, **self.said}
        return {"entity": self.entity, "device": self.device, "observation": observation}


class Diary:
    """All entries of a seed, and the chance that makes them up."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.entries: list[Entry] = []
        self._numbers = count(1)

    def note(
        self,
        device: str,
        place: str,
        at: float,
        mark: str,
        texts: str | Sequence[str] | None = None,
        **said: Any,
    ) -> Entry | None:
        """Writes an entry down, in one of several wordings; after the evening of asking, nothing is known."""
        if at > NOW:
            return None
        if texts is not None:
            said["text"] = texts if isinstance(texts, str) else self.chance.choice(texts)
        entity = f"{HOME}/{place}" if place else HOME
        entry = Entry(f"{device}-{next(self._numbers)}", device, entity, at, mark, said)
        self.entries.append(entry)
        return entry

    def of(self, mark: str, since: float = 0.0, until: float = NOW) -> list[Entry]:
        """The entries of a mark within a time (both ends included), oldest first."""
        found = (each for each in self.entries if each.mark == mark and since <= each.at <= until)
        return sorted(found, key=lambda each: each.at)

    def series(self, place: str, attribute: str, since: float = 0.0, until: float = NOW) -> list[Entry]:
        """What was measured of an attribute in a place, oldest first."""
        entity = f"{HOME}/{place}"
        found = (each for each in self.entries if each.entity == entity and each.attribute == attribute)
        return sorted((each for each in found if since <= each.at <= until), key=lambda each: each.at)
