"""How many memories a store had at its last flush, so that what a damaged file took is missed.

Qdrant Edge opens a shard whose list of ids was cut short, and serves what is left without a word.
"""

import json
from pathlib import Path

from memory.disk import write_synced
from memory.errors import StoreFailed

FILE = "tally.json"
REMOVALS_AHEAD = 1024
"""Removed between two writings of the number: a damaged file that takes fewer meanwhile is not missed."""


class Tally:
    """A number in a file beside the shard: never more than are there, unless some were lost.

    Beside it, how many were removed since: Edge only marks them, and does not say how many it has marked.
    """

    def __init__(self, directory: Path) -> None:
        self._file = directory / FILE
        self._written: int | None = None
        self._removed_written = self.removed = self._read()[1]

    def write(self, points: int) -> None:
        """After a flush. Not synced: an older number is smaller, and so as true."""
        if (points, self.removed) != (self._written, self._removed_written):
            self._file.write_text(self._said(points))

    def remove(self, points: int, there: int) -> None:
        """Before so many of those there are removed: synced, or a power cut could leave fewer than it says.

        Lowered by more than that, so that not every removal waits for the disk.
        """
        if self._written is not None and self._written > there - points:
            write_synced(self._file, self._said(max(0, there - max(points, REMOVALS_AHEAD))))
        self.removed += points

    def check(self, points: int) -> None:
        """Raises StoreFailed where there are fewer than there were."""
        before, _ = self._read()
        if points < before:
            raise StoreFailed(
                f"the store in {self._file.parent} has {points} memories and had {before}: a file is damaged",
                hint="put a backup in its place: membroker restore DIR."
                f" Or, to go on with what is left, delete {self._file}",
            )

    def _said(self, points: int) -> str:
        self._written, self._removed_written = points, self.removed
        return json.dumps({"points": points, "removed": self.removed})

    def _read(self) -> tuple[int, int]:
        """Nothing, where it was never flushed, or cut short by a power cut."""
        try:
            said = json.loads(self._file.read_text())
        except (FileNotFoundError, ValueError):
            return 0, 0
        if isinstance(said, int):  # by an earlier version, which removed nothing
            return said, 0
        return int(said["points"]), int(said["removed"])
