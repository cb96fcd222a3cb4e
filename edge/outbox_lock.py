"""Whose the outbox is: one process at a time, by a lock that the kernel takes back when its holder dies."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

FILE = "outbox.lock"


class OutboxTaken(Exception):
    """Another process has the outbox open; says which, and what to do."""


class OutboxLock:
    """A lock file of a device's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Takes the lock; nothing to do where we have it.

        Raises:
            OutboxTaken: another has it, and is named.
            OSError: the folder cannot be written.
        """
        if self._file is not None:
            return
        file = (self._folder / FILE).open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                owner = file.read().strip() or "unknown"
            raise OutboxTaken(
                f"the outbox in {self._folder} is open in another process (pid {owner}): stop that one, or"
                " give this device a folder of its own"
            ) from None
        self._file = file
        # A full disk may not take the number: the lock holds all the same.
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), str(os.getpid()).encode())

    def release(self) -> None:
        """Lets the next one in; nothing to do where we don't have it."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
