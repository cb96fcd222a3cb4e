"""The write half: observe → check → shape → coalesce → outbox. From any thread, one at a time."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from edge.clock import Clock
from edge.coalescing import Coalescer
from edge.entry import Entry, observed
from edge.observed import Fields
from edge.outbox import Outbox, Put
from edge.shaping import Shaper, Verdict
from edge.working_set import Noted as Own
from edge.working_set import WorkingSet


class Fate(Enum):
    """What became of an observation when `observe` returned."""

    KEPT = "kept"
    """In the outbox: it is sent until the memory has it."""
    IN_RAM = "in_ram"
    """The disk does not take it; it is written when it does, and sent in any case."""
    HELD = "held"
    """In RAM: it waits to be made into one with others, or for its time, as a rule says."""
    UNCHANGED = "unchanged"
    """A rule says that it tells nothing new."""
    DROPPED = "dropped"
    """The outbox is full of what matters more."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One observation, and what became of it."""

    id: int | str
    fate: Fate


class Notes:
    """Takes observations; what rules held back comes with `release`."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        shaper: Shaper[Entry],
        coalescer: Coalescer[Entry],
        working_set: WorkingSet,
        *,
        put: Callable[[Put], None],
    ) -> None:
        """`put` hears of each write into the outbox, in the thread that observed."""
        self._outbox = outbox
        self._clock = clock
        self._shaper = shaper
        self._coalescer = coalescer
        self._working_set = working_set
        self._told = put
        self._lock = threading.Lock()

    def note(self, entity: str, several: Iterable[Fields]) -> list[Noted]:
        """Takes observations of one entity, as `observing.fields` made them; all of them in one write."""
        with self._lock:
            moment = self._clock.now()
            entries = [observed(entity, fields, moment) for fields in several]
            fates: dict[int | str, Fate] = {}
            going: list[Entry] = []
            for entry in entries:
                self._working_set.note(entity, entry.fields, entry.at)
                verdict = self._shaper.pass_on(entry, moment.ticks_s)
                fates[entry.id] = Fate.UNCHANGED if verdict is Verdict.UNCHANGED else Fate.HELD
                if verdict is Verdict.SEND:
                    going += self._coalescer.take(entry, moment.ticks_s)
            fates |= self._keep(going)
        return [Noted(entry.id, fates[entry.id]) for entry in entries]

    def release(self, *, everything: bool = False) -> float | None:
        """Keeps what was held and is due, or all of it; returns when there is more, in ticks."""
        with self._lock:
            now_s = self._clock.now().ticks_s
            waited = self._shaper.flush(now_s) if everything else self._shaper.due(now_s)
            going = [one for entry in waited for one in self._coalescer.take(entry, now_s)]
            going += self._coalescer.flush() if everything else self._coalescer.due(now_s)
            self._keep(going)
            moments = (self._shaper.due_next_s, self._coalescer.due_next_s)
            return min((each for each in moments if each is not None), default=None)

    def known_of(self, entity: str) -> tuple[Own, ...]:
        """What this device observed of an entity itself, oldest first."""
        with self._lock:
            return self._working_set.of(entity)

    def drop(self, entity: str) -> None:
        """Forgets, here, what was observed of an entity; what has no receipt is sent all the same."""
        with self._lock:
            self._working_set.drop(entity)

    def _keep(self, going: Sequence[Entry]) -> dict[int | str, Fate]:
        if not going:
            return {}
        put = self._outbox.put(going)
        self._told(put)
        fate = Fate.IN_RAM if put.volatile else Fate.KEPT
        dropped = {(each.entry.entity, each.entry.id) for each in put.dropped}
        return {each.id: Fate.DROPPED if (each.entity, each.id) in dropped else fate for each in going}
