"""The generation in use: its shard, and all that is true of that shard alone."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import qdrant_edge as edge

from memory.conditions import Condition
from memory.edge_known import EdgeKnown
from memory.edge_log import REMOVED_AS, EdgeLog
from memory.edge_pages import let_go
from memory.edge_place import shard_of
from memory.edge_points import to_removal
from memory.edge_proof import surely_there
from memory.edge_words import EdgeWords
from memory.records import Known, Scope
from memory.tally import Tally

FLUSHES_MAPPED = 8
"""Of the whole shard, after which the pages that were written meanwhile are let go of: some 20 MB."""
VALUES_KEPT = 64
"""Lists of at most FACET_VALUES_MAX."""
UNWANTED_KEPT = 16
"""One request asks four times; what it asks has its time in it."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class EdgeLive:
    """One shard that is open. Its methods raise what Edge and the disk raise."""

    def __init__(self, generation: Path, shard: edge.EdgeShard) -> None:
        """Of a shard in which nothing was changed since it was opened."""
        self.generation = generation
        self.shard = shard
        self._log = EdgeLog(shard_of(generation))
        self._tally = Tally(generation)
        self.words = EdgeWords(shard)
        self._values: dict[tuple[Scope, str], list[str]] = {}
        self._may_be: dict[tuple[Scope, Condition], bool] = {}
        self._known = EdgeKnown(shard)
        self._flushes = 0
        self._closed = False
        let_go(shard_of(generation))

    def known(self, ids: Sequence[str]) -> Known:
        """Those of some ids that mean something."""
        return self._known.known(ids)

    def values(self, scope: Scope, field: str, look: Callable[[], list[str]]) -> list[str]:
        """Those of a field in a whole scope; looked for once, until anything changes."""
        return [*_once(self._values, (scope, field), look, VALUES_KEPT)]

    def may_be(self, scope: Scope, unwanted: Condition, look: Callable[[], bool]) -> bool:
        """Whether some of a scope may be what is not wanted; looked for once, until anything changes."""
        return _once(self._may_be, (scope, unwanted), look, UNWANTED_KEPT)

    def update(self, change: edge.UpdateOperation, ids: Sequence[str]) -> None:
        """Changes the points that have these ids, and no others."""
        self.words.changing()
        self._values.clear()
        self._may_be.clear()
        self._known.changing(ids)
        self.shard.update(change)
        self._log.note(len(ids))

    def reinforce(self, changes: Iterable[edge.UpdateOperation]) -> None:
        """One change a point that is there, and stays what it is; but it may expire at another time."""
        self._may_be.clear()
        for change in changes:
            self.shard.update(change)
            self._log.note(1)

    def removal(self, ids: Sequence[str]) -> edge.UpdateOperation:
        """What removes these, counted before it is made."""
        self._tally.remove(len(ids), surely_there(self.shard))
        self._log.note((REMOVED_AS - 1) * len(ids))  # and once more as the change it is
        return to_removal(ids)

    @property
    def removed(self) -> int:
        """Points that Edge has only marked."""
        return self._tally.removed

    def check(self) -> None:
        """Raises StoreFailed where there are fewer points than there were."""
        self._tally.check(surely_there(self.shard))

    def flush(self) -> None:
        """The whole shard."""
        self.shard.flush()
        self._log.flushed()
        self._count()
        self._flushes += 1
        if self._flushes % FLUSHES_MAPPED == 0:
            let_go(shard_of(self.generation))

    async def sync(self) -> None:
        """Its log, which is quicker, or the whole shard where that is long."""
        if self._log.is_long:
            self.flush()
            return
        changed = self._log.changed
        await self._log.sync()
        if not self._closed and self._log.changed == changed:  # else not all that is there is safe by now
            self._count()

    def close(self) -> None:
        """Lets go of its files, which else stay open: it could not be opened anew."""
        self._closed = True
        self.shard.close()

    def _count(self) -> None:
        self._tally.write(surely_there(self.shard))


def _once(kept: dict[Key, Value], key: Key, look: Callable[[], Value], kept_max: int) -> Value:
    if key not in kept:
        if len(kept) >= kept_max:
            del kept[next(iter(kept))]
        kept[key] = look()
    return kept[key]
