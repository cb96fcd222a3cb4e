"""Who observed, recalled, changed and forgot what, and when: ids, never texts. Append-only, in SQLite.

Several processes on one machine may have the file open. `synchronous=FULL`: what `write` returned from
survives a power cut.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from memory.errors import StoreError
from memory.records import Scope
from schemas.replies import Did

BUSY_S_MAX = 5.0
"""How long a write waits for another process's."""
_ID_BYTES = 16
_SCHEMA = """
CREATE TABLE IF NOT EXISTS deeds (
    number INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    tenant TEXT NOT NULL,
    entity TEXT NOT NULL,
    client TEXT NOT NULL,
    did TEXT NOT NULL,
    memories BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS deeds_of_an_entity ON deeds (tenant, entity, at);
CREATE INDEX IF NOT EXISTS deeds_in_time ON deeds (at);
CREATE TRIGGER IF NOT EXISTS deeds_never_change BEFORE UPDATE ON deeds
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a client did about one entity; `at` is epoch seconds."""

    at: float
    tenant: str
    entity: str
    client: str
    did: Did
    memories: Sequence[str] = ()


class AuditLog:
    """A file of deeds. Its methods block, and raise StoreError when the file cannot be used."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._read_lock = threading.Lock()
        self._read: sqlite3.Connection | None = None
        """One of its own: a long look back holds up no receipt."""

    def write(self, deeds: Sequence[Deed]) -> None:
        """Appends all of them, or none."""
        rows = [(d.at, d.tenant, d.entity, d.client, d.did, _packed(d.memories)) for d in deeds]
        with self._connection("written") as connection, connection:
            connection.executemany(
                "INSERT INTO deeds (at, tenant, entity, client, did, memories) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def read(self, scope: Scope, since: float | None, until: float | None, limit: int) -> list[Deed]:
        """What was done about one entity (or it and all below), newest first."""
        entity = scope.entity
        # `/` is followed by `0` in ASCII: this range is every path that begins with the entity and a slash.
        below = (f"{entity}/", f"{entity}0") if scope.below else ("", "")
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT at, tenant, entity, client, did, memories FROM deeds"
                " WHERE tenant = ? AND (entity = ? OR (entity >= ? AND entity < ?))"
                " AND at >= ? AND at <= ? ORDER BY at DESC, number DESC LIMIT ?",
                (
                    scope.tenant, entity, *below,
                    float("-inf") if since is None else since,
                    float("inf") if until is None else until,
                    limit,
                ),
            ).fetchall()  # fmt: skip
        return [
            Deed(at, tenant, path, client, did, _unpacked(memories))
            for at, tenant, path, client, did, memories in rows
        ]

    def prune(self, before: float, limit: int) -> int:
        """Drops the oldest deeds before an instant, at most `limit`; how many."""
        with self._connection("pruned") as connection, connection:
            done = connection.execute(
                "DELETE FROM deeds WHERE number IN"
                " (SELECT number FROM deeds WHERE at < ? ORDER BY at LIMIT ?)",
                (before, limit),
            )
            return done.rowcount

    def bytes_used(self) -> int:
        """Of the file; what was pruned is used again, and not counted."""
        with self._connection("measured") as connection:
            pages, free, size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)

    def copy_to(self, file: Path) -> None:
        """A whole copy, while others go on writing."""
        with self._connection("copied") as connection, sqlite3.connect(file) as copy:
            connection.backup(copy)
        copy.close()

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.close()
        with self._read_lock:
            read, self._read = self._read, None
            if read is not None:
                read.close()

    @contextmanager
    def _connection(self, doing: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._said(doing):
            if self._opened is None:
                self._opened = _open(self._file)
            yield self._opened

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock, self._said("read"):
            if self._read is None:
                self._read = _open(self._file)
            yield self._read

    @contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the audit log {self._file} cannot be {doing}: {error}",
                hint="check the disk's space and rights; if it is damaged, move it away",
            ) from error


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(file, timeout=BUSY_S_MAX, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _packed(memories: Sequence[str]) -> bytes:
    return b"".join(UUID(memory).bytes for memory in memories)


def _unpacked(packed: bytes) -> list[str]:
    starts = range(0, len(packed), _ID_BYTES)
    return [str(UUID(bytes=packed[start : start + _ID_BYTES])) for start in starts]
