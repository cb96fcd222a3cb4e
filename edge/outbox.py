"""What a device keeps until its receipt: a bounded outbox on disk, that takes whatever the disk does.

    with Outbox(folder) as outbox:
        outbox.put([observed("home7/kitchen", fields("the window is open"), clock.now())])  # now it is safe
        for entry in outbox.waiting(256, 65_536): …
        outbox.settle("home7/kitchen", [entry.id for entry in receipted])

Two durabilities. `power` (SQLite's synchronous=FULL): what `put` returned from is on disk, and survives a
power cut. `process` (NORMAL): it survives the death of every process; a power cut may take the last ones. A
failing disk is survived in RAM, within `volatile_max`: `Put.volatile` says so.

A fault of the disk changes nothing for the caller: what is to be written waits in `_Pending`, and every write
begins with it.
"""

import threading
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from edge.entry import Entry, bytes_of
from edge.moment import Boot
from edge.observed import size
from edge.outbox_disk import OutboxDisk
from edge.outbox_file import REFUSED_MAX, LaterLayout, OutboxFile, Refused
from edge.outbox_lock import OutboxTaken
from edge.outbox_room import Dropped, Room, tally
from edge.pacing import Priority

__all__ = ["Dropped", "Entry", "LaterLayout", "Outbox", "OutboxTaken", "Put", "Refused"]

BYTES_MAX = 64 * 1024 * 1024
"""Of the file; its log needs up to 8 MiB beside it."""
COUNT_MAX = 100_000
VOLATILE_MAX = 1_000
"""Entries in RAM while the disk is away."""
PUTS_PER_TRY = 32
"""While the disk is away, one put in so many tries it: a try with all that waits costs milliseconds."""

Durability = Literal["power", "process"]

_SYNCHRONOUS: dict[Durability, str] = {"power": "FULL", "process": "NORMAL"}


@dataclass(frozen=True, slots=True)
class Put:
    """What became of some entries, and what had to go."""

    volatile: int
    """So many of them are in RAM alone, because the disk is away; the others are as safe as was asked for."""
    dropped: tuple[Dropped, ...]
    """Since it was told last; may hold some of those that were put."""


@dataclass(slots=True)
class _Pending:
    """What is still to be written."""

    entries: dict[int, Entry] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    """Settled or refused, and still in the file."""
    tally: Counter[str] = field(default_factory=Counter)
    refused: deque[Refused] = field(default_factory=lambda: deque(maxlen=REFUSED_MAX))


@dataclass(frozen=True, slots=True)
class _But:
    """What is not wanted now."""

    numbers: Collection[int]
    entities: Collection[str]


