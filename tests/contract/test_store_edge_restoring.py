"""What a restore may cost: nothing that was there, unless what takes its place has proved itself."""

from pathlib import Path

import pytest

from memory.edge_place import EdgePlace
from memory.edge_restore import restore
from memory.errors import StoreError
from tests.contract.memories import NOW, a_memory, put
from tests.contract.test_store_edge import generations, what_is_in
from tests.contract.test_store_edge_erasing import opened, remembered

COPIED = 300
SECRET = a_memory(text="the code of the safe is 4711")

Backed = tuple[Path, Path]
"""A store that holds more than its copy: `SECRET` is forgotten in it, and "later" came later."""


@pytest.fixture
async def backed(tmp_path: Path) -> Backed:
    directory, copy = tmp_path / "store", tmp_path / "copy" / "g1"
    copy.parent.mkdir()
    store = await opened(directory)
    memories = [a_memory(text=f"text {n}") for n in range(COPIED - 1)]
    await put(store, SECRET, *memories)
    assert await store.copy_to(copy) == COPIED
    await store.forget([SECRET.id], NOW)
    await put(store, a_memory(text="later"))
    await store.flush()
    await store.close()
    return directory, copy


@pytest.mark.parametrize(
    ("file", "how"),
    [
        ("edge_config.json", "cut"),
        ("segments/*/segment.json", "gone"),
        ("segments/*/mutable_id_tracker.mappings", "halved"),  # Edge opens it with fewer, and no word
        ("segments/*/payload_storage/page_0.dat", "cut"),
        ("segments/*/vector_storage-dense/vectors/status.dat", "cut"),  # Edge panics
        ("segments/*/vector_storage-dense/vectors/status.dat", "gone"),  # Edge finds nothing
    ],
)
async def test_a_damaged_backup_is_refused_and_what_is_there_stays(
    backed: Backed, file: str, how: str
) -> None:
    directory, copy = backed
    damaged = list((copy / "shard").glob(file))
    assert damaged
    for path in damaged:
        damage(path, how)
    with pytest.raises(StoreError):
        restore(copy, directory, points=COPIED, replace=True)
    assert generations(directory) == {"g1"}
    assert await remembered(directory) == {f"text {n}" for n in range(COPIED - 1)} | {"later"}


async def test_a_backup_with_fewer_than_it_says_is_refused(backed: Backed) -> None:
    directory, copy = backed
    with pytest.raises(StoreError, match=f"has {COPIED} whole memories and should have {COPIED + 1}"):
        restore(copy, directory, points=COPIED + 1, replace=True)
    assert generations(directory) == {"g1"}


async def test_what_was_forgotten_stays_so_and_is_to_be_erased(backed: Backed) -> None:
    directory, copy = backed
    EdgePlace(directory).note_erased()
    assert restore(copy, directory, points=COPIED, replace=True).forgotten == 1
    store = await opened(directory)
    assert (await store.known([SECRET.id])).forgotten == {SECRET.id}
    assert store.erase_due
    await store.close()


async def test_what_is_restored_is_to_be_erased_even_where_nothing_was_before(
    backed: Backed, tmp_path: Path
) -> None:
    """What was forgotten while the copy was made is in its log."""
    _, copy = backed
    assert restore(copy, tmp_path / "new", points=COPIED, replace=False).forgotten == 0
    assert EdgePlace(tmp_path / "new").erase_due


async def test_where_edge_panics_over_the_old_store_it_is_replaced_and_said(backed: Backed) -> None:
    directory, copy = backed
    [status] = (directory / "g1" / "shard").glob("segments/*/vector_storage-dense/vectors/status.dat")
    damage(status, "cut")
    assert restore(copy, directory, points=COPIED, replace=True).forgotten is None
    assert len(await what_is_in(directory)) == COPIED


async def test_an_opening_that_failed_lets_go_of_the_files(backed: Backed) -> None:
    """Even where its fault is kept: else restoring could not read what was forgotten."""
    directory, copy = backed
    (directory / "g1" / "tally.json").write_text("1000")
    with pytest.raises(StoreError, match="and had 1000") as kept:
        await opened(directory)
    assert restore(copy, directory, points=COPIED, replace=True).forgotten == 1
    assert kept.value.hint


@pytest.mark.parametrize("readable", [True, False])
async def test_where_nothing_says_which_is_the_old_one_all_are_asked(
    backed: Backed, tmp_path: Path, *, readable: bool
) -> None:
    directory, copy = backed
    other = await opened(tmp_path / "other")
    await put(other, elsewhere := a_memory())
    await other.forget([elsewhere.id], NOW)
    await other.close()
    (tmp_path / "other" / "g1").rename(directory / "g2")
    (directory / "current").write_text("")
    if not readable:
        damage(directory / "g2" / "shard" / "edge_config.json", "cut")
    forgotten = restore(copy, directory, points=COPIED, replace=True).forgotten
    assert forgotten == (2 if readable else None), "never none, where it could not tell"
    store = await opened(directory)
    assert (await store.known([SECRET.id])).forgotten == {SECRET.id}
    await store.close()


def damage(file: Path, how: str) -> None:
    whole = file.read_bytes()
    file.unlink()
    if how != "gone":
        file.write_bytes(whole[: len(whole) // 2] if how == "halved" else b"")
