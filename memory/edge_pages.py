"""Lets go of pages of a shard's segments that were read to build its indexes, or written, and stay mapped.

Among a million memories they are 540 MB of resident memory. What is in them stays in the files, and in the
kernel's cache as long as there is room: whoever reads a page again maps it again.
"""

import ctypes
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MAPPINGS = Path("/proc/self/maps")
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r\S{2}s \S+ \S+ \S+ +(.+)")
"""Shared ones alone: what is written to a private one would be lost."""
_VECTORS = "vector_storage-dense/"
"""Read by each search by meaning: letting go of these costs more than it saves."""
_DONTNEED = 4
"""MADV_DONTNEED of Linux, which alone has these mappings to read."""

log = logging.getLogger(__name__)


def let_go(shard: Path) -> int:
    """Of a shard that is open; bytes of the mappings. Where it cannot, nothing is lost."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    bytes_let_go = 0
    for start, length in _mappings(shard):
        if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _DONTNEED):
            log.debug("pages stay mapped: error %d", ctypes.get_errno(), extra={"action": "open"})
        else:
            bytes_let_go += length
    return bytes_let_go


def _mappings(shard: Path) -> Iterator[tuple[int, int]]:
    """Address and length, in bytes, of each."""
    inside = f"{shard.resolve()}/segments/"
    for line in MAPPINGS.read_text().splitlines():
        found = _MAPPING.match(line)
        if found is not None and found[3].startswith(inside) and _VECTORS not in found[3]:
            start, end = int(found[1], 16), int(found[2], 16)
            yield start, end - start
