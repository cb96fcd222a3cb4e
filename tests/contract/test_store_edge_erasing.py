"""What only Edge has to do to forget: its files hold what was deleted, until the next generation."""

import asyncio
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import qdrant_edge as edge

from memory import edge_copy, edge_place, edge_points, store_edge
from memory.conditions import EVERYTHING, Filters, scoped
from memory.disk import sync
from memory.edge_live import EdgeLive
from memory.edge_place import EdgePlace
from memory.errors import StoreError
from memory.payload import KEYWORD_FIELDS, NUMBER_FIELDS
from memory.store_edge import EdgeStore
from tests.contract.memories import (
    ALL,
    HOME,
    IDENTITY,
    NOW,
    a_memory,
    embedded,
    put,
    read_nearest,
    texts,
    toward,
)
from tests.contract.test_store_edge import generations, what_is_in

SECRET = "the code of the safe is"
HERE = scoped(HOME, EVERYTHING, NOW)


def holds(directory: Path, words: str) -> list[str]:
    """The files below a directory in which the words are, as `grep -r` finds them."""
    wanted = words.encode()
    return sorted(
        str(file) for file in directory.rglob("*") if file.is_file() and wanted in file.read_bytes()
    )


@contextmanager
def mounted(place: Path, option: str) -> Iterator[Path]:
    """A file system of its own, so small or so full as it has to be."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", option, "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"may not mount a file system: {done.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


async def opened(directory: Path) -> EdgeStore:
    store = EdgeStore(directory)
    await store.open(IDENTITY)
    return store


async def remembered(directory: Path) -> set[str]:
    store = await opened(directory)
    found = await texts(store)
    await store.close()
    return found


async def test_what_is_forgotten_is_on_the_disk_until_it_is_erased(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    kept, secret = a_memory(text="the cat is called Miso"), a_memory(text=f"{SECRET} 4711")
    await put(store, kept, secret)
    await store.flush()
    assert holds(tmp_path, SECRET)
    await store.forget([secret.id], NOW)
    await store.flush()
    assert holds(tmp_path, SECRET), "deleting only marks: else nothing has to be erased"
    assert store.erase_due

    await store.erase()
    assert holds(tmp_path, SECRET) == []
    assert holds(tmp_path, "Miso")
    assert not store.erase_due
    assert await texts(store) == {kept.text}
    await store.close()
    assert holds(tmp_path, SECRET) == []
    assert await remembered(tmp_path) == {kept.text}


async def test_that_it_is_due_survives_a_crash(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    secret = a_memory(text=SECRET)
    await put(store, secret)
    assert not store.erase_due
    await store.forget([secret.id], NOW)
    await store.close()
    again = await opened(tmp_path)
    assert again.erase_due
    await again.erase()
    await again.close()
    assert holds(tmp_path, SECRET) == []
    third = await opened(tmp_path)
    assert not third.erase_due
    await third.close()


async def test_what_is_stored_changed_and_forgotten_while_erasing_is_as_it_should(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    memories = sorted((a_memory() for _ in range(1_000)), key=lambda memory: memory.id)
    await put(store, *memories)
    await store.forget([memories[0].id], NOW)

    expected = {memory.text for memory in memories[1:]}
    erasing = asyncio.create_task(store.erase())
    for turn in range(100):
        early, late = memories[1 + turn], memories[-1 - turn]
        nearly, lately = memories[200 + turn], memories[-201 - turn]
        added = a_memory(text=f"added {turn}")
        changed = a_memory(id=early.id, text=f"changed {turn}")
        await put(store, added)
        await put(store, changed)
        await store.forget([late.id], NOW)
        await store.revise([replace(each, seen=2) for each in (nearly, lately, late)])
        expected = (expected - {early.text, late.text}) | {added.text, changed.text}
        assert not erasing.done() or turn > 10, "it has to overlap with the changes"
        await asyncio.sleep(0)
    await erasing
    assert await texts(store) == expected
    assert sum(memory.seen == 2 for memory in await store.newest(HERE, ALL)) == 200
    assert store.erase_due, "some were forgotten after they were copied"
    await store.erase()
    assert not store.erase_due
    assert holds(tmp_path, memories[-1].text) == []
    await store.close()
    assert await remembered(tmp_path) == expected


async def test_what_is_removed_while_erasing_is_in_neither_generation(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    memories = sorted((a_memory() for _ in range(1_000)), key=lambda memory: memory.id)
    await put(store, *memories)
    erasing = asyncio.create_task(store.erase())
    for turn in range(100):
        await store.remove([memories[turn].id, memories[-1 - turn].id])
        assert not erasing.done() or turn > 10, "it has to overlap with the removals"
    await erasing
    left = {memory.text for memory in memories[100:-100]}
    assert await texts(store) == left
    assert await store.points() == 800
    await store.close()
    assert await remembered(tmp_path) == left


async def test_much_that_was_removed_makes_a_rewriting_due_which_frees_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_edge, "REMOVED_MIN", 300)
    store = await opened(tmp_path)
    memories = [a_memory(text=f"{SECRET} {'x' * 1000} {number}") for number in range(1_000)]
    await put(store, *memories)
    await store.remove([memory.id for memory in memories[:299]])
    assert not store.erase_due
    await store.flush()
    await store.close()
    store = await opened(tmp_path)
    assert not store.erase_due
    await store.remove([memories[299].id])
    assert store.erase_due, "what was removed before this start counts, too"
    await store.remove([memory.id for memory in memories[300:]])
    before = edge_place.bytes_of(tmp_path)
    await store.erase()
    assert not store.erase_due
    assert edge_place.bytes_of(tmp_path) < before
    assert holds(tmp_path, SECRET) == []
    await store.close()


async def test_of_many_that_are_left_a_third_has_to_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_edge, "REMOVED_MIN", 10)
    store = await opened(tmp_path)
    memories = [a_memory() for _ in range(400)]
    await put(store, *memories)
    await store.remove([memory.id for memory in memories[:99]])
    assert not store.erase_due
    await store.remove([memories[99].id])
    assert store.erase_due
    await store.close()


async def test_a_store_that_is_killed_after_removing_opens_with_what_is_left(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    memories = [a_memory() for _ in range(2_000)]
    await put(store, *memories)
    await store.flush()
    await store.remove([memory.id for memory in memories[:1_500]])
    # As a power cut would: the log has the removals, and no flush has counted what is left.
    killed = tmp_path.with_name("killed")
    shutil.copytree(tmp_path, killed)
    await store.close()
    assert await remembered(killed) == {memory.text for memory in memories[1_500:]}


async def test_the_old_generation_is_gone_and_the_new_one_takes_more(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await put(store, a_memory(text="before"))
    for _ in range(3):
        await store.erase()
        assert len(generations(tmp_path)) == 1
    await put(store, a_memory(text="after"))
    await store.flush()
    await store.close()
    assert generations(tmp_path) == {"g4"}
    assert await what_is_in(tmp_path) == {"before", "after"}


async def test_a_copy_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await opened(tmp_path)
    memories = [a_memory() for _ in range(200)]
    await put(store, *memories)
    await store.forget([memories[0].id], NOW)

    def fails(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as full:
        full.setattr(edge_copy, "same_point", fails)
        with pytest.raises(StoreError, match="erasing what was forgotten failed: No space left"):
            await store.erase()
    assert store.erase_due
    assert generations(tmp_path) == {"g1"}
    await put(store, a_memory(text="after"))
    assert await texts(store) == {memory.text for memory in memories[1:]} | {"after"}
    await store.erase()
    assert not store.erase_due
    await store.close()


async def test_a_change_that_fails_in_the_copy_alone_is_stored_and_fails_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await opened(tmp_path)
    await put(store, *(a_memory() for _ in range(500)))
    mirrored: list[object] = []

    def fails(self: edge_copy.EdgeCopy, change: object) -> None:
        mirrored.append(change)
        self._fault = OSError("the copy's disk is full")

    with monkeypatch.context() as full:
        full.setattr(edge_copy.EdgeCopy, "mirror", fails)
        erasing = asyncio.create_task(store.erase())
        await asyncio.sleep(0)
        await put(store, a_memory(text="stored"))
        with pytest.raises(StoreError, match="the copy's disk is full"):
            await erasing
    assert mirrored
    assert "stored" in await texts(store)
    assert generations(tmp_path) == {"g1"}
    await store.close()


async def test_others_have_their_turn_between_any_two_steps_of_making_and_closing_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await opened(tmp_path)
    await put(store, a_memory())
    turn = 0
    done: list[tuple[str, int]] = []

    def watched(of: type, name: str) -> None:
        does = getattr(of, name)

        def noted(*told: Any) -> Any:
            done.append((name, turn))
            return does(*told)

        monkeypatch.setattr(of, name, noted)

    def indexing(shard: edge.EdgeShard) -> Iterator[None]:
        for _ in edge_points.indexing(shard):
            done.append(("index", turn))
            yield

    watched(EdgePlace, "switch")
    watched(EdgeLive, "close")
    monkeypatch.setattr(store_edge, "indexing", indexing)
    erasing = asyncio.create_task(store.erase())
    while not erasing.done():
        turn += 1
        await asyncio.sleep(0)
    turns = [turn for _, turn in done]
    fields = len(KEYWORD_FIELDS) + len(NUMBER_FIELDS)
    assert [name for name, _ in done] == [*("index" for _ in range(fields)), "switch", "close"]
    assert sorted(set(turns)) == turns
    monkeypatch.undo()
    await store.close()


async def test_without_room_for_two_it_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await opened(tmp_path)
    await put(store, a_memory())

    def no_room(_: EdgePlace, wanted_bytes: int = 0) -> None:
        if wanted_bytes:
            raise StoreError("only 1 MB are free", hint="make room")

    with monkeypatch.context() as full:
        full.setattr(EdgePlace, "check_room", no_room)
        with pytest.raises(StoreError, match="only 1 MB"):
            await store.erase()
    assert generations(tmp_path) == {"g1"}
    await store.close()


async def test_a_copy_is_a_generation_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "elsewhere").mkdir()
    store = await opened(tmp_path / "store")
    memories = [a_memory() for _ in range(100)]
    await put(store, *memories)
    await store.forget([memories[0].id], NOW)
    assert await store.copy_to(tmp_path / "elsewhere" / "g1") == 100
    await put(store, a_memory(text="later"))
    await store.close()
    assert await remembered(tmp_path / "elsewhere") == {m.text for m in memories[1:]}
    assert holds(tmp_path / "elsewhere", memories[0].text) == []


async def test_what_is_forgotten_while_it_is_copied_is_not_in_the_copy(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store = await opened(tmp_path / "store")
    memories = sorted((a_memory() for _ in range(500)), key=lambda memory: memory.id)
    secret, *_ = memories = [a_memory(id=memories[0].id, text=SECRET), *memories[1:]]
    await put(store, *memories)
    copying = asyncio.create_task(store.copy_to(tmp_path / "elsewhere" / "g1"))
    while not holds(tmp_path / "store" / "g2", SECRET):
        assert not copying.done()
        await asyncio.sleep(0)
    await store.forget([secret.id], NOW)
    assert await copying == 500
    await store.close()
    assert holds(tmp_path / "elsewhere", SECRET) == []
    assert len(await remembered(tmp_path / "elsewhere")) == 499
    assert generations(tmp_path / "store") == {"g1"}


@pytest.mark.parametrize("small", ["size=128k", "nr_inodes=4"])
async def test_a_copy_to_a_disk_that_is_too_small_is_an_error_and_no_more(tmp_path: Path, small: str) -> None:
    """By its room it is refused at once; with files that it cannot hold, while it is copied."""
    with mounted(tmp_path / "disk", small) as disk:
        store = await opened(tmp_path / "store")
        await put(store, *(a_memory() for _ in range(300)))
        with pytest.raises(StoreError, match=r"are free on the disk of|No space left on device"):
            await store.copy_to(disk / "g1")
        await put(store, a_memory(text="after"))
        await store.flush()
        assert len(await texts(store)) == 301
        assert generations(tmp_path / "store") == {"g1"}
        await store.close()


async def test_a_copy_to_a_slow_disk_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, writes, goes_on = edge_copy.copy_tree, threading.Event(), threading.Event()

    def slow(source: Path, target: Path) -> None:
        writes.set()
        assert goes_on.wait(30)
        real(source, target)

    monkeypatch.setattr(edge_copy, "copy_tree", slow)
    store = await opened(tmp_path / "store")
    await put(store, a_memory(text="before"))
    copying = asyncio.create_task(store.copy_to(tmp_path / "copied"))
    assert await asyncio.to_thread(writes.wait, 30)
    await put(store, a_memory(text="meanwhile"))
    await store.flush()
    assert await texts(store) == {"before", "meanwhile"}
    goes_on.set()
    assert await copying == 1
    await store.close()


async def test_a_store_of_the_older_layout_is_opened_and_erased(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await put(store, a_memory(text="old"))
    await store.close()
    (tmp_path / "g1").rename(tmp_path / "live")
    (tmp_path / "current").unlink()

    store = await opened(tmp_path)
    assert await texts(store) == {"old"}
    await store.erase()
    await store.close()
    assert generations(tmp_path) == {"g1"}
    assert await what_is_in(tmp_path) == {"old"}


async def test_a_store_of_the_older_layout_that_died_before_a_switch_is_opened(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await put(store, a_memory(text="old"))
    await store.close()
    (tmp_path / "g1").rename(tmp_path / "live")
    (tmp_path / "current").unlink()
    await remembered(tmp_path)
    shutil.copytree(tmp_path / "live", tmp_path / "g1")  # whole, and not switched to
    assert await remembered(tmp_path) == {"old"}
    assert generations(tmp_path) == {"live"}


async def test_where_nothing_says_which_generation_none_is_touched(tmp_path: Path) -> None:
    for _ in range(2):
        store = await opened(tmp_path / "a")
        await store.close()
    (tmp_path / "a" / "g1").rename(tmp_path / "a" / "g5")
    store = await opened(tmp_path / "b")
    await store.close()
    (tmp_path / "b" / "g1").rename(tmp_path / "a" / "g6")
    (tmp_path / "a" / "current").unlink()
    with pytest.raises(StoreError, match="holds g5, g6, and nothing says which") as refused:
        await EdgeStore(tmp_path / "a").open(IDENTITY)
    assert "current" in refused.value.hint
    assert generations(tmp_path / "a") == {"g5", "g6"}


@pytest.mark.parametrize("killed", [True, False])
async def test_a_switch_that_the_disk_may_have_made_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, killed: bool
) -> None:
    """The rename is done, and its directory's sync fails: either generation may be found after a crash."""
    store = await opened(tmp_path)
    memories = [a_memory() for _ in range(100)]
    await put(store, *memories)
    await store.forget([memories[0].id], NOW)
    await store.flush()

    def fails(path: Path) -> None:
        if path == tmp_path:
            raise OSError(5, "Input/output error")
        sync(path)

    kept = {memory.text for memory in memories[1:]}
    with monkeypatch.context() as failing:
        failing.setattr(edge_place, "sync", fails)
        with pytest.raises(StoreError, match="Input/output error"):
            await store.erase()
        assert (tmp_path / "current").read_text() == "g2"
        assert generations(tmp_path) == {"g1", "g2"}
        for name in generations(tmp_path) if killed else ():
            shutil.copytree(tmp_path, tmp_path.parent / name)
            (tmp_path.parent / name / "current").write_text(name)
        await put(store, a_memory(text="later"))
        with pytest.raises(StoreError, match="flushing failed"):
            await store.flush()
    if killed:
        for name in ("g1", "g2"):
            assert await remembered(tmp_path.parent / name) == kept
    await store.flush()
    assert (tmp_path / "current").read_text() == "g1"
    assert generations(tmp_path) == {"g1"}
    await store.erase()
    assert not store.erase_due
    await store.close()
    assert await remembered(tmp_path) == kept | {"later"}


