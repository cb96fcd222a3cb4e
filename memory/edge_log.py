"""The log of a shard, which makes changes safe from a power cut long before the shard itself is flushed.

Edge writes each change to its log first, and makes at opening what stands there and not in the shard. To sync
the log takes a thread some milliseconds; to flush the shard, twelve indexes and all, takes 15 ms and more, in
which nothing else in this process runs. So the shard is flushed only once its log is long.
"""

import asyncio
from pathlib import Path

from memory.disk import sync

POINTS_MAX = 4096
"""Changed before the shard is flushed: that stops us for some 40 ms, and to make them again takes 0.2 s."""
REMOVED_AS = 4
"""Changed points: 4,096 that were removed stop us for 55 to 70 ms, 1,024 for some 35."""
SYNC_TRIES = 8
"""While Edge renames a file of the log, because it is full, each time we look."""


class EdgeLog:
    """Of one shard: how much stands in it alone, and that it is safe there."""

    def __init__(self, shard: Path) -> None:
        self._directory = shard / "wal"
        self.changed = 0
        """Points, since it was opened,"""
        self._flushed = 0
        """and of these by the shard's last flush."""
        self._one = asyncio.Lock()
        self._failed = False
        """It may have a hole, which ends it for who reads it: nothing behind that is safe there any more."""

    def note(self, points: int) -> None:
        """Some points were changed."""
        self.changed += points

    def flushed(self) -> None:
        """Whatever stands in it stands in the shard, too."""
        self._flushed = self.changed

    @property
    def is_long(self) -> bool:
        """Whether the shard is to be flushed, all of it: for its length, or for it could not be synced."""
        return self._failed or self.changed - self._flushed >= POINTS_MAX

    async def sync(self) -> None:
        """Returns when all that stands in it is safe. Raises OSError: from then on the shard is flushed."""
        async with self._one:  # the kernel tells of what it could not write once, whoever asks
            if self._failed:
                raise OSError("the log could not be synced")
            try:
                await asyncio.to_thread(self._sync)
            except OSError:
                self._failed = True
                raise

    def _sync(self) -> None:
        for last in (False,) * (SYNC_TRIES - 1) + (True,):
            try:
                for file in self._directory.iterdir():
                    sync(file)
            except FileNotFoundError:
                if last or not self._directory.exists():
                    raise
            else:
                break
        sync(self._directory)
        sync(self._directory.parent)
