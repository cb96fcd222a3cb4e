"""What the memory told last, on the device's disk: digests and answers, as they came, each entity's apart.

Whoever asks names whose: nothing here can be read without an entity. A cache, no store: it may be lost whole.
"""

import sqlite3
from collections import Counter
from pathlib import Path

from edge.cache_file import CacheFile
from edge.kept import DIGEST, Kept
from edge.scopes import overlap

BYTES_MAX = 1024 * 1024
"""Of payloads, with ROW_BYTES for each."""
ANSWERS_MAX = 200
AGE_S_MAX = 30 * 86_400.0
"""What is older misleads more than it tells."""
ROW_BYTES = 128
"""About what a row costs beside its payload: so many small ones are bounded, too."""


_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
    tenant TEXT NOT NULL, entity TEXT NOT NULL, op TEXT NOT NULL, key BLOB NOT NULL,
    payload BLOB NOT NULL, at REAL NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (tenant, entity, op, key)
)"""
_NEXT = "(SELECT coalesce(max(used), 0) + 1 FROM kept)"
_TOO_MANY = f"""
DELETE FROM kept WHERE rowid IN (
    SELECT rowid FROM (
        SELECT rowid, sum(length(payload) + {ROW_BYTES}) OVER newest AS bytes,
               op <> '{DIGEST}' AND sum(op <> '{DIGEST}') OVER newest > :answers AS is_beyond
        FROM kept WINDOW newest AS (ORDER BY used DESC)
    ) WHERE bytes > :bytes OR is_beyond
)"""  # noqa: S608 - our own constants


class Cache:
    """Of one tenant. Times come in as epoch seconds; a device whose clock is behind keeps what it has."""

    def __init__(
        self,
        file: Path,
        tenant: str,
        *,
        bytes_max: int = BYTES_MAX,
        answers_max: int = ANSWERS_MAX,
        age_s_max: float = AGE_S_MAX,
    ) -> None:
        """The least recently used goes first, of whichever entity."""
        self._file = CacheFile(file, _SCHEMA, _VERSION)
        self._tenant = tenant
        self._bounds = {"bytes": bytes_max, "answers": answers_max}
        self._age_s_max = age_s_max

    @property
    def counts(self) -> Counter[str]:
        """What became of the file, and `too_large`: payloads beyond the bound."""
        return self._file.counts

    def keep_digest(self, entity: str, payload: bytes, now: float) -> None:
        """The entity's latest digest. An empty one says that something was forgotten: all goes."""
        if payload:
            self._keep(entity, Kept(DIGEST, payload, now), b"")
        else:
            self.forget(entity)

    def digest(self, entity: str, now: float) -> Kept | None:
        """The entity's latest digest, if it came."""
        return self._one(entity, DIGEST, b"", now)

    def keep_answer(self, entity: str, op: str, key: bytes, payload: bytes, now: float) -> None:
        """An answer as it came; `entity` as it was asked about, `_all` included, `key` by `answer_key`."""
        self._keep(entity, Kept(op, payload, now), key)

    def answer(self, entity: str, op: str, key: bytes, now: float) -> Kept | None:
        """The last answer to the very same question."""
        return self._one(entity, op, key, now)

    def answers(self, entity: str, now: float) -> list[Kept]:
        """All answers of an entity, newest first."""
        found = "SELECT op, payload, at FROM kept WHERE tenant = ? AND entity = ? AND op <> ? AND at >= ?"
        asked = (self._tenant, entity, DIGEST, now - self._age_s_max)
        rows: list[tuple[str, bytes, float]] = self._file.run(
            lambda kept: kept.execute(f"{found} ORDER BY at DESC, used DESC", asked).fetchall(), []
        )
        return [Kept(*row) for row in rows]

    def forget(self, entity: str) -> None:
        """All that was told of an entity, on the disk, too: also what was asked about those above it.

        Raises:
            NotErased: the disk does not let it; the message says what to delete.
        """

        def work(kept: sqlite3.Connection) -> None:
            rows = kept.execute("SELECT rowid, entity FROM kept WHERE tenant = ?", (self._tenant,)).fetchall()
            about = [(row,) for row, whose in rows if overlap(whose, entity)]
            kept.executemany("DELETE FROM kept WHERE rowid = ?", about)

        self._file.erase(work)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        self._file.close()

    def _keep(self, entity: str, told: Kept, key: bytes) -> None:
        if len(told.payload) + ROW_BYTES > self._bounds["bytes"]:
            self._file.counts["too_large"] += 1
            return

        def work(kept: sqlite3.Connection) -> None:
            kept.execute("DELETE FROM kept WHERE at < ?", (told.at - self._age_s_max,))
            row = (self._tenant, entity, told.op, key, told.payload, told.at)
            kept.execute(f"REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, {_NEXT})", row)  # noqa: S608
            kept.execute(_TOO_MANY, self._bounds)

        self._file.run(work, None)

    def _one(self, entity: str, op: str, key: bytes, now: float) -> Kept | None:
        which = "tenant = ? AND entity = ? AND op = ? AND key = ? AND at >= ?"
        asked = (self._tenant, entity, op, key, now - self._age_s_max)

        found = f"SELECT op, payload, at FROM kept WHERE {which}"  # noqa: S608
        row = self._file.run(lambda kept: kept.execute(found, asked).fetchone(), None)
        if row is None:
            return None
        # Apart from reading, for a full disk refuses to write alone.
        used = f"UPDATE kept SET used = {_NEXT} WHERE {which}"  # noqa: S608
        self._file.run(lambda kept: kept.execute(used, asked), None)
        return Kept(*row)
