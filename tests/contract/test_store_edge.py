"""What only Edge promises: one owner, and what is stored survives the death of its process."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import qdrant_edge as edge

from memory import edge_generation, edge_log, edge_points
from memory.conditions import EVERYTHING, scoped
from memory.edge_live import EdgeLive
from memory.edge_place import shard_of
from memory.errors import StoreBroken, StoreError, StoreFailed, StoreTaken
from memory.store_edge import EdgeStore
from tests.contract.memories import ALL, DIMENSION, HOME, IDENTITY, NOW, a_memory, put, texts

HERE = scoped(HOME, EVERYTHING, NOW)

# Upserts batches of ten and says which; then dies at once, or does what it is told, line by line.
OWNER = f"""
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.contract.memories import IDENTITY, a_memory, put
from memory.store_edge import EdgeStore

async def main(directory, batches, then):
    store = EdgeStore(Path(directory))
    await store.open(IDENTITY)
    print("open", flush=True)
    for batch in range(int(batches)):
        await put(store, *(a_memory(text=f"{{batch}} {{n}}") for n in range(10)))
        if then == "flush half-way" and batch == int(batches) // 2:
            await store.flush()
        print("stored", batch, flush=True)
    if then != "listen":
        os.kill(os.getpid(), signal.SIGKILL)
    for line in sys.stdin:
        match line.strip():
            case "store and flush":
                await put(store, a_memory(text="later"))
                await store.flush()
            case "close":
                await store.close()
        print("done", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@contextmanager
def an_owner(directory: Path, *, batches: int, then: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(directory), str(batches), then],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told(owner: subprocess.Popen[str], line: str) -> str:
    assert owner.stdin is not None
    assert owner.stdout is not None
    owner.stdin.write(f"{line}\n")
    owner.stdin.flush()
    return owner.stdout.readline().strip()


def heard(owner: subprocess.Popen[str], line: str) -> None:
    assert owner.stdout is not None
    for said in owner.stdout:
        if said.strip() == line:
            return
    pytest.fail(f"the owner ended before it said {line!r}")


def generations(directory: Path) -> set[str]:
    return {each.name for each in directory.iterdir() if each.is_dir()}


async def what_is_in(directory: Path) -> set[str]:
    store = EdgeStore(directory)
    await store.open(IDENTITY)
    found = await texts(store)
    assert await store.points() == len(found)
    await store.close()
    return found


@pytest.mark.parametrize("then", ["die", "flush half-way"])
@pytest.mark.parametrize("batches", [1, 30])
async def test_what_upsert_returned_from_survives_kill_9(tmp_path: Path, batches: int, then: str) -> None:
    with an_owner(tmp_path, batches=batches, then=then) as owner:
        said, _ = owner.communicate()
    assert owner.returncode == -signal.SIGKILL
    assert said.split("\n")[-2] == f"stored {batches - 1}"
    assert await what_is_in(tmp_path) == {f"{batch} {n}" for batch in range(batches) for n in range(10)}


async def test_what_revise_returned_from_survives_the_death_of_its_process(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path / "alive")
    await store.open(IDENTITY)
    kept, gone = a_memory(text="kept"), a_memory(text="gone")
    await put(store, kept, gone)
    await store.flush()
    await store.revise([replace(each, seen=2) for each in (kept, gone)])
    await store.forget([gone.id], NOW)
    # What a process that dies now leaves in its files.
    shutil.copytree(tmp_path / "alive", tmp_path / "dead")
    await store.close()

    again = EdgeStore(tmp_path / "dead")
    await again.open(IDENTITY)
    assert await again.page(HERE, 10) == [replace(kept, seen=2)]
    assert (await again.known([gone.id])).forgotten == {gone.id}
    await again.close()


async def test_killed_at_any_instant_it_has_all_it_said_and_takes_more(tmp_path: Path) -> None:
    with an_owner(tmp_path, batches=ALL, then="listen") as owner:
        heard(owner, "stored 25")
        owner.kill()
        owner.wait()
    promised = {f"{batch} {n}" for batch in range(26) for n in range(10)}
    assert promised <= await what_is_in(tmp_path)

    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    await put(store, a_memory(text="after"))
    await store.close()
    assert promised | {"after"} <= await what_is_in(tmp_path)


async def test_a_store_in_use_is_refused_and_the_first_owner_is_not_harmed(tmp_path: Path) -> None:
    with an_owner(tmp_path, batches=1, then="listen") as owner:
        heard(owner, "stored 0")
        for _ in range(2):
            with pytest.raises(StoreTaken) as refused:
                await EdgeStore(tmp_path).open(IDENTITY)
        assert f"pid {owner.pid}" in str(refused.value)
        assert "MEMBROKER_DATA" in refused.value.hint
        assert told(owner, "store and flush") == "done"
        assert told(owner, "close") == "done"
        assert await what_is_in(tmp_path) == {f"0 {n}" for n in range(10)} | {"later"}


async def test_a_killed_owner_leaves_no_lock(tmp_path: Path) -> None:
    with an_owner(tmp_path, batches=1, then="listen") as owner:
        heard(owner, "stored 0")
        owner.kill()
        owner.wait()
        assert len(await what_is_in(tmp_path)) == 10


async def test_two_in_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    first = EdgeStore(tmp_path)
    await first.open(IDENTITY)
    with pytest.raises(StoreTaken, match=f"pid {os.getpid()}"):
        await EdgeStore(tmp_path).open(IDENTITY)
    with pytest.raises(StoreTaken):
        await first.open(IDENTITY)
    await put(first, a_memory(text="mine"))
    await first.close()
    assert await what_is_in(tmp_path) == {"mine"}


@pytest.mark.parametrize("cut_short", ["create_shard", "make_whole"])
async def test_a_store_whose_making_was_cut_short_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_short: str
) -> None:
    def dies(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(edge_generation, cut_short, dies)
        with pytest.raises(StoreError, match="No space left on device"):
            await EdgeStore(tmp_path).open(IDENTITY)
    assert await what_is_in(tmp_path) == set()


async def test_what_a_crash_left_half_made_is_thrown_away(tmp_path: Path) -> None:
    for half_made in ("new", "g1", "g7"):
        (tmp_path / half_made / "shard" / "segments").mkdir(parents=True)
        (tmp_path / half_made / "shard" / "edge_config.json").write_text("{")
    assert await what_is_in(tmp_path) == set()
    assert generations(tmp_path) == {"g8"}, "it proved itself, and only then the others went"


async def test_an_index_that_is_missing_is_made_at_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EdgeStore(tmp_path)
    with monkeypatch.context() as older:
        older.setattr(edge_points, "KEYWORD_FIELDS", ("scope",))
        await store.open(IDENTITY)
        await put(store, a_memory(device="k1"), a_memory(device="k2"))
        with pytest.raises(StoreError, match="index"):
            await store.count_by(scoped(HOME, EVERYTHING, NOW), "device")
        await store.close()
    await store.open(IDENTITY)
    assert await store.count_by(scoped(HOME, EVERYTHING, NOW), "device") == {"k1": 1, "k2": 1}
    await store.close()


async def test_a_directory_that_cannot_be_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(StoreError, match=r"opening the store in .*file") as refused:
        await EdgeStore(tmp_path / "file").open(IDENTITY)
    assert "disk" in refused.value.hint


async def test_a_damaged_shard_is_a_store_error_and_leaves_no_lock(tmp_path: Path) -> None:
    await what_is_in(tmp_path)
    config = tmp_path / "g1" / "shard" / "edge_config.json"
    whole = config.read_text()
    config.write_text(whole[:10])
    with pytest.raises(StoreError, match="opening the store"):
        await EdgeStore(tmp_path).open(IDENTITY)
    config.write_text(whole)
    assert await what_is_in(tmp_path) == set()


async def test_the_identity_is_readable_beside_the_shard(tmp_path: Path) -> None:
    await what_is_in(tmp_path)
    assert json.loads((tmp_path / "g1" / "identity.json").read_text()) == {
        "contract": 1,
        "model": "a/model",
        "precision": "int8",
        "dimension": DIMENSION,
        "language": "english",
        "layout": 2,
    }


@pytest.mark.parametrize("file", ["mutable_id_tracker.mappings", "mutable_id_tracker.versions"])
async def test_memories_that_a_damaged_file_lost_are_missed_at_the_next_opening(
    tmp_path: Path, file: str
) -> None:
    """Edge itself opens it without a word, and would serve what is left."""
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    for batch in range(10):
        await put(store, *(a_memory(text=f"{batch} {n}") for n in range(20)))
        await store.flush()
    await store.close()
    [cut] = (tmp_path / "g1" / "shard" / "segments").glob(f"*/{file}")
    whole = cut.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreFailed, match="and had 200: a file is damaged") as lost:
        await EdgeStore(tmp_path).open(IDENTITY)
    assert "membroker restore" in lost.value.hint


