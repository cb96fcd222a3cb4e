"""What an entity's digest says: as much as fits into a few bytes, the most worth first. Pure.

Each kind of entry is filled up to its share of the bytes, then with what the others left. Entries are whole.
What is stable and too long is left out, since half of a fact may say the contrary; of a gist too long its
first sentences are told. The same memories make the same bytes.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from memory.courses import Course, filled, largest
from memory.measured import Measured
from memory.one_line import one_line
from memory.portions import Span
from memory.profiling import stable, weight
from memory.records import Memory
from memory.states import newest
from schemas.digest import Digest, DigestState, Gist, Period, PeriodDigest, Series

FIELDS = {"fact": "facts", "preference": "preferences", "routine": "routines"}
"""Where a digest tells what is stable, by kind."""
STABLE_SHARE, STATE_SHARE = 0.5, 0.75
"""What is stable fills half before state has its turn, and both three quarters before gists have theirs."""
TEXTS_SHARE = 0.5
"""Texts fill half of a period's digest before its readings have their turn."""
TEXT_SHARE = 0.25
"""One that takes more leaves no room for others."""
_MEAN_DIGITS = 6
_DAY_S = 86_400
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?;])\s+")

AnyDigest = TypeVar("AnyDigest", Digest, PeriodDigest)


@dataclass(frozen=True, slots=True)
class Told(Generic[AnyDigest]):
    """A digest, and the memories that it tells."""

    digest: AnyDigest
    memories: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a digest says of one memory, and in which of its fields."""

    memory: Memory
    field: str
    said: Any


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
            (sorted(lasting, key=weight, reverse=True), _lasting, STABLE_SHARE),
            (sorted(changing, key=_liveliest), _state, STATE_SHARE),
            (newest(gists), _gist, 1.0),
        ],
        _digest,
        room,
    )


def of_period(
    period: Period, span: Span, summaries: Iterable[Memory], room: Room
) -> Told[PeriodDigest] | None:
    """What a period was, of its summaries; None where there is nothing."""
    ordered = newest(summaries)
    texts = [memory for memory in ordered if memory.measured is None]
    measured = [memory for memory in ordered if memory.measured is not None]

    def write(entries: Sequence[_Entry], *, more: bool) -> PeriodDigest:
        return PeriodDigest(
            period=period, since=int(span.start), until=int(span.end), more=more or None, **_lists(entries)
        )

    by_attribute = sorted(measured, key=lambda memory: (memory.attribute or "", memory.device))
    return _told([(texts, _gist, TEXTS_SHARE), (by_attribute, _series, 1.0)], write, room)


def _told(
    courses: Sequence[tuple[Sequence[Memory], Callable[[Memory, int], _Entry | None], float]],
    write: Callable[..., AnyDigest],
    room: Room,
) -> Told[AnyDigest] | None:
    """Memories, how each is said (None: too long), and their share; as a digest that fits."""
    count = sum(len(memories) for memories, _, _ in courses)
    if not count:
        return None
    said = [
        Course([entry for memory in memories if (entry := say(memory, room.text_bytes_max))], share)
        for memories, say, share in courses
    ]
    entries = filled(said, lambda entries: room.size(write(entries, more=True)), room.bytes_max)
    return Told(write(entries, more=len(entries) < count), tuple(entry.memory for entry in entries))


def _digest(entries: Sequence[_Entry], *, more: bool) -> Digest:
    lists = _lists(entries)
    if states := lists.pop("state", None):
        lists["state"] = dict(sorted(states))
    at = max((int(entry.memory.at) for entry in entries), default=0)
    return Digest(at=at, more=more or None, **lists)


def _lists(entries: Sequence[_Entry]) -> dict[str, Any]:
    lists: dict[str, Any] = {}
    for entry in entries:
        lists.setdefault(entry.field, []).append(entry.said)
    return lists


def _lasting(memory: Memory, bytes_max: int) -> _Entry | None:
    text = one_line(memory.text)
    return _Entry(memory, FIELDS[memory.kind], text) if _is_short(text, bytes_max) else None


def _state(memory: Memory, bytes_max: int) -> _Entry | None:
    # Where the readings are gone, their summary still knows the last of them.
    value = memory.value if memory.measured is None else memory.measured.last
    text = one_line(memory.text) if value is None else None
    if not _is_short(str(value) if text is None else text, bytes_max):
        return None
    state = DigestState(value=value, unit=memory.unit, at=int(memory.at), text=text)
    return _Entry(memory, "state", (memory.attribute, state))


def _gist(memory: Memory, bytes_max: int) -> _Entry | None:
    text = _first_sentences(one_line(memory.text), bytes_max)
    if not text:
        return None
    return _Entry(memory, "gists", Gist(text=text, at=int(memory.at), session=memory.session))


def _series(memory: Memory, bytes_max: int) -> _Entry | None:
    measured = memory.measured
    if measured is None or not _is_short(str(measured.last), bytes_max):
        return None
    mean = None if measured.mean is None else float(f"{measured.mean:.{_MEAN_DIGITS}g}")
    said = Series(
        attribute=memory.attribute, device=memory.device, unit=memory.unit, count=measured.count,
        min=measured.min, max=measured.max, mean=mean, last=measured.last, trend=measured.trend,
        held=_held(measured, bytes_max),
    )  # fmt: skip
    return _Entry(memory, "readings", said)


def _held(measured: Measured, bytes_max: int) -> dict[str, int] | None:
    """Each value by how long it held; the rest together is not told."""
    told = {
        (str(each.value).lower() if isinstance(each.value, bool) else each.value): round(each.held_s)
        for each in measured.values
        if each.value is not None and _is_short(str(each.value), bytes_max)
    }
    return told or None


def _liveliest(memory: Memory) -> tuple[int, str]:
    """Attributes that were reported on a later day first, of one day by name: so few change places."""
    return -int(memory.at // _DAY_S), str(memory.attribute)


def _first_sentences(text: str, bytes_max: int) -> str:
    """As many as fit; empty: not even one does."""
    ends = [0, *(between.start() for between in _BETWEEN_SENTENCES.finditer(text)), len(text)]
    most = largest(0, len(ends) - 1, lambda count: _is_short(text[: ends[count]], bytes_max))
    return text[: ends[most]]


def _is_short(text: str, bytes_max: int) -> bool:
    return len(text.encode()) <= bytes_max
