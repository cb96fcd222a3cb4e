"""How many memories a store had at its last flush, so that what a damaged file took is missed.

Qdrant Edge opens a shard whose list of ids was cut short, and serves what is left without a word.
"""

import json
from pathlib import Path

from memory.errors import StoreFailed

FILE = "tally.json"


class Tally:
    """A number in a file beside the shard: never more than are there, unless some were lost."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / FILE
        self._written = -1

    def write(self, points: int) -> None:
        """After a flush. Not synced: an older number is smaller, and so as true."""
        if points != self._written:
            self._file.write_text(json.dumps(points))
            self._written = points

    def check(self, points: int) -> None:
        """Raises StoreFailed where there are fewer than there were."""
        try:
            before = int(self._file.read_text())
        except (FileNotFoundError, ValueError):  # never flushed, or cut short by a power cut
            return
        if points < before:
            raise StoreFailed(
                f"the store in {self._file.parent} has {points} memories and had {before}: a file is damaged",
                hint="put a backup in its place: membroker restore DIR."
                f" Or, to go on with what is left, delete {self._file}",
            )
