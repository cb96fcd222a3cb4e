"""The directory of an embedded store: one owner, one live generation, and what is only being made.

    lock        held by the process that has the store (`memory/store_lock.py`)
    names       held by the process that connects under the services' names, even while it cannot serve
    current     the name of the live generation; switched by one rename
    g1, g2, …   a generation: shard/, Edge's own files; identity.json, what it was made with, written last;
                tally.json, how many it had at its last flush
    erase-due   there while the disk may hold what was forgotten

A store that an earlier version made has its generation in `live`, and no `current` until it is opened.
"""

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

from memory.disk import sync, write_synced
from memory.errors import StoreError, StoreFull
from memory.records import Identity

DISK_RESERVE_BYTES = 128 * 1024 * 1024
"""Free space below which nothing is written: Edge maps its files, and a full disk would end us by SIGBUS."""
_CURRENT, _ERASE_DUE = "current", "erase-due"
_IDENTITY, _SHARD = "identity.json", "shard"
NAME_SHOWN = 40
"""Of a damaged `current`."""
_GENERATION = re.compile(r"g\d+|live|new").fullmatch
"""Older versions made `new`, and renamed it to `live`."""


class EdgePlace:
    """Where a store is on the disk; knows nothing of what is in a shard."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def live(self) -> Path | None:
        """The generation in use; None before the first is made.

        Raises:
            StoreError: what says which is damaged; or there are several, and nothing says which.
        """
        try:
            said = (self.directory / _CURRENT).read_text(errors="replace").strip()
        except FileNotFoundError:
            said = None
        whole = {each.name: each for each in self.generations() if (each / _IDENTITY).exists()}
        if said in whole:
            return whole[said]
        if said is None and len(whole) < 2:
            return next(iter(whole.values()), None)
        names = ", ".join(sorted(whole)) or "no whole generation"
        why = "nothing says which to use" if said is None else f"{_CURRENT} there says {said[:NAME_SHOWN]!r}"
        raise StoreError(
            f"{self.directory} holds {names}, and {why}",
            hint=f"write the name of the right one into {_CURRENT} there,"
            " or put a backup in its place: membroker restore DIR --replace",
        )

    def generations(self) -> list[Path]:
        """All that are there, whole or not."""
        return [each for each in self.directory.iterdir() if _GENERATION(each.name) and each.is_dir()]

    def new(self) -> Path:
        """An empty directory for the next generation; until it is switched to, it is none."""
        numbers = [int(each.name[1:]) for each in self.generations() if each.name[1:].isdigit()]
        generation = self.directory / f"g{max(numbers, default=0) + 1}"
        generation.mkdir()
        return generation

    def switch(self, generation: Path) -> None:
        """Makes a generation, whole and flushed, the one in use; a crash leaves this or the one before.

        Where it raises, either of them may be the one in use: none may be removed.
        """
        aside = self.directory / f"{_CURRENT}.part"
        write_synced(aside, generation.name)
        aside.replace(self.directory / _CURRENT)
        sync(self.directory)

    def sweep(self) -> None:
        """Removes the generations that are not in use; call it once the one in use has proved itself."""
        live = self.live()
        if live is None:
            return
        for generation in self.generations():
            if generation != live:
                shutil.rmtree(generation, ignore_errors=True)

    @property
    def erase_due(self) -> bool:
        """Whether a generation on the disk may hold what was forgotten."""
        return (self.directory / _ERASE_DUE).exists()

    def note_erase_due(self) -> None:
        """Remembers it past any crash; call it before forgetting."""
        if not self.erase_due:
            (self.directory / _ERASE_DUE).touch()
            sync(self.directory)

    def note_erased(self) -> None:
        """Nothing forgotten is on the disk any more."""
        (self.directory / _ERASE_DUE).unlink(missing_ok=True)

    def check_room(self, wanted_bytes: int = 0) -> None:
        """Raises StoreFull unless the disk has this much free space beside the reserve."""
        check_room(self.directory, wanted_bytes + DISK_RESERVE_BYTES, "it goes on by itself then")


def check_room(directory: Path, wanted_bytes: int, then: str) -> None:
    """Raises StoreFull, which says what happens then, unless a directory's disk has this much free space."""
    free = shutil.disk_usage(directory).free
    if free < wanted_bytes:
        raise StoreFull(
            f"only {free // 1_000_000} MB are free on the disk of {directory}",
            hint=f"make room for {-(-wanted_bytes // 1_000_000)} MB; {then}",
        )


def make_whole(generation: Path, identity: Identity) -> None:
    """Says what a generation was made with, and with that that nothing is missing in it."""
    sync(generation)
    aside = generation / f"{_IDENTITY}.part"
    write_synced(aside, json.dumps(asdict(identity)))
    aside.replace(generation / _IDENTITY)
    sync(generation)


def identity_of(generation: Path) -> Identity:
    """What a generation was made with."""
    return Identity.of(json.loads((generation / _IDENTITY).read_text()))


def shard_of(generation: Path) -> Path:
    """Where Edge keeps its files."""
    return generation / _SHARD


def bytes_of(generation: Path) -> int:
    """How much room a generation takes on the disk; its files are sparse."""
    return sum(file.stat().st_blocks * 512 for file in generation.rglob("*") if file.is_file())
