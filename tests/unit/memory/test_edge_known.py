"""What is remembered of lookups is what the shard would say: it is asked once, and again after a change."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import qdrant_edge as edge

from memory.edge_known import IDS_MAX, EdgeKnown
from memory.edge_points import create_shard, to_point, to_removal, to_tombstone
from memory.records import Embedded, Known, Memory, Words

IDS = [str(UUID(int=number)) for number in range(4)]


class Counting:
    """A real shard, and how many ids it was asked for."""

    def __init__(self, shard: edge.EdgeShard) -> None:
        self.shard = shard
        self.asked = 0

    def retrieve(self, ids: list[str], **how: object) -> list[edge.Record]:
        self.asked += len(ids)
        return self.shard.retrieve(ids, **how)  # type: ignore[arg-type]


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[Counting]:
    opened = create_shard(str(tmp_path / "shard"), 4)
    yield Counting(opened)
    opened.close()


@pytest.fixture
def known(shard: Counting) -> EdgeKnown:
    return EdgeKnown(shard)  # type: ignore[arg-type]


def put(shard: Counting, *ids: str) -> None:
    vector = np.array([1, 0, 0, 0], dtype=np.float32)
    points = [
        to_point(Embedded(Memory(each, "home", "home7", "d", "note", "hm", 1.0, 1.0), vector, Words()))
        for each in ids
    ]
    shard.shard.update(edge.UpdateOperation.upsert_points(points))


def test_stored_forgotten_and_unknown_ones_are_told_apart(shard: Counting, known: EdgeKnown) -> None:
    put(shard, IDS[0])
    shard.shard.update(edge.UpdateOperation.upsert_points([to_tombstone(IDS[1], 7.0)]))
    for _ in range(2):
        assert known.known(IDS[:3]) == Known({IDS[0]}, {IDS[1]})
    assert shard.asked == 3, "the second answer is the first one"


def test_what_is_being_changed_is_looked_up_again(shard: Counting, known: EdgeKnown) -> None:
    assert known.known(IDS) == Known()
    known.changing(IDS[:1])
    put(shard, IDS[0])
    assert known.known(IDS) == Known({IDS[0]})
    known.changing(IDS[:1])
    shard.shard.update(edge.UpdateOperation.upsert_points([to_tombstone(IDS[0], 7.0)]))
    assert known.known(IDS) == Known(forgotten={IDS[0]})
    assert shard.asked == len(IDS) + 2


def test_what_is_removed_is_unknown_and_what_is_forgotten_stays_so(shard: Counting, known: EdgeKnown) -> None:
    put(shard, IDS[0])
    shard.shard.update(edge.UpdateOperation.upsert_points([to_tombstone(IDS[1], 7.0)]))
    assert known.known(IDS) == Known({IDS[0]}, {IDS[1]})
    known.changing(IDS)
    shard.shard.update(to_removal(IDS))
    assert known.known(IDS) == Known(forgotten={IDS[1]})


def test_it_does_not_grow_without_bound(shard: Counting, known: EdgeKnown) -> None:
    put(shard, IDS[0])
    for start in range(0, 2 * IDS_MAX, 1024):
        known.known([str(UUID(int=10 + start + number)) for number in range(1024)])
    assert len(known._young) <= IDS_MAX
    assert len(known._old) <= IDS_MAX
    assert known.known(IDS) == Known({IDS[0]})
    many = [str(UUID(int=10 + number)) for number in range(IDS_MAX + 1)]
    assert known.known([*IDS, *many]) == Known({IDS[0]}), "all of one question are known, however many"


def test_what_is_asked_for_again_and_again_is_looked_up_once(shard: Counting, known: EdgeKnown) -> None:
    put(shard, IDS[0])
    others = 0
    for start in range(0, 4 * IDS_MAX, 1024):
        assert known.known(IDS) == Known({IDS[0]})
        known.known([str(UUID(int=10 + start + number)) for number in range(1024)])
        others += 1024
    assert shard.asked == others + len(IDS)
    known.changing(IDS)
    known.known(IDS)
    assert shard.asked == others + 2 * len(IDS), "the old ones, too"
