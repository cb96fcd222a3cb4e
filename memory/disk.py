"""What the disk itself has to hold before anything is promised."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Brings a file to the disk, or a directory: a name is only as durable as the directory it stands in."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(file: Path, text: str) -> None:
    """Writes a file, and brings it to the disk; its name is durable once its directory is synced, too."""
    with file.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
