"""Which ids are stored and which forgotten, of those that were looked up lately: ingest asks thrice of each.

Right as long as whoever changes points says which: a shard has one owner, so there is nobody else.
"""

from collections.abc import Sequence

import qdrant_edge as edge

from memory.payload import FORGOTTEN
from memory.records import Known
from memory.store import point_ids

IDS_MAX = 16_384
"""Of the younger ones, as many of the older: some 5 MB. Together twice what waits for one flush."""


class EdgeKnown:
    """Of one shard."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        self._shard = shard
        self._young: dict[str, bool | None] = {}
        """By id in its usual form: stored, forgotten (False), or neither (None)."""
        self._old: dict[str, bool | None] = {}
        """Looked up before those; what nobody asks for any more goes with them."""

    def known(self, ids: Sequence[str]) -> Known:
        """Of ids in any form; said in their usual one. Raises what Edge raises."""
        if len(self._young) + len(ids) > IDS_MAX:
            self._old, self._young = self._young, {}
        young, old = self._young, self._old
        young |= {each: old[each] for each in ids if each in old}
        named: Sequence[str] = ids
        if lacking := [each for each in ids if each not in young]:
            unsure = point_ids(lacking)
            young |= self._looked_up(unsure)
            named = [*(each for each in ids if each in young), *unsure]
        return Known(
            {each for each in named if young[each]}, {each for each in named if young[each] is False}
        )

    def changing(self, ids: Sequence[str]) -> None:
        """What is known of these is looked up again: said before the change, which may be made in part."""
        for each in point_ids(ids):
            self._young.pop(each, None)
            self._old.pop(each, None)

    def _looked_up(self, ids: Sequence[str]) -> dict[str, bool | None]:
        found = self._shard.retrieve([*ids], with_payload=[FORGOTTEN], with_vector=False)
        return dict.fromkeys(ids) | {str(record.id): not record.payload for record in found}
