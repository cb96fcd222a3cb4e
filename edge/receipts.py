"""What the memory says became of observations: read, row by row, as if a stranger had written it. Pure.

No pydantic: a device that only observes has no room. A row that cannot be read must neither take out what it
does not name nor keep the device from reading the next.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgpack

from schemas.limits import INTEGER_MAX, INTEGER_MIN

_TAKEN: Final = frozenset({"stored", "duplicate", "merged"})
"""Any other status is of a later version, and promises us nothing."""
REASON_CHARACTERS_MAX: Final = 64
"""Reasons are counted for ever, so each is short;"""
HINT_CHARACTERS_MAX: Final = 1000
"""and the last hundred hints are kept on disk."""


class Unreadable(ValueError):
    """No message of receipts."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused observation or, without an id, a whole message."""

    id: int | str | None
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a message of receipts says."""

    taken: tuple[int | str, ...]
    refused: tuple[Refusal, ...]
    time: Any
    """The memory's, if it was asked; whoever learns it looks what it is."""
    unreadable: int
    """Rows."""


def read(payload: bytes) -> Told:
    """The rows that can be read.

    Raises:
        Unreadable: it holds none at all.
    """
    try:
        said = msgpack.unpackb(payload)
    except ValueError as wrong:
        raise Unreadable(f"no msgpack: {wrong}") from None
    rows = said.get("rs") if isinstance(said, dict) else None
    if not isinstance(rows, list):
        raise Unreadable("no map with a list of receipts")
    taken, refused = [], []
    for row in rows:
        match row:
            case {"i": int() | str() as id_, "s": str() as status} if status in _TAKEN and _is_id(id_):
                taken.append(id_)
            case {"s": "refused"} if row.get("i") is None or _is_id(row["i"]):
                refused.append(_refusal(row))
    unreadable = len(rows) - len(taken) - len(refused)
    return Told(tuple(taken), tuple(refused), said.get("n"), unreadable)


def _is_id(said: object) -> bool:
    """Not `True`, which is 1 to a dict and to SQLite; nor what SQLite cannot hold."""
    if isinstance(said, int):
        return not isinstance(said, bool) and INTEGER_MIN <= said <= INTEGER_MAX
    return isinstance(said, str)


def _refusal(row: dict[str, Any]) -> Refusal:
    reason, hint = row.get("r"), row.get("h")
    return Refusal(
        row.get("i"),
        reason[:REASON_CHARACTERS_MAX] if isinstance(reason, str) else "unknown",
        hint[:HINT_CHARACTERS_MAX] if isinstance(hint, str) else "",
    )
