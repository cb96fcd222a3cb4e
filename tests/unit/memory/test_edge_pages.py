"""What is let go of is not resident any more, and is read again where somebody asks for it."""

import re
import sys
from pathlib import Path

import pytest
import qdrant_edge as edge

from memory import edge_pages
from memory.edge_pages import let_go
from memory.edge_points import create_shard, to_memory, to_point
from tests.contract.memories import DIMENSION, a_memory, embedded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what is mapped")


def resident_bytes(shard: Path) -> int:
    """Of the segments' shared mappings, without the vectors'."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if head := re.match(r"[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+ +(.+)", line):
            counts = (
                head[1][3] == "s" and head[2].startswith(f"{shard}/segments/") and "-dense/" not in head[2]
            )
        elif counts and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


def test_pages_that_were_read_are_let_go_of_and_nothing_is_lost(tmp_path: Path) -> None:
    directory = tmp_path / "shard"
    shard = create_shard(str(directory), DIMENSION)
    memories = [a_memory(text=f"{number} " + "word " * 200) for number in range(2000)]
    shard.update(edge.UpdateOperation.upsert_points([to_point(embedded(each)) for each in memories]))
    shard.close()
    shard = edge.EdgeShard.load(str(directory))
    ids: list[edge.PointId] = [each.id for each in memories]
    shard.retrieve(ids, True, False)  # what opening has read the kernel may have taken back by now
    before = resident_bytes(directory)
    assert let_go(directory) > 0
    assert resident_bytes(directory) < before / 2
    read = {str(point.id): to_memory(point) for point in shard.retrieve(ids, True, False)}
    assert read == {each.id: each for each in memories}
    shard.close()


def test_only_a_shards_own_shared_files_are_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = (tmp_path / "shard").resolve()
    mappings = tmp_path / "maps"
    mappings.write_text(
        "\n".join(
            [
                f"7f0000000000-7f0000001000 rw-s 00000000 00:01 1 {shard}/segments/a/page_0.dat",
                f"7f0000002000-7f0000003000 rw-p 00000000 00:01 1 {shard}/segments/a/private",
                f"7f0000004000-7f0000005000 r--s 00000000 00:01 1 {shard}-2/segments/a/page_0.dat",
                f"7f0000006000-7f0000007000 rw-s 00000000 00:01 1 {shard}/segments/a/vector_storage-dense/c",
                f"7f0000008000-7f000000a000 r--s 00000000 00:01 1 {shard}/segments/a b",
                f"7f000000f000-7f0000010000 rw-s 00000000 00:01 1 {shard}/wal/open-1",
                "7f000000b000-7f000000c000 rw-p 00000000 00:00 0 [heap]",
                "7f000000d000-7f000000e000 rw-p 00000000 00:00 0",
            ]
        )
    )
    monkeypatch.setattr(edge_pages, "MAPPINGS", mappings)
    assert list(edge_pages._mappings(shard)) == [(0x7F0000000000, 0x1000), (0x7F0000008000, 0x2000)]
