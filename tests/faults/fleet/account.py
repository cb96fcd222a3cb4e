"""What one device of a fleet observed, kept and dropped, as it said; and whether the memory has it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from edge.observing import IMPORTANCE_DEFAULT
from tests.faults.fleet.fates import KEPT, Fates
from tests.faults.fleet.world import AT_ONCE_MAX, FOREVER_S, REPEATED, Kind, Who

DROPPED = "dropped"
COMPARED = ("text", "value", "unit", "attribute", "kind")
"""Of an observation and its memory."""

Found = Mapping[str, Any]


class Account:
    """Of one device, over all its lives. Numbers are those of `Who.body`."""

    def __init__(self, who: Who) -> None:
        self.who = who
        self.begun: dict[int, dict[str, Any]] = {}
        """Handed to `observe`, which may not have returned."""
        self.fates: dict[int, str] = {}
        """What it said of each."""
        self.told: list[Any] = []
        """Ids of what it told to be dropped."""
        self.deaths = 0
        self.counts: Counter[str] = Counter()
        """At its end."""
        self.wrong: list[str] = []
        self._just_told: list[Any] = []
        """Since `observe` returned last."""
        self._ids: dict[int, Any] = {}
        self._expected: dict[int, str] = {}
        self._must: set[int] = set()
        """Held, and gone on when the device drained."""
        self._times: dict[int, int] = {}
        self._life = Fates(who.kind)

    @property
    def next(self) -> int:
        """The number of its next observation."""
        return len(self.begun)

    def begins(self, numbers: Sequence[int]) -> None:
        """It is about to observe these."""
        for n in numbers:
            self.begun[n] = self.who.body(n)
            self._expected[n] = self._life.of(n, self.begun[n])

    def says(self, noted: Sequence[tuple[int, Any, str]]) -> None:
        """`observe` returned: ids and fates."""
        for n, id_, fate in noted:
            self.fates[n], self._ids[n] = fate, id_
            may_drop = self.who.kind is Kind.TINY and fate == DROPPED
            if fate != self._expected[n] and not may_drop:
                self.wrong.append(f"entry {n} is {fate}, where its rules say {self._expected[n]}")
        self._of_policy([n for n, _, fate in noted if fate == KEPT])

    def tells(self, what: str, id_: Any, reason: str) -> None:
        """It told of one that will not be remembered."""
        if what != DROPPED:
            self.wrong.append(f"{id_!r} was {what}: {reason}")
        self.told.append(id_)
        self._just_told.append(id_)

    def dies(self) -> None:
        """It was killed: what was in its RAM alone is gone."""
        self.deaths += 1
        self._times |= self._life.times
        self._life = Fates(self.who.kind)

    def drains(self, *, drained: bool | None, waiting: int, counts: Mapping[str, int]) -> None:
        """It says whether all of it has its receipt; None: it has not the means for that yet."""
        self._must.update(self._life.released())
        self._times |= self._life.times
        self._life = Fates(self.who.kind)
        self.counts = Counter(counts)
        if drained is False or (drained and waiting):
            self.wrong.append(f"{waiting} observations have no receipt in the end: {counts}")

    def judge(self, found: Sequence[Found]) -> list[str]:
        """What is wrong, by all that the memory has of it; nothing if every promise was kept."""
        repeats = self.who.kind is Kind.REPEATING
        wrong = self._of_repeats(found) if repeats else self._of_each(found)
        return [f"{self.who.name} ({self.who.kind.name}): {each}" for each in (*self.wrong, *wrong)]

    def _of_policy(self, kept: Sequence[int]) -> None:
        """What goes matters no more than what stays."""
        gone = [n for n, id_ in self._ids.items() if id_ in self._just_told]
        self._just_told.clear()
        if gone and kept and max(map(self._importance, gone)) > min(map(self._importance, kept)):
            self.wrong.append(f"entries {gone} went, and of less importance stayed {kept}")

    def _importance(self, n: int) -> float:
        importance: float = self.begun[n].get("importance", IMPORTANCE_DEFAULT)
        return importance

    def _of_repeats(self, found: Sequence[Found]) -> list[str]:
        """All of them say the same, and are counted in one memory."""
        if any((each["text"], each["entity"]) != (REPEATED, self.who.entity) for each in found):
            return [f"never observed: {found}"]
        seen, kept = sum(each.get("seen", 1) for each in found), len(self._kept())
        if kept <= seen <= len(self.begun) and (self.deaths or seen == kept):
            return []
        return [f"{kept} were kept of {len(self.begun)}, and {seen} are counted"]

    def _of_each(self, found: Sequence[Found]) -> list[str]:
        times = Counter(each.get("seq") for each in found)
        wrong = [f"entry {n} is there {count} times" for n, count in times.items() if count > 1]
        wrong += [fault for each in found for fault in self._of_found(each)]
        missing = sorted((self._kept() | self._must) - times.keys())
        counted = sum(count for what, count in self.counts.items() if what.startswith("dropped_for_"))
        return wrong + self._of_drops(len(self.told), counted, missing)

    def _of_drops(self, told: int, counted: int, missing: Sequence[int]) -> list[str]:
        """A kill may fall between a drop and the word of it: then the count alone tells."""
        untold = counted - told
        if not 0 <= untold <= self.deaths * AT_ONCE_MAX:
            return [f"{told} drops were told, and {counted} counted, over {self.deaths} deaths"]
        if len(missing) > untold:
            return [
                f"entries {missing} were kept and are not there; {untold} drops were counted and not told"
            ]
        return []

    def _kept(self) -> set[int]:
        """Said to be kept, and never told to be dropped."""
        told = set(self.told)
        return {n for n, fate in self.fates.items() if fate == KEPT and self._ids[n] not in told}

    def _of_found(self, found: Found) -> list[str]:
        n = found.get("seq")
        if n not in self.begun:
            return [f"{dict(found)} was never observed"]
        body = dict(self.begun[n])
        if self._times.get(n, 1) > 1:
            body["text"] += f" ({self._times[n]} times within {FOREVER_S:g} s)"
        body = {key: body[key] for key in COMPARED if key in body}
        expected = {"entity": self.who.entity, "device": self.who.name, **body}
        if n in self._ids:
            expected["id"] = self._ids[n]
        differs = {key: found.get(key) for key, value in expected.items() if found.get(key) != value}
        if differs:
            return [f"entry {n} is {expected}, and remembered with {differs}"]
        fate = self.fates.get(n, self._expected[n])
        if fate != KEPT and n not in self._must:
            return [f"entry {n} was {fate}, and is there"]
        return []
