"""One SQLite file, opened at its first use and shared by threads, whose faults are the store's.

Several processes on one machine may have the file open. `synchronous=FULL`: what a transaction returned from
survives a power cut.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from memory.errors import StoreError

BUSY_S_MAX = 5.0
"""How long a write waits for another process's."""


ROWS_MAX = 1024
"""Of one statement: of twelve values each they are still as many as SQLite takes (32,766), and 1 MB."""


def marks(count: int) -> str:
    """Of so many values in a statement: `?,?,?`."""
    return ",".join("?" * count)


def execute_for_all(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Executes a statement for many rows at a time, where `{rows}` in it stands for `(?, ?), (?, ?), ...`.

    `executemany` takes the interpreter (GIL) again after each row. From a thread, beside a loop that is busy,
    it gets it after 5 ms each time: 8,000 rows took 30 s, which so take 0.1.
    """
    start, size = 0, ROWS_MAX
    while start < len(rows):
        # Few sizes: each is a statement that SQLite has to prepare, and that Python keeps prepared.
        while size > len(rows) - start:
            size //= 2
        some = rows[start : start + size]
        row = f"({marks(len(some[0]))})"
        connection.execute(statement.format(rows=",".join([row] * size)), [*chain.from_iterable(some)])
        start += size


class SqliteFile:
    """One connection; who has it has it alone."""

    def __init__(self, file: Path, what: str, schema: str = "") -> None:
        """`what` it is in words, for errors: "the audit log"."""
        self._file = file
        self._what = what
        self._schema = schema
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    @contextmanager
    def reading(self, doing: str = "read") -> Iterator[sqlite3.Connection]:
        """The connection. Raises StoreError where the file cannot be used."""
        try:
            with self._lock:
                if self._opened is None:
                    self._opened = _open(self._file, self._schema)
                yield self._opened
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self._what} {self._file} cannot be {doing}: {error}",
                hint="check the disk's space and rights; if it is damaged, move it away",
            ) from error

    @contextmanager
    def writing(self, doing: str = "written") -> Iterator[sqlite3.Connection]:
        """The connection in a transaction of its own: all that is written there, or nothing."""
        with self.reading(doing) as connection, connection:
            yield connection

    def bytes_used(self) -> int:
        """Of the file, without what is free in it."""
        with self.reading("measured") as connection:
            pages, free, size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)

    def copy_to(self, file: Path) -> None:
        """A whole copy, while others go on writing."""
        with self.reading("copied") as connection, sqlite3.connect(file) as copy:
            connection.backup(copy)
        copy.close()

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.close()


def _open(file: Path, schema: str) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection = sqlite3.connect(file, timeout=BUSY_S_MAX, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection
