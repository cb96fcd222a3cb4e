"""Has the kernel read the files that questions read before somebody asks.

Edge has it drop them when it opens a shard, and a machine that was off has read none. Then the first question
of an entity waits for some 50 pages of the disk, one after the other: among a million memories a question
takes 18 ms instead of 12, and on a memory card far more.
"""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

PARTS = ("vector_storage-*", "payload_storage")
"""Folders of a segment. Edge reads the others whole when it opens it."""
STEP_BYTES = 1 << 20
ROOM_PART = 2
"""Of the machine's memory that is available, the files may take one part in so many: else reading the one
drops the other."""
MEMORY = Path("/proc/meminfo")

log = logging.getLogger(__name__)


class ReadAhead:
    """Reads the files of one shard, in a thread of its own."""

    def __init__(self, shard: Path) -> None:
        self.bytes_read = 0
        self._shard = shard
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="membroker-read-ahead", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when it reads no more."""
        self._stopped.set()
        self._thread.join()

    def wait(self) -> None:
        """Returns when all is read, or left."""
        self._thread.join()

    def _run(self) -> None:
        try:
            files = {file: file.stat().st_size for file in _files(self._shard)}
            if sum(files.values()) > _available_bytes() // ROOM_PART:
                return
            step = bytearray(STEP_BYTES)
            for file in files:
                with file.open("rb", buffering=0) as reading:
                    while not self._stopped.is_set() and (read := reading.readinto(step)):
                        self.bytes_read += read
        except OSError as error:
            # Erasing may have removed them; and a disk that cannot be read says so to who asks.
            log.debug("not read ahead: %s", error, extra={"action": "open"})


def _files(shard: Path) -> Iterator[Path]:
    for part in PARTS:
        for folder in shard.glob(f"segments/*/{part}"):
            yield from (each for each in folder.rglob("*") if each.is_file())


def _available_bytes() -> int:
    """Without swapping; 0 where the system does not say."""
    for line in MEMORY.read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    return 0
