"""What questions read is read before they ask, where there is room for it."""

from pathlib import Path

import pytest
import qdrant_edge as edge

from memory import edge_ahead
from memory.edge_ahead import ReadAhead
from memory.edge_points import create_shard, to_point
from memory.store_edge import EdgeStore
from tests.contract.memories import DIMENSION, IDENTITY, a_memory, embedded


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """With the files of some memories, closed."""
    made = create_shard(str(tmp_path / "shard"), DIMENSION)
    made.update(edge.UpdateOperation.upsert_points([to_point(embedded(a_memory())) for _ in range(100)]))
    made.close()
    return tmp_path / "shard"


def bytes_of(shard: Path, *parts: str) -> int:
    files = [file for part in parts for file in shard.glob(f"segments/*/{part}/**/*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def read_ahead(shard: Path) -> int:
    ahead = ReadAhead(shard)
    ahead.wait()
    return ahead.bytes_read


def test_vectors_words_and_payloads_are_read(shard: Path) -> None:
    parts = ("vector_storage-dense", "vector_storage-words", "payload_storage")
    assert all(bytes_of(shard, part) > 0 for part in parts)
    assert read_ahead(shard) == bytes_of(shard, *parts)


@pytest.mark.parametrize("said", ["MemAvailable:  {kib} kB\n", "MemFree: 99999999999 kB\n"])
def test_nothing_is_read_where_it_would_not_stay(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    kib = edge_ahead.ROOM_PART * bytes_of(shard, *edge_ahead.PARTS) // 1024 - 1
    monkeypatch.setattr(edge_ahead, "MEMORY", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text(said.format(kib=kib))
    assert read_ahead(shard) == 0


def test_a_system_that_does_not_say_and_a_shard_that_is_gone_are_left(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_ahead(tmp_path / "nowhere") == 0
    monkeypatch.setattr(edge_ahead, "MEMORY", tmp_path / "nowhere")
    assert read_ahead(shard) == 0


async def test_a_store_reads_ahead_when_it_opens_and_stops_when_it_closes(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    assert store._ahead is not None
    await store.close()
    assert not store._ahead._thread.is_alive()
