"""The outbox on disk: one SQLite file with a write-ahead log, and what is in it.

One process alone has it open (`outbox_lock`), so SQLite need not share its index of the log: no `-shm` file.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from edge.entry import COLUMNS, Entry, Torn, from_row, to_row
from edge.moment import Boot
from edge.pacing import Priority

LAYOUT = 1
CACHE_KIB = 256
"""SQLite's own memory: a device has little, and the outbox is read from one end."""
REFUSED_MAX = 100
"""Refusals that are kept for somebody to look at."""

_SCHEMA = f"""
BEGIN;
CREATE TABLE entries (n INTEGER PRIMARY KEY, id NOT NULL, entity TEXT NOT NULL, importance REAL NOT NULL,
  urgency INTEGER NOT NULL, at REAL, boot TEXT NOT NULL, ticks_s REAL NOT NULL, bytes INTEGER NOT NULL,
  crc INTEGER NOT NULL, fields BLOB NOT NULL);
CREATE UNIQUE INDEX by_id ON entries (id, entity);
CREATE INDEX by_urgency ON entries (urgency, n);
CREATE INDEX by_importance ON entries (importance, n);
CREATE TABLE tally (what TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE refused (n INTEGER PRIMARY KEY, id NOT NULL, entity TEXT NOT NULL, reason TEXT NOT NULL,
  hint TEXT NOT NULL);
PRAGMA user_version = {LAYOUT};
COMMIT;
"""
_PUT = f"INSERT OR IGNORE INTO entries ({COLUMNS}) VALUES ({', '.join('?' * 11)})"  # noqa: S608 - our names


class LaterLayout(Exception):
    """A later version of us made the outbox."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An observation that the memory never will store."""

    id: str | int
    entity: str
    reason: str
    hint: str
    """What to change."""


class OutboxFile:
    """One connection, not locked: its owner sees to that."""

    def __init__(self, file: Path, *, synchronous: str) -> None:
        """Opens it, making it readable for its owner alone where there is none.

        Raises:
            sqlite3.Error, OSError, Torn: it cannot be used; `outbox_faults` says why.
            LaterLayout: it is none of ours.
        """
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(file, synchronous)
            self.count, self.bytes, self.n_max = self._totals()
            sync_names(file.parent)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, file: Path, synchronous: str) -> None:
        execute = self._connection.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("PRAGMA journal_mode = WAL")
        execute(f"PRAGMA synchronous = {synchronous}")
        self._synchronous = self._syncs_by = synchronous
        execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        [layout] = execute("PRAGMA user_version").fetchone()
        if layout > LAYOUT:
            raise LaterLayout(
                f"{file} was made by a later version of membroker (layout {layout}, this one knows {LAYOUT}):"
                " install that one again"
            )
        if layout == 0:
            self._connection.executescript(_SCHEMA)
        [found] = execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Torn(f"{file}: {found}")

    def _totals(self) -> tuple[int, int, int]:
        asked = "SELECT count(*), coalesce(sum(bytes), 0), coalesce(max(n), 0) FROM entries"
        count, size, n_max = self._connection.execute(asked).fetchone()
        return count, size, n_max

    def close(self) -> None:
        """Lets go; the log goes into the file."""
        self._connection.close()

    def shorten_log(self) -> None:
        """Empties the log into the file, where that can be: on a full disk its room may be all there is."""
        with suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[None]:
        """One transaction: on disk when it ends, or not at all. Not `synced`, a power cut may take it."""
        before = self.count, self.bytes
        self._sync_by(self._synchronous if synced else "NORMAL")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self.count, self.bytes = before
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _sync_by(self, synchronous: str) -> None:
        if synchronous != self._syncs_by:
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            self._syncs_by = synchronous

    def put(self, entry: Entry) -> bool:
        """Adds an entry; False where one of its id and entity is there."""
        row = to_row(entry)
        if self._connection.execute(_PUT, row).rowcount == 0:
            return False
        self.count += 1
        self.bytes += row[8]
        self.n_max = max(self.n_max, entry.n)
        return True

    def remove(self, numbers: Iterable[int]) -> None:
        """Takes entries out."""
        for n in numbers:
            for (size,) in self._connection.execute("SELECT bytes FROM entries WHERE n = ?", (n,)).fetchall():
                self._connection.execute("DELETE FROM entries WHERE n = ?", (n,))
                self.count -= 1
                self.bytes -= size

    def find(self, entity: str, ids: Iterable[str | int]) -> list[int]:
        """The numbers of those that are there."""
        asked = "SELECT n FROM entries WHERE id = ? AND entity = ?"
        return [n for id_ in ids for (n,) in self._connection.execute(asked, (id_, entity))]

    def of_priority(
        self, priority: Priority, but: Callable[[int], bool], not_of: Collection[str] = ()
    ) -> Iterator[tuple[Entry, int]]:
        """Entries of one priority `but` some, oldest first, each with the bytes of what it says."""
        others = f"AND entity NOT IN ({', '.join('?' * len(not_of))})" if not_of else ""
        asked = f"SELECT {COLUMNS} FROM entries WHERE urgency = ? {others} ORDER BY n"  # noqa: S608 - our names
        for row in self._connection.execute(asked, (int(priority), *not_of)):
            if not but(row[0]):
                yield from_row(row), len(row[10])

    def least_important(self) -> Iterator[tuple[Entry, int]]:
        """All entries, those first that are dropped first, each with the bytes it costs."""
        asked = f"SELECT {COLUMNS} FROM entries ORDER BY importance, n"  # noqa: S608 - our names
        for row in self._connection.execute(asked):
            yield from_row(row), row[8]

    def date(self, boot: str, offset_s: float) -> int:
        """Dates what was observed in a boot before its time of day was known; how many."""
        dating = "UPDATE entries SET at = ticks_s + ? WHERE boot = ? AND at IS NULL"
        return self._connection.execute(dating, (offset_s, boot)).rowcount

    def undated(self) -> list[Boot]:
        """Boots of which something undated is left, oldest first."""
        asked = "SELECT boot, max(ticks_s) FROM entries WHERE at IS NULL GROUP BY boot ORDER BY min(n)"
        return [Boot(boot, last_ticks_s) for boot, last_ticks_s in self._connection.execute(asked)]

    def tally(self) -> Counter[str]:
        """What was counted over all starts."""
        return Counter(dict(self._connection.execute("SELECT what, times FROM tally")))

    def count_up(self, tally: Counter[str]) -> None:
        """Adds to that."""
        self._connection.executemany(
            "INSERT INTO tally VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET times = times + excluded.times",
            tally.items(),
        )

    def refused(self) -> list[Refused]:
        """The last refusals, oldest first."""
        asked = "SELECT id, entity, reason, hint FROM refused ORDER BY n"
        return [Refused(*row) for row in self._connection.execute(asked)]

    def keep_refused(self, refusals: Iterable[Refused]) -> None:
        """Adds to them; what is too many goes, oldest first."""
        self._connection.executemany(
            "INSERT INTO refused (id, entity, reason, hint) VALUES (?, ?, ?, ?)",
            [(each.id, each.entity, each.reason, each.hint) for each in refusals],
        )
        going = "DELETE FROM refused WHERE n <= (SELECT max(n) FROM refused) - ?"
        self._connection.execute(going, (REFUSED_MAX,))


def sync_names(folder: Path) -> None:
    """Makes the names of new files in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
