"""SQLite's write-ahead log after a power cut: whole to where it was synced, and behind that whatever."""

import random
import struct
from pathlib import Path
from typing import NamedTuple

LOG = "outbox.sqlite3-wal"
HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
"""Of SQLite's write-ahead log (its file format, section 4)."""


class End(NamedTuple):
    """Where a log ends that holds all that was said."""

    salt: str
    """Another one: the log was begun anew, and all before is in the file."""
    offset: int


def log_end(log: Path, since: End | None = None) -> End:
    """Behind its last whole transaction; `since` is an earlier answer, to go on from."""
    with log.open("rb") as file:
        header = file.read(HEADER_BYTES)
        salt = header[16:24]
        frame_bytes = FRAME_HEADER_BYTES + int(struct.unpack(">I", header[8:12])[0])
        offset = end = since.offset if since is not None and since.salt == salt.hex() else HEADER_BYTES
        while True:
            file.seek(offset)
            frame = file.read(FRAME_HEADER_BYTES)
            if len(frame) < FRAME_HEADER_BYTES or frame[8:16] != salt:
                return End(salt.hex(), end)
            offset += frame_bytes
            if frame[4:8] != bytes(4):  # a commit says how many pages the file has then
                end = offset


def torn(log: bytes, end: int, drawn: random.Random) -> bytes:
    """A log of which everything up to `end` reached the disk, and of the rest whatever."""
    cut = drawn.randint(end, max(end, len(log)))
    noise = drawn.randbytes(drawn.choice([0, 7, 5000]))
    return log[:cut] + noise + (log[cut + len(noise) :] if drawn.random() < 0.5 else b"")
