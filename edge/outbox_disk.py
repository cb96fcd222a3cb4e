"""The outbox's place on disk: claimed, opened, begun anew where it is broken, and missed while it is away."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from edge.entry import Torn
from edge.outbox_faults import is_away, is_broken
from edge.outbox_file import OutboxFile, sync_names
from edge.outbox_lock import OutboxLock, OutboxTaken
from edge.salvage import entries_of, put_aside

FILE = "outbox.sqlite3"

log = logging.getLogger(__name__)

T = TypeVar("T")


class OutboxDisk:
    """A file that may be full, read-only, failing or broken, and that its owner uses as if it were not."""

    def __init__(
        self, folder: Path, *, synchronous: str, opened: Callable[[OutboxFile, int | None], None]
    ) -> None:
        """`opened` is told of each file that was opened, and how much of a broken one was taken over."""
        self._folder = folder
        self._path = folder / FILE
        self._lock = OutboxLock(folder)
        self._synchronous = synchronous
        self._opened = opened
        self._wreck: Path | None = None
        """A broken file that was put aside, and is not read yet."""
        self._is_closed = False
        self.file: OutboxFile | None = None
        self.fault: Exception | None = None
        """Why nothing can be written; None while it can."""
        self.aside: Path | None = None
        """The broken file that was put aside last."""

    @property
    def trouble(self) -> str | None:
        """The fault in words, and what to do."""
        if self.fault is None:
            return None
        return f"{self._path}: {self.fault}; kept in RAM meanwhile. Check the disk's space, rights and health"

    def claim(self) -> None:
        """Makes the folder ours, and opens what is there.

        Raises:
            OutboxTaken: another process has it.
            LaterLayout: a later version made it.
            PermissionError, NotADirectoryError, FileExistsError: no disk that comes back mends that.
        """
        try:
            self._own()
        except (PermissionError, NotADirectoryError, FileExistsError):
            raise
        except OSError as fault:
            self._miss(fault)
            return
        try:
            self.run(lambda _: None)
        except BaseException:
            self._lock.release()
            raise

    def run(self, do: Callable[[OutboxFile], T], *, is_write: bool = False) -> T | None:
        """What `do` returns; None while the disk is away. A broken file is replaced, and `do` done again."""
        fault: Exception | None = None
        for _ in range(2):
            try:
                file = self.file or self._open()
                if is_write and self.fault is not None:
                    file.shorten_log()
                done = do(file)
            except (sqlite3.Error, OSError, Torn, OutboxTaken) as caught:
                fault = caught
                if is_broken(fault):
                    self._break(fault)
                elif is_away(fault) or isinstance(fault, OutboxTaken):
                    break
                else:
                    raise
            else:
                if is_write:
                    self.fault = None
                return done
        # Away, or broken twice: a disk that breaks what was just written is none.
        if fault is not None:
            self._miss(fault)
        return None

    def close(self) -> None:
        """Lets go of file and lock."""
        self._is_closed = True
        file, self.file = self.file, None
        if file is not None:
            file.close()
        self._lock.release()

    def _own(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.take()

    def _open(self) -> OutboxFile:
        if self._is_closed:
            raise RuntimeError(f"the outbox {self._path} is closed: open another")
        self._own()
        file = OutboxFile(self._path, synchronous=self._synchronous)
        try:
            taken_over = None if self._wreck is None else _take_over(self._wreck, file)
        except BaseException:
            file.close()
            raise
        self._wreck = None
        self.file = file
        self._opened(file, taken_over)
        return file

    def _break(self, fault: Exception) -> None:
        """Puts the file aside; the next use begins a fresh one."""
        file, self.file = self.file, None
        if file is not None:
            with contextlib.suppress(sqlite3.Error):
                file.close()
        try:
            self._wreck = self.aside = put_aside(self._path)
            sync_names(self._folder)
        except OSError as away:
            self._miss(away)
            return
        log.warning(
            "the outbox was broken, and is begun anew", extra={"action": "salvage", "file": str(self.aside),
                                                               "fault": str(fault)}
        )  # fmt: skip

    def _miss(self, fault: Exception) -> None:
        if self.fault is None:
            log.warning("the outbox's disk is away: %s", fault, extra={"action": "keep in RAM"})
        self.fault = fault


def _take_over(wreck: Path, file: OutboxFile) -> int:
    with file.writing():
        return sum(file.put(entry) for entry in entries_of(wreck))
