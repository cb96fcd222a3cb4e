"""Whether a shard holds what it should: Edge opens much that is damaged without looking."""

from typing import Any

import qdrant_edge as edge

from memory.edge_points import VECTOR
from memory.errors import StoreFailed
from memory.payload import FORGOTTEN

STEP_POINTS = 256


def is_whole(point: Any) -> bool:
    """What was forgotten has no vector, and says so."""
    return bool(point.payload) and (VECTOR in point.vector or FORGOTTEN in point.payload)


def surely_there(shard: edge.EdgeShard) -> int:
    """How many: Edge's own number is at hand, but counts twice what is on its way between segments."""
    info = shard.info()
    return info.points_count if info.segments_count == 1 else shard.count(edge.CountRequest(exact=True))


def prove_each(shard: edge.EdgeShard, points: int) -> None:
    """Reads every point whole. Raises StoreFailed unless there are as many as said, and none lacks a part."""
    offset: edge.PointId | None = None
    found = 0
    while True:
        request = edge.ScrollRequest(offset=offset, limit=STEP_POINTS, with_payload=True, with_vector=True)
        records, offset = shard.scroll(request)
        found += sum(map(is_whole, records))
        if offset is None:
            break
    if found != points:
        raise StoreFailed(
            f"it has {found} whole memories and should have {points}: a file is damaged",
            hint="take another backup; what is there was left as it is",
        )