async def test_a_panic_of_edge_is_a_fault_of_the_store(tmp_path: Path) -> None:
    await what_is_in(tmp_path)
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    await put(store, a_memory(text="one"))
    await store.close()
    [status] = (tmp_path / "g1" / "shard").glob("segments/*/vector_storage-dense/vectors/status.dat")
    status.write_bytes(b"")
    with pytest.raises(StoreBroken, match="panicked"):
        await EdgeStore(tmp_path).open(IDENTITY)


async def test_what_a_second_opener_broke_is_whole_again_once_it_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `Reopen` stands on: everything unacknowledged is sent again, and nothing acknowledged is gone."""
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    await put(store, a_memory(text="flushed"))
    with monkeypatch.context() as short:
        short.setattr(edge_log, "POINTS_MAX", 0)
        await store.flush()
    with pytest.raises(Exception, match="WouldBlock"):
        edge.EdgeShard.load(str(tmp_path / "g1" / "shard"))
    await put(store, a_memory(text="logged"))
    await store.flush()
    await put(store, a_memory(text="not flushed"))
    monkeypatch.setattr(edge_log, "POINTS_MAX", 0)
    for _ in range(2):
        with pytest.raises(StoreFailed, match="flushing failed"):
            await store.flush()
    with pytest.raises(StoreFailed, match="closing"):
        await store.close()
    assert await what_is_in(tmp_path) >= {"flushed", "logged"}


async def test_what_is_removed_makes_the_log_long_sooner_than_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_log, "POINTS_MAX", 3 + 2 * edge_log.REMOVED_AS)
    flushed: list[EdgeLive] = []
    flush = EdgeLive.flush

    def watched(live: EdgeLive) -> None:
        flushed.append(live)
        flush(live)

    monkeypatch.setattr(EdgeLive, "flush", watched)
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    memories = [a_memory() for _ in range(3)]
    await put(store, *memories)
    flushed.clear()
    for number, memory in enumerate(memories):
        await store.remove([memory.id])
        await store.flush()
        assert len(flushed) == (number >= 1)
    await store.close()


async def test_where_the_log_cannot_be_synced_the_shard_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> None:
        raise OSError(5, "Input/output error", str(path))

    store = EdgeStore(tmp_path / "store")
    await store.open(IDENTITY)
    memory = a_memory(text="twice tried")
    await put(store, memory)
    monkeypatch.setattr(edge_log, "sync", fails)
    with pytest.raises(StoreFailed, match="Input/output error"):
        await store.flush()
    await store.flush()
    shutil.copytree(tmp_path / "store", tmp_path / "cut")
    await store.close()
    log = shard_of(tmp_path / "cut" / "g1") / "wal"
    for file in log.glob("open-*"):
        file.unlink()
    assert await what_is_in(tmp_path / "cut") == {memory.text}


@pytest.mark.parametrize(
    "damaged", [b"", b"\n", b"\0\0\0", b"g11\n", b"g1\0", b"../g1", b"\xff\xfe", b"shard", b"g1 g2"]
)
async def test_where_what_says_which_generation_is_damaged_none_is_touched(
    tmp_path: Path, damaged: bytes
) -> None:
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    await put(store, a_memory(text="kept"))
    await store.close()
    current = tmp_path / "current"
    assert current.read_text() == "g1"
    current.write_bytes(damaged)
    with pytest.raises(StoreError, match="holds g1, and current there says") as refused:
        await EdgeStore(tmp_path).open(IDENTITY)
    assert "write the name of the right one" in refused.value.hint
    assert generations(tmp_path) == {"g1"}
    current.write_text("g1\n")
    assert await what_is_in(tmp_path) == {"kept"}, "an editor's line end is none of the name"


async def test_a_generation_that_does_not_prove_itself_leaves_the_others(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    await put(store, a_memory(text="kept"))
    await store.close()
    shutil.copytree(tmp_path / "g1", tmp_path / "g2")
    (tmp_path / "current").write_text("g2")
    (tmp_path / "g2" / "shard" / "edge_config.json").write_text("{")
    with pytest.raises(StoreError, match="opening the store"):
        await EdgeStore(tmp_path).open(IDENTITY)
    assert generations(tmp_path) == {"g1", "g2"}
    (tmp_path / "current").write_text("g1")
    assert await what_is_in(tmp_path) == {"kept"}
    assert generations(tmp_path) == {"g1"}
