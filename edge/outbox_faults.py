"""Which faults of the outbox's file pass by themselves, and which need a fresh file. Pure."""

import sqlite3

from edge.entry import Torn

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_AWAY = {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOLFS,
}  # fmt: skip


def is_broken(fault: Exception) -> bool:
    """Whether the file is damaged: only a fresh one helps."""
    return isinstance(fault, Torn) or (isinstance(fault, sqlite3.Error) and _code(fault) in _BROKEN)


def is_away(fault: Exception) -> bool:
    """Whether the disk is full, read-only or failing: it may come back."""
    return isinstance(fault, OSError) or (isinstance(fault, sqlite3.Error) and _code(fault) in _AWAY)


def _code(fault: sqlite3.Error) -> int | None:
    code: int | None = getattr(fault, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF
    # Python's own, of text that is no UTF-8: it was when it was written.
    return sqlite3.SQLITE_CORRUPT if isinstance(fault, sqlite3.OperationalError) else None