class Outbox:
    """Entries that wait for their receipts. Safe to call from any thread."""

    def __init__(
        self,
        folder: Path,
        *,
        durability: Durability = "power",
        bytes_max: int = BYTES_MAX,
        count_max: int = COUNT_MAX,
        volatile_max: int = VOLATILE_MAX,
    ) -> None:
        """Opens the outbox in a device's folder, making both where there are none.

        Raises:
            OutboxTaken: another process has it open.
            LaterLayout: a later version made it.
            PermissionError, NotADirectoryError, FileExistsError: the folder cannot be ours.
        """
        self._room = Room(bytes_max, count_max, volatile_max)
        self._lock = threading.Lock()
        self._pending = _Pending()
        self._puts_since_try = 0
        self._n = 0
        self._untold: list[Dropped] = []
        self._refused: deque[Refused] = deque(maxlen=REFUSED_MAX)
        self._lasting: Counter[str] = Counter()
        """Counted over all starts."""
        self._fleeting: Counter[str] = Counter()
        """Counted since this one."""
        self._was_open = False
        self._disk = OutboxDisk(folder, synchronous=_SYNCHRONOUS[durability], opened=self._opened)
        self._disk.claim()

    def __enter__(self) -> Self:
        """Is open already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    @property
    def count(self) -> int:
        """Entries that wait, those in RAM included."""
        with self._lock:
            on_disk = 0 if self._disk.file is None else self._disk.file.count
            return on_disk + len(self._pending.entries) - len(self._pending.gone)

    @property
    def bytes(self) -> int:
        """What they take, about; while the disk is away, with what is settled and still on it."""
        with self._lock:
            on_disk = 0 if self._disk.file is None else self._disk.file.bytes
            return on_disk + sum(bytes_of(entry) for entry in self._pending.entries.values())

    @property
    def counts(self) -> Counter[str]:
        """`dropped_…`, `refused_…`, `broken` and `taken_over` over all starts; all else since this one."""
        with self._lock:
            return self._lasting + self._fleeting

    @property
    def refusals(self) -> list[Refused]:
        """The last that the memory refused, oldest first, each with what to change."""
        with self._lock:
            return list(self._refused)

    @property
    def trouble(self) -> str | None:
        """Why the disk is away, and what to do; None while it is there."""
        return self._disk.trouble

    @property
    def aside(self) -> Path | None:
        """The broken file that was put aside last, since this start."""
        return self._disk.aside

    def put(self, entries: Sequence[Entry]) -> Put:
        """Takes entries in, in one transaction: one wait for the disk. Never fails for the disk's sake."""
        with self._lock:
            first = self._n + 1
            for entry in entries:
                self._n += 1
                self._pending.entries[self._n] = replace(entry, n=self._n)
            self._fleeting["put"] += len(entries)
            self._puts_since_try += 1
            if self._disk.fault is None or self._puts_since_try >= PUTS_PER_TRY:
                self._save()
            self._bound_volatile()
            volatile = sum(n >= first for n in self._pending.entries)
            self._fleeting["volatile"] += volatile
            return Put(volatile, self._told())

    def save(self) -> Put:
        """Tries to write what is in RAM alone; to be called now and then while there is `trouble`."""
        with self._lock:
            self._save()
            return Put(len(self._pending.entries), self._told())

    def waiting(
        self, limit: int, bytes_max: int, except_for: Collection[int] = (), not_of: Collection[str] = ()
    ) -> list[Entry]:
        """The most urgent entries, without some numbers and entities: alarms, then normal, then low.

        Each oldest first; at most `limit`, and as many as say `bytes_max` bytes together, but one at least.
        """
        with self._lock:
            but = _But(except_for, not_of)
            chosen = self._disk.run(lambda file: self._choose(file, limit, bytes_max, but))
            return self._choose(None, limit, bytes_max, but) if chosen is None else chosen

    def settle(self, entity: str, ids: Iterable[str | int]) -> int:
        """Takes out what has a receipt; how many there were."""
        with self._lock:
            settled = len(self._take_out(entity, set(ids)))
            self._fleeting["settled"] += settled
            if settled:
                self._save()
            return settled

    def refused(self, refusals: Iterable[Refused]) -> int:
        """Takes out what never will be stored, and keeps why; how many there were."""
        with self._lock:
            known = [each for each in refusals if self._take_out(each.entity, {each.id})]
            for each in known:
                self._count_for_ever(f"refused_{each.reason}")
            self._refused.extend(known)
            self._pending.refused.extend(known)
            if known:
                self._save()
            return len(known)

    def date(self, boot: str, offset_s: float) -> int:
        """Dates what was put in a boot before its time of day was known; how many."""
        with self._lock:
            undated = [
                each for each in self._pending.entries.values() if each.boot == boot and each.at is None
            ]
            for entry in undated:
                self._pending.entries[entry.n] = replace(entry, at=entry.ticks_s + offset_s)
            return len(undated) + (self._disk.run(lambda file: file.date(boot, offset_s)) or 0)

    def undated(self, but: str) -> list[Boot]:
        """Boots, `but` one, of which something undated is left, oldest first: what a `Clock` estimates by."""
        with self._lock:
            return [each for each in self._disk.run(OutboxFile.undated) or [] if each.boot != but]

    def close(self) -> None:
        """Writes what is still to be written, if the disk takes it, and lets go."""
        with self._lock:
            if self._disk.file is not None:
                self._save()
            self._disk.close()

    def _opened(self, file: OutboxFile, taken_over: int | None) -> None:
        """Reads what is counted there, or writes it into a fresh file; numbers go on from what is there."""
        if self._was_open:
            self._pending.tally = Counter(self._lasting)
            self._pending.refused = self._refused.copy()
        else:
            self._was_open = True
            self._lasting.update(file.tally())
            self._refused.extendleft(reversed(file.refused()))
        if taken_over is not None:
            self._count_for_ever("broken")
            self._count_for_ever("taken_over", taken_over)
        # Those that came while there was no file were numbered as if it were empty.
        if self._pending.entries and min(self._pending.entries) <= file.n_max:
            renumbered = {n + file.n_max: each for n, each in self._pending.entries.items()}
            self._pending.entries = {n: replace(each, n=n) for n, each in renumbered.items()}
            self._n += file.n_max
        self._n = max(self._n, file.n_max)

    def _choose(self, file: OutboxFile | None, limit: int, bytes_max: int, but: _But) -> list[Entry]:
        chosen: list[Entry] = []
        in_all = 0
        for entry, said_bytes in self._most_urgent(file, but):
            in_all += said_bytes
            if len(chosen) == limit or (chosen and in_all > bytes_max):
                break
            chosen.append(entry)
        return chosen

    def _most_urgent(self, file: OutboxFile | None, but: _But) -> Iterator[tuple[Entry, int]]:
        def out(n: int) -> bool:
            return n in but.numbers or n in self._pending.gone

        for priority in Priority:
            if file is not None:
                yield from file.of_priority(priority, out, but.entities)
            # Whatever is in RAM alone came later.
            for n, entry in self._pending.entries.items():
                if entry.priority is priority and entry.entity not in but.entities and not out(n):
                    yield entry, size(entry.fields)

    def _take_out(self, entity: str, ids: AbstractSet[str | int]) -> list[int]:
        entries = self._pending.entries
        numbers = [n for n, each in entries.items() if each.entity == entity and each.id in ids]
        for n in numbers:
            del entries[n]
        found = self._disk.run(lambda file: file.find(entity, ids)) or []
        on_disk = [n for n in found if n not in self._pending.gone]
        self._pending.gone.update(on_disk)
        return numbers + on_disk

    def _save(self) -> None:
        """Writes all that is pending, or leaves it pending."""
        self._puts_since_try = 0
        dropped = self._disk.run(self._write, is_write=True)
        if dropped is None:
            return
        self._lasting.update(tally(dropped))
        self._untold.extend(dropped)
        self._pending = _Pending()

    def _write(self, file: OutboxFile) -> list[Dropped]:
        pending = self._pending
        # What was settled and comes again after a power cut is a duplicate, and no sync for each receipt.
        synced = bool(pending.entries or pending.refused or pending.tally)
        with file.writing(synced=synced):
            repeated = sum(not file.put(entry) for entry in pending.entries.values())
            file.remove(pending.gone)
            dropped = self._room.surplus(file.count, file.bytes, file.least_important())
            file.remove(each.entry.n for each in dropped)
            file.count_up(pending.tally + tally(dropped))
            file.keep_refused(pending.refused)
        self._fleeting["repeated"] += repeated
        return dropped

    def _bound_volatile(self) -> None:
        dropped = self._room.surplus_in_ram(list(self._pending.entries.values()))
        for each in dropped:
            del self._pending.entries[each.entry.n]
        self._lasting.update(tally(dropped))
        self._pending.tally.update(tally(dropped))
        self._untold.extend(dropped)

    def _told(self) -> tuple[Dropped, ...]:
        told, self._untold = tuple(self._untold), []
        return told

    def _count_for_ever(self, what: str, times: int = 1) -> None:
        self._lasting[what] += times
        self._pending.tally[what] += times
