"""Which ids are stored and which forgotten, of those that were looked up lately: ingest asks thrice of each.

Right as long as whoever changes points says which: a shard has one owner, so there is nobody else.
"""

from collections.abc import Sequence

import qdrant_edge as edge

from memory.payload import FORGOTTEN
from memory.records import Known
from memory.store import point_ids

IDS_MAX = 16_384
"""Some 3 MB; twice what waits for one flush."""


class EdgeKnown:
    """Of one shard."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        self._shard = shard
        self._is_stored: dict[str, bool | None] = {}
        """By id in its usual form: stored, forgotten (False), or neither (None)."""

    def known(self, ids: Sequence[str]) -> Known:
        """Of ids in any form; said in their usual one. Raises what Edge raises."""
        if len(self._is_stored) + len(ids) > IDS_MAX:
            self._is_stored.clear()
        is_stored = self._is_stored
        named = [each for each in ids if each in is_stored]
        if len(named) < len(ids):
            unsure = point_ids([each for each in ids if each not in is_stored])
            is_stored |= self._looked_up(unsure)
            named += unsure
        return Known(
            {each for each in named if is_stored[each]}, {each for each in named if is_stored[each] is False}
        )

    def changing(self, ids: Sequence[str]) -> None:
        """What is known of these is looked up again: said before the change, which may be made in part."""
        for each in point_ids(ids):
            self._is_stored.pop(each, None)

    def _looked_up(self, ids: Sequence[str]) -> dict[str, bool | None]:
        found = self._shard.retrieve([*ids], with_payload=[FORGOTTEN], with_vector=False)
        return dict.fromkeys(ids) | {str(record.id): not record.payload for record in found}
