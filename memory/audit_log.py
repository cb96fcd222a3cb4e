"""Who observed, recalled, changed and forgot what, and when: ids, never texts. Append-only, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.records import Scope
from memory.sqlite_file import SqliteFile, execute_for_all
from schemas.identity import packed, unpacked
from schemas.replies import Did

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
        self._sqlite = SqliteFile(file, "the audit log", _SCHEMA)
        self._looking_back = SqliteFile(file, "the audit log", _SCHEMA)
        """One of its own: a long look back holds up no receipt."""

    def write(self, deeds: Sequence[Deed]) -> None:
        """Appends all of them, or none."""
        rows = [(d.at, d.tenant, d.entity, d.client, d.did, _packed(d.memories)) for d in deeds]
        with self._sqlite.writing() as connection:
            execute_for_all(
                connection,
                "INSERT INTO deeds (at, tenant, entity, client, did, memories) VALUES {rows}",
                rows,
            )

    def read(self, scope: Scope, since: float | None, until: float | None, limit: int) -> list[Deed]:
        """What was done about one entity (or it and all below), newest first."""
        entity = scope.entity
        # `/` is followed by `0` in ASCII: this range is every path that begins with the entity and a slash.
        below = (f"{entity}/", f"{entity}0") if scope.below else ("", "")
        with self._looking_back.reading() as connection:
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
        with self._sqlite.writing("pruned") as connection:
            done = connection.execute(
                "DELETE FROM deeds WHERE number IN"
                " (SELECT number FROM deeds WHERE at < ? ORDER BY at LIMIT ?)",
                (before, limit),
            )
            return done.rowcount

    def bytes_used(self) -> int:
        """Of the file; what was pruned is used again, and not counted."""
        return self._sqlite.bytes_used()

    def copy_to(self, file: Path) -> None:
        """A whole copy, while others go on writing."""
        self._sqlite.copy_to(file)

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        self._sqlite.close()
        self._looking_back.close()


def _packed(memories: Sequence[str]) -> bytes:
    return b"".join(map(packed, memories))


def _unpacked(told: bytes) -> list[str]:
    return [unpacked(told[start : start + _ID_BYTES]) for start in range(0, len(told), _ID_BYTES)]
