"""What an entity's digest says: as much as fits into a few bytes, the most worth first. Pure.

Entries are whole. Each kind of them is filled up to its share of the bytes, then with what the others left.
The same memories make the same bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from memory import digest_entries
from memory.courses import Course, Size, filled
from memory.digest_entries import FIELDS, Entry
from memory.portions import Span
from memory.profiling import stable, weight
from memory.records import Memory
from memory.statements import Was, changes
from memory.states import newest
from schemas.digest import Digest, Period, PeriodDigest

STABLE_SHARE, STATE_SHARE = 0.5, 0.75
"""What is stable fills half before state has its turn, and both three quarters before gists have theirs."""
TEXTS_SHARE = 0.5
"""Texts fill half of a period's digest before its readings have their turn."""
TEXT_SHARE = 0.25
"""One that takes more leaves no room for others."""
_DAY_S = 86_400

AnyDigest = TypeVar("AnyDigest", Digest, PeriodDigest)


@dataclass(frozen=True, slots=True)
class Told(Generic[AnyDigest]):
    """A digest, and the memories that it tells."""

    digest: AnyDigest
    memories: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """How large a digest may be."""

    bytes_max: int
    size: Callable[[Digest | PeriodDigest], int]
    """Its bytes as it will be sent."""

    @property
    def text_bytes_max(self) -> int:
        """Of one text."""
        return int(self.bytes_max * TEXT_SHARE)


def latest(
    known: Mapping[str, Sequence[Memory]], states: Iterable[Memory], gists: Iterable[Memory], room: Room
) -> Told[Digest] | None:
    """What is to be known now; None where there is nothing.

    `known`: memories by kind (FIELDS), `states`: the newest of each attribute, `gists`: summaries of texts.
    """
    lasting = [memory for kind in FIELDS for memory in stable(known.get(kind, ()))]
    changing = [memory for memory in states if memory.kind not in FIELDS]
    return _told(
        [
            (sorted(lasting, key=weight, reverse=True), digest_entries.lasting, STABLE_SHARE),
            (sorted(changing, key=_liveliest), digest_entries.state, STATE_SHARE),
            (newest(gists), digest_entries.gist, 1.0),
        ],
        _digest,
        room,
        {id_: was for kind in FIELDS for id_, was in changes(known.get(kind, ())).items()},
    )


def of_period(
    period: Period, span: Span, summaries: Iterable[Memory], room: Room
) -> Told[PeriodDigest] | None:
    """What a period was, of its summaries; None where there is nothing."""
    ordered = newest(summaries)
    texts = [memory for memory in ordered if memory.measured is None]
    measured = [memory for memory in ordered if memory.measured is not None]

    def write(entries: Sequence[Entry], *, more: bool) -> PeriodDigest:
        return PeriodDigest(
            period=period, since=int(span.start), until=int(span.end), more=more or None, **_lists(entries)
        )

    by_attribute = sorted(measured, key=lambda memory: (memory.attribute or "", memory.device))
    return _told(
        [(texts, digest_entries.gist, TEXTS_SHARE), (by_attribute, digest_entries.series, 1.0)], write, room
    )


def _told(
    courses: Sequence[tuple[Sequence[Memory], Callable[[Memory, int], Entry | None], float]],
    write: Callable[..., AnyDigest],
    room: Room,
    before: Mapping[str, Was] = MappingProxyType({}),
) -> Told[AnyDigest] | None:
    """Memories, how each is said (None: too long), and their share; as a digest that fits.

    `before` says what some of them were before, which is told where all else leaves room.
    """
    count = sum(len(memories) for memories, _, _ in courses)
    if not count:
        return None
    said = [
        Course([entry for memory in memories if (entry := say(memory, room.text_bytes_max))], share)
        for memories, say, share in courses
    ]

    def size(entries: Sequence[Entry]) -> int:
        return room.size(write(entries, more=True))

    entries = filled(said, size, room.bytes_max)
    told = _with_past(entries, before, size, room)
    memories = tuple(memory for entry in told for memory in entry.memories)
    return Told(write(told, more=len(told) < count), memories)


def _with_past(
    entries: Sequence[Entry], before: Mapping[str, Was], size: Size[Entry], room: Room
) -> list[Entry]:
    """With what was before, of as many as there is room for, the first first."""
    told = list(entries)
    for place, entry in enumerate(entries):
        was = before.get(entry.memory.id)
        longer = was and digest_entries.changed(entry, was, room.text_bytes_max)
        if longer and size([*told[:place], longer, *told[place + 1 :]]) <= room.bytes_max:
            told[place] = longer
    return told


def _digest(entries: Sequence[Entry], *, more: bool) -> Digest:
    lists = _lists(entries)
    if states := lists.pop("state", None):
        lists["state"] = dict(sorted(states))
    at = max((int(entry.memory.at) for entry in entries), default=0)
    return Digest(at=at, more=more or None, **lists)


def _lists(entries: Sequence[Entry]) -> dict[str, Any]:
    lists: dict[str, Any] = {}
    for entry in entries:
        lists.setdefault(entry.field, []).append(entry.said)
    return lists


def _liveliest(memory: Memory) -> tuple[int, str]:
    """Attributes that were reported on a later day first, of one day by name: so few change places."""
    return -int(memory.at // _DAY_S), str(memory.attribute)
