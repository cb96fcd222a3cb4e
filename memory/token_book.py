"""How many of a language model's tokens a tenant has spent today, in SQLite: a restart begins no new day.

What a request may cost is taken before it is sent, and what it did not cost given back: no crash makes it
free.
"""

from datetime import UTC, datetime
from pathlib import Path

from memory.sqlite_file import SqliteFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (
    day TEXT NOT NULL,
    tenant TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (day, tenant)
) WITHOUT ROWID;
"""


class TokenBook:
    """A file. Its methods block, and raise StoreError when it cannot be used."""

    def __init__(self, file: Path) -> None:
        self._sqlite = SqliteFile(file, "the book of spent tokens", _SCHEMA)

    def take(self, tenant: str, day: str, tokens: int, most: int) -> bool:
        """Takes tokens of a tenant's day, or, where they are more than what is left of `most`, none."""
        with self._sqlite.writing() as connection:
            # The write comes first: it holds off other processes, so that what it reads stays true.
            connection.execute("DELETE FROM spent WHERE day < ?", (day,))
            taken = connection.execute(
                "INSERT INTO spent SELECT ?1, ?2, ?3 WHERE ?3 <= ?4"
                " ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens"
                " WHERE tokens + excluded.tokens <= ?4",
                (day, tenant, tokens, most),
            )
            return taken.rowcount > 0

    def correct(self, tenant: str, day: str, by: int) -> None:
        """What was taken cost more (or, below 0, less)."""
        with self._sqlite.writing() as connection:
            connection.execute(
                "UPDATE spent SET tokens = max(0, tokens + ?) WHERE day = ? AND tenant = ?",
                (by, day, tenant),
            )

    def spent(self, tenant: str, day: str) -> int:
        """The tokens of a tenant's day that are taken."""
        with self._sqlite.reading() as connection:
            found = connection.execute(
                "SELECT tokens FROM spent WHERE day = ? AND tenant = ?", (day, tenant)
            ).fetchone()
        return int(found[0]) if found else 0

    def close(self) -> None:
        """Lets go; the next use opens it again."""
        self._sqlite.close()


def day_of(at: float) -> str:
    """The day in UTC of an instant (epoch seconds): `2026-11-22`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
