"""Whose the store is: one process at a time, by a lock that the kernel takes back when its holder dies.

A second opener of a Qdrant Edge shard fails, but breaks the first one's later flushes; so the lock comes
before the shard. A standby waits for it.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

from memory.errors import StoreTaken

FILE = "lock"
NAMES = "names"
"""Held by the process that connects under the services' names, serving or not: between two tries to open the
store it lets go of that, so that a backup can be put in its place, and nobody else may connect meanwhile."""


class StoreLock:
    """A lock file of a store's directory."""

    def __init__(self, directory: Path, name: str = FILE) -> None:
        self._directory = directory
        self._name = name
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Takes the lock, making the directory; nothing to do where we have it.

        Raises:
            StoreTaken: another has it, and is named.
            OSError: the directory cannot be written.
        """
        if self._file is not None and self._is_in_its_place(self._file):
            return
        self.release()
        self._directory.mkdir(parents=True, exist_ok=True)
        file = (self._directory / self._name).open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken(self._directory, _owner(file)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Lets the next one in; nothing to do where we don't have it."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _is_in_its_place(self, file: IO[str]) -> bool:
        """A lock on a file that was deleted keeps nobody out."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), (self._directory / self._name).stat())
        except OSError:
            return False


def taken(directory: Path, owner: str) -> StoreTaken:
    """The refusal to open what another has open."""
    return StoreTaken(
        f"the store in {directory} is open in another process (pid {owner})",
        hint="stop that one, or give this one a directory of its own: MEMBROKER_DATA",
    )


def _owner(file: IO[str]) -> str:
    """Who wrote itself into a lock file that is not ours; closes it."""
    with file:
        file.seek(0)
        return file.read().strip() or "unknown"
