"""One SQLite file that may be lost at any time: damaged, it is begun anew; without a disk nothing is kept.

`synchronous=NORMAL`: a power cut may take the last writes, and a cache can do without them. `secure_delete`:
what was deleted is overwritten.
"""

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

BUSY_S_MAX = 0.2
"""How long to wait for somebody else who has the file open: nobody should, and an answer is due."""

_BESIDE = ("", "-wal", "-shm")
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""The last one: the file is a database, and not ours; our own statements are proven."""
_CODE = 0xFF
"""The lower byte of an extended error code is the code."""


class NotErased(Exception):
    """What was to be forgotten may still be on the disk; says where, and the next step."""


class CacheFile:
    """One connection, one thread at a time."""

    def __init__(self, file: Path, schema: str, version: int) -> None:
        """A file of another `version` than ours is begun anew."""
        self._file = file
        self._schema = schema
        self._version = version
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self.counts: Counter[str] = Counter()
        """`begun_anew`: times that the file was damaged; `away`: reads and writes that the disk refused."""

    def run(self, work: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """What `work` returns, in a transaction; `otherwise` where the disk refuses."""
        with self._lock:
            try:
                return self._tried(work)
            except (sqlite3.Error, OSError, NotErased):
                self.counts["away"] += 1
                self._let_go()
                return otherwise

    def erase(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Does `work`, and nothing that it deleted is in the file or beside it then.

        A disk that is too full to delete a row lets a file be deleted: then the whole cache goes.

        Raises:
            NotErased: it cannot be deleted, either.
        """
        with self._lock:
            try:
                self._tried(work)
                (busy, *_) = self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if busy:
                    self._begin_anew()
            except (sqlite3.Error, OSError):
                self._begin_anew()

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        with self._lock:
            self._let_go()

    def _tried(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            return self._once(work)
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise
            self._begin_anew()
            return self._once(work)

    def _once(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with self._connection() as connection:
            return work(connection)

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Ours before SQLite makes it readable to all; what it lays beside it has the same rights.
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            self._file.chmod(0o600)
            self._opened = sqlite3.connect(self._file, timeout=BUSY_S_MAX, check_same_thread=False)
            self._prepare(self._opened)
        return self._opened

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, self._version):
            raise sqlite3.DatabaseError(f"of version {version}")
        connection.executescript(f"{self._schema}; PRAGMA user_version={self._version}")

    def _begin_anew(self) -> None:
        self._let_go()
        self.counts["begun_anew"] += 1
        try:
            for beside in _BESIDE:
                self._file.with_name(self._file.name + beside).unlink(missing_ok=True)
        except OSError as error:
            raise NotErased(f"{self._file} cannot be deleted: {error}; delete it by hand") from error

    def _let_go(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()


def _is_damage(error: sqlite3.Error) -> bool:
    """An error that SQLite did not name is ours: a file of another version."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is None or code & _CODE in _DAMAGED
