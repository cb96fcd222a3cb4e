"""A pace whose budget outlives its process: a device that dies again and again has one, not one each time."""

import logging
import os
from pathlib import Path
from typing import Final

import msgpack

from edge.pacing import Pace, Priority

FILE: Final = "pace"

log = logging.getLogger(__name__)


class LastingPace(Pace):
    """Writes down what was spent, message by message: a radio takes far longer for one than a disk does."""

    def __init__(
        self,
        folder: Path,
        boot: str,
        now_s: float,
        *,
        rate_per_s: float | None,
        burst: int,
        bytes_per_hour: int,
    ) -> None:
        """Goes on where an earlier process of this device was; times are ticks of `boot`."""
        super().__init__(rate_per_s, burst, bytes_per_hour)
        self._file = folder / FILE
        self._boot = boot
        try:
            self.load(msgpack.unpackb(self._file.read_bytes()), boot, now_s)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as fault:
            said = {"action": "begin a budget", "file": str(self._file), "fault": str(fault)}
            log.warning("what was spent of the budget cannot be read: it begins anew", extra=said)

    def spent(self, size: int, priority: Priority, now_s: float) -> None:
        """As `Pace.spent`. A disk that does not take it is the outbox's to tell; it is counted here."""
        super().spent(size, priority, now_s)
        try:
            self._write(msgpack.packb(self.dump(self._boot, now_s)))
        except OSError:
            self.counts["budget_not_kept"] += 1

    def _write(self, kept: bytes) -> None:
        """In one piece, whenever the power goes: all of it, or what was there."""
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
