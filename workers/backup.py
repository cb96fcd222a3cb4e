"""A backup: everything that a new machine needs to go on, in one directory.

    backup.json     what it is; written last, so that half a backup is none
    store/g1        the memories, as of the end of the copying
    audit.sqlite3, ledger.sqlite3, deadletters/, broker/ (accounts and rights), certs/

Not in it: messages that the broker still holds. Their devices have no receipt, and send them again.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from memory.disk import sync, write_synced
from memory.errors import StoreError
from memory.sqlite_file import SqliteFile
from workers.service import VERSION

MANIFEST = "backup.json"
AUDIT = "audit.sqlite3"
LEDGER = "ledger.sqlite3"
DATABASES = (AUDIT, LEDGER)
"""SQLite files, which are in use."""
ALONGSIDE = (
    ("deadletters/current.jsonl", "deadletters/previous.jsonl"),
    ("broker/accounts.json",),
    ("broker/dynamic-security.json",),
    ("certs",),
)
"""Files and folders of the data directory; each is written whole whenever it changes.

Those of a group are one thing: `current.jsonl` is not there when it has just become the previous one.
"""

CopyStore = Callable[[Path], Awaitable[int]]
"""Makes a new directory a whole copy of the store; how many points."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is; `at` is epoch seconds."""

    at: float
    version: str
    points: int


async def make(data: Path, directory: Path, copy_store: CopyStore) -> Manifest:
    """Backs a data directory up into another one, which is new or empty.

    Raises:
        StoreError: the directory holds something, or the store cannot be copied.
        OSError: the disk refuses.
    """
    _make_empty(directory)
    try:
        store_of(directory).parent.mkdir()
        points = await copy_store(store_of(directory))
        await asyncio.to_thread(_copy_alongside, data, directory)
        manifest = Manifest(at=round(time.time(), 3), version=VERSION, points=points)
        await asyncio.to_thread(_write_manifest, directory, manifest)
    except Exception:
        await asyncio.to_thread(_empty, directory)  # what is in it is ours; the same may be tried again
        raise
    return manifest


def read(directory: Path) -> Manifest:
    """What a backup says of itself. Raises StoreError where there is none, or half a one."""
    try:
        return Manifest(**json.loads((directory / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            f"{directory} holds no whole backup: {error}", hint="make one: membroker backup DIR"
        ) from error


def restore_alongside(directory: Path, data: Path) -> list[str]:
    """Puts back what is not there; what is there is newer, and stays. The names of what was put back."""
    restored = []
    for group in (*((name,) for name in DATABASES), *ALONGSIDE):
        if any((data / name).exists() for name in group):
            continue
        for name in group:
            if (directory / name).exists():
                _copy(directory / name, data / name)
                restored.append(name)
    return restored


def store_of(directory: Path) -> Path:
    """The store's copy in a backup."""
    return directory / "store" / "g1"


def _make_empty(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(directory.iterdir()):
        raise StoreError(f"{directory} is not empty", hint="name a new directory for each backup")


def _empty(directory: Path) -> None:
    for each in directory.iterdir():
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def _copy_alongside(data: Path, directory: Path) -> None:
    for name in DATABASES:
        if (data / name).exists():
            database = SqliteFile(data / name, name)
            database.copy_to(directory / name)
            database.close()
    for name in chain.from_iterable(ALONGSIDE):
        if (data / name).exists():
            _copy(data / name, directory / name)


def _copy(source: Path, target: Path) -> None:
    """Rights go along: some of it is secret."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _write_manifest(directory: Path, manifest: Manifest) -> None:
    for file in directory.rglob("*"):
        sync(file)
    write_synced(directory / MANIFEST, json.dumps(asdict(manifest)))
    sync(directory)
