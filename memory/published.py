"""What stands on retained topics, as far as is known, in SQLite: hashes alone, and when some of it expires.

It decides whether a digest is published again, and whether what was published may stay. Who publishes:

    stand → read the store, make the digest → begin → publish → settle

Whoever changes the topic or what the digest is made of meanwhile says so (`doubt`): then `begin` or `settle`
says no, and the digest is made anew. Between `begin` and `settle` the topic is in doubt, on disk: a process
that ends there leaves it `due`. A file that is lost costs one publication a topic, so no backup needs it; in
a backup it would speak of topics of another broker.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from memory.sqlite_file import SqliteFile, execute_for_all

_SCHEMA = """
CREATE TABLE IF NOT EXISTS topics (
    topic TEXT PRIMARY KEY,
    turn INTEGER NOT NULL,
    hash BLOB,
    expires REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS topics_in_doubt ON topics (topic) WHERE hash IS NULL;
CREATE INDEX IF NOT EXISTS topics_in_time ON topics (expires) WHERE expires IS NOT NULL;
"""
_HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Stand:
    """What stands on a topic."""

    turn: int
    """Another number after each change."""
    hash: bytes | None
    """None: in doubt."""


class Published:
    """A file. Its methods block, and raise StoreError when it cannot be used."""

    def __init__(self, file: Path) -> None:
        self._sqlite = SqliteFile(file, "the list of digests", _SCHEMA)

    def stand(self, topic: str) -> Stand:
        """What stands there. A topic that was never heard of is listed, so that it can be doubted."""
        with self._sqlite.writing() as connection:
            # A turn that no row of this topic had before: one that was emptied may come back meanwhile.
            connection.execute(
                "INSERT INTO topics (topic, turn) SELECT ?, random() / 2"
                " WHERE NOT EXISTS (SELECT 1 FROM topics WHERE topic = ?)",
                (topic, topic),
            )
            rows = connection.execute("SELECT turn, hash FROM topics WHERE topic = ?", (topic,))
            return Stand(*rows.fetchone())

    def begin(self, topic: str, stand: Stand) -> Stand | None:
        """Puts a topic in doubt, because it is published to now; None: another stand is there already."""
        with self._sqlite.writing() as connection:
            begun = connection.execute(
                "UPDATE topics SET turn = turn + 1, hash = NULL, expires = NULL WHERE topic = ? AND turn = ?",
                (topic, stand.turn),
            )
            return Stand(stand.turn + 1, None) if begun.rowcount else None

    def settle(self, topic: str, begun: Stand, payload: bytes, expires: float | None) -> bool:
        """What was published since `begin` stands; False: it was doubted since, and may not stay.

        `expires` is when some of it does, epoch seconds. Of an emptied topic nothing is kept.
        """
        whose = (topic, begun.turn)
        with self._sqlite.writing() as connection:
            if not payload:
                settled = connection.execute("DELETE FROM topics WHERE topic = ? AND turn = ?", whose)
            else:
                settled = connection.execute(
                    "UPDATE topics SET hash = ?, expires = ? WHERE topic = ? AND turn = ?",
                    (hash_of(payload), expires, *whose),
                )
            return bool(settled.rowcount)

    def doubt(self, topics: Iterable[str]) -> None:
        """What stands there was changed, or is no longer true."""
        with self._sqlite.writing() as connection:
            execute_for_all(
                connection,
                "UPDATE topics SET turn = turn + 1, hash = NULL, expires = NULL"
                " WHERE topic IN (VALUES {rows})",
                [(topic,) for topic in topics],
            )

    def doubt_all(self) -> None:
        """The broker may have lost what it retained."""
        with self._sqlite.writing() as connection:
            connection.execute("UPDATE topics SET turn = turn + 1, hash = NULL, expires = NULL")

    def due(self, now: float, limit: int) -> list[str]:
        """Topics in doubt, and those of which something has expired."""
        with self._sqlite.reading() as connection:
            rows = connection.execute(
                "SELECT topic FROM topics WHERE hash IS NULL"
                " UNION SELECT topic FROM topics WHERE expires <= ? LIMIT ?",
                (now, limit),
            )
            return [topic for (topic,) in rows]

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        self._sqlite.close()


def hash_of(payload: bytes) -> bytes:
    """What tells two payloads apart."""
    return blake2b(payload, digest_size=_HASH_BYTES).digest()
