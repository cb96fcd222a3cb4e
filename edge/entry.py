"""An observation that waits for its receipt, as the outbox keeps it. Pure."""

import zlib
from dataclasses import dataclass

import msgpack

from edge.moment import Moment
from edge.observed import Fields
from edge.observing import importance_of, new_id
from edge.pacing import Priority

OVERHEAD_BYTES = 160
"""What an entry costs the file beside what it says: columns, indexes, half-filled pages (measured)."""

Row = tuple[int, str | int, str, float, int, float | None, str, float, int, int, bytes]
COLUMNS = "n, id, entity, importance, urgency, at, boot, ticks_s, bytes, crc, fields"


class Torn(Exception):
    """A row does not say what was written into it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An observation in the outbox."""

    n: int
    """Its number there; 0: not there yet."""
    id: str | int
    entity: str
    importance: float
    at: float | None
    """Epoch seconds, where the device knew them."""
    boot: str
    ticks_s: float
    fields: Fields

    @property
    def moment(self) -> Moment:
        """When it was observed."""
        return Moment(self.at, self.boot, self.ticks_s)

    @property
    def priority(self) -> Priority:
        """Which goes first."""
        return Priority.of(self.importance)


def observed(entity: str, fields: Fields, moment: Moment) -> Entry:
    """What is to be put in the outbox; gets an id if it was given none."""
    if "i" not in fields:
        fields = {"i": new_id(), **fields}
    return Entry(
        0, fields["i"], entity, importance_of(fields), moment.at, moment.boot, moment.ticks_s, fields
    )


def to_row(entry: Entry) -> Row:
    """As the file keeps it."""
    packed: bytes = msgpack.packb(entry.fields)
    size = OVERHEAD_BYTES + len(entry.entity) + len(packed)
    return (
        entry.n, entry.id, entry.entity, entry.importance, int(entry.priority), entry.at, entry.boot,
        entry.ticks_s, size, _crc(entry.entity, entry.boot, packed), packed,
    )  # fmt: skip


def bytes_of(entry: Entry) -> int:
    """What it costs the file, about."""
    return to_row(entry)[8]


def from_row(row: Row) -> Entry:
    """As it was put.

    Raises:
        Torn: it is not.
    """
    n, id_, entity, importance, _, at, boot, ticks_s, _, crc, packed = row
    try:
        is_whole = _crc(entity, boot, packed) == crc
        fields = msgpack.unpackb(packed) if is_whole else None
    except (AttributeError, TypeError, ValueError):
        fields = None
    if not isinstance(fields, dict):
        raise Torn(f"entry {n} of the outbox is damaged")
    return Entry(n, id_, entity, importance, at, boot, ticks_s, fields)


def _crc(entity: str, boot: str, packed: bytes) -> int:
    return zlib.crc32(packed, zlib.crc32(f"{entity} {boot}".encode()))
