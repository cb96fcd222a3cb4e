"""A broken outbox file: put aside, kept, and read around what is damaged."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from edge.entry import COLUMNS, Entry, Torn, from_row

BROKEN_MAX = 3
"""Files put aside that are kept, the newest: a failing card must not be filled by its own wreckage."""
LOG = "-wal"

_WAYS = (
    "SELECT n FROM entries NOT INDEXED ORDER BY n",
    "SELECT n FROM entries NOT INDEXED ORDER BY n DESC",
    "SELECT n FROM entries INDEXED BY by_urgency",
    "SELECT n FROM entries INDEXED BY by_importance",
)
"""To the numbers of what is there: each ends where the damage begins, and not all begin alike."""


def put_aside(file: Path) -> Path:
    """Moves a broken file and its log out of the way, to `….broken-<n>`; the oldest of too many goes."""
    found = sorted((int(each.suffix.removeprefix(".broken-")), each) for each in _aside(file))
    number = found[-1][0] + 1 if found else 1
    for _, old in found[: len(found) - BROKEN_MAX + 1]:
        old.unlink()
        _log_of(old).unlink(missing_ok=True)
    aside = file.with_name(f"{file.name}.broken-{number}")
    with contextlib.suppress(FileNotFoundError):
        _log_of(file).rename(_log_of(aside))
    file.rename(aside)
    return aside


def entries_of(aside: Path) -> Iterator[Entry]:
    """What can be read of it, oldest first, and is as it was put."""
    connection = sqlite3.connect(aside)
    asked = f"SELECT {COLUMNS} FROM entries NOT INDEXED WHERE n = ?"  # noqa: S608 - our names
    try:
        for n in sorted(_numbers(connection)):
            with contextlib.suppress(sqlite3.Error, Torn):
                for row in connection.execute(asked, (n,)).fetchall():
                    yield from_row(row)
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _numbers(connection: sqlite3.Connection) -> set[int]:
    found: set[int] = set()
    for way in _WAYS:
        with contextlib.suppress(sqlite3.Error):
            for (n,) in connection.execute(way):
                found.add(n)
    return found


def _aside(file: Path) -> Iterator[Path]:
    for each in file.parent.glob(f"{file.name}.broken-*"):
        if each.suffix.removeprefix(".broken-").isdigit():
            yield each


def _log_of(file: Path) -> Path:
    return file.with_name(file.name + LOG)
