"""A second shard made of the first one while that is in use.

Points are read and written in steps of some milliseconds, and every change meanwhile goes to both
(`mirror`); nothing waits between reading a step and writing it, so no older version overwrites a newer.
When the last step is done, the two hold the same.
"""

import asyncio
import logging
from pathlib import Path

import qdrant_edge as edge

from memory.disk import copy_tree
from memory.edge_place import bytes_of, check_room
from memory.edge_points import same_point
from memory.edge_proof import surely_there
from memory.lexicon import Lexicon

STEP_POINTS = 64
"""Some 6 ms in which nothing else in this process runs."""
PAUSE_S = 0.006
"""After each step: the others have half of the time."""
STEPS_PER_FLUSH = 16
"""So that no flush has much to do: some 30 to 45 ms, of which most is the same for one point."""

log = logging.getLogger(__name__)


class EdgeCopy:
    """A copy under way."""

    def __init__(
        self, source: edge.EdgeShard, target: edge.EdgeShard, lexicon: Lexicon | None = None
    ) -> None:
        """With a lexicon the copy's words are made of its texts, whatever the source has."""
        self._source = source
        self._target = target
        self._lexicon = lexicon
        self._fault: Exception | None = None
        self._is_flushed = False

    def mirror(self, change: edge.UpdateOperation) -> None:
        """Makes the same change in the copy. What goes wrong is the copy's fault alone, told by `run`."""
        self._is_flushed = False
        if self._fault is None:
            try:
                self._target.update(change)
            except Exception as error:  # noqa: BLE001 - whatever it is, the store itself goes on
                self._fault = error

    async def run(self) -> int:
        """Copies every point, flushed; how many. Raises what went wrong; the copy is worthless then."""
        offset: edge.PointId | None = None
        steps = 0
        while True:
            offset = self._step(offset)
            steps += 1
            await asyncio.sleep(PAUSE_S)
            if steps % STEPS_PER_FLUSH == 0 or offset is None:
                self._flush()
                # A step would make the stop longer; and the last flush so finds little changed.
                await asyncio.sleep(0)
            if offset is None:
                break
        if self._fault is not None:
            raise self._fault
        self._flush()
        return self._check_counts()

    def _flush(self) -> None:
        if not self._is_flushed:
            self._target.flush()
            self._is_flushed = True

    def _step(self, offset: "edge.PointId | None") -> "edge.PointId | None":
        request = edge.ScrollRequest(offset=offset, limit=STEP_POINTS, with_payload=True, with_vector=True)
        records, following = self._source.scroll(request)
        if records:
            points = [same_point(record, self._lexicon) for record in records]
            self._is_flushed = False
            self._target.update(edge.UpdateOperation.upsert_points(points))
        return following

    def _check_counts(self) -> int:
        source, target = map(surely_there, (self._source, self._target))
        if source != target:
            raise RuntimeError(f"{target} of {source} points were copied")
        return target


async def to_other_disk(generation: Path, target: Path) -> None:
    """Copies a closed generation, in a thread, to where a full or slow disk is no more than an error.

    Waits for the thread even where it is cancelled: the generation is removed then.
    """
    check_room(target.parent, bytes_of(generation), "then try again, or name another disk")
    copying = asyncio.ensure_future(asyncio.to_thread(copy_tree, generation, target))
    try:
        await asyncio.shield(copying)
    except asyncio.CancelledError:
        await asyncio.wait([copying])
        raise
