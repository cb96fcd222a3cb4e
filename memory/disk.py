"""What the disk itself has to hold before anything is promised."""

import os
import shutil
from pathlib import Path

_CHUNK_BYTES = 64 * 1024


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


def copy_tree(source: Path, target: Path) -> None:
    """Copies a folder, its holes as holes: a store maps some 200 MB of files of which little is written."""
    shutil.copytree(source, target, copy_function=_copy_sparse)


def _copy_sparse(source: str, target: str) -> None:
    nothing = bytes(_CHUNK_BYTES)
    with Path(source).open("rb") as read, Path(target).open("wb") as out:
        while chunk := read.read(_CHUNK_BYTES):
            if chunk == nothing:
                out.seek(len(chunk), os.SEEK_CUR)
            else:
                out.write(chunk)
        out.truncate(read.tell())
    shutil.copystat(source, target)