# Erases again and again, and says each time what it has stored since.
ERASER = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.contract.memories import IDENTITY, a_memory, put
from memory.store_edge import EdgeStore

async def erase(store):
    while True:
        await store.erase()
        print("erased", flush=True)

async def main(directory):
    store = EdgeStore(Path(directory))
    await store.open(IDENTITY)
    erasing = asyncio.create_task(erase(store))
    for n in range(3_000):
        await put(store, a_memory(text=f"memory {{n}}"))
        print("stored", n, flush=True)
        await asyncio.sleep(0)
    await erasing

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize("erased", [1, 2, 3, 5])
async def test_killed_while_erasing_it_has_all_it_said(tmp_path: Path, erased: int) -> None:
    last = -1
    with subprocess.Popen(
        [sys.executable, "-c", ERASER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as eraser:
        assert eraser.stdout is not None
        for line in eraser.stdout:
            erased -= line == "erased\n"
            if line.startswith("stored"):
                last = int(line.split()[1])
            if not erased:
                break
        eraser.send_signal(signal.SIGKILL)
        for line in eraser.stdout:
            if line.startswith("stored") and line.endswith("\n"):
                last = int(line.split()[1])
    assert last >= 0
    found = await what_is_in(tmp_path)
    assert {f"memory {n}" for n in range(last + 1)} <= found
    assert len(generations(tmp_path)) == 1


async def test_nearness_is_the_same_after_erasing(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.upsert([embedded(a_memory(text=f"{angle}"), toward(angle)) for angle in range(0, 90, 3)])
    before = {c.memory.text: c.similarity for c in await read_nearest(store, HERE, toward(30), ALL)}
    await store.erase()
    after = {c.memory.text: c.similarity for c in await read_nearest(store, HERE, toward(30), ALL)}
    assert after == pytest.approx(before, abs=1e-3)
    assert await store.count(scoped(HOME, Filters(kinds=["observation"]), NOW)) == 30
    await store.close()
