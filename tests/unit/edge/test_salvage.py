"""edge/salvage.py: real files, with real damage."""

import random
from pathlib import Path

import pytest

from edge.outbox import Outbox
from edge.salvage import BROKEN_MAX, entries_of, put_aside
from tests.unit.edge.entries import EVERYTHING, an_entry, ids

COUNT = 400
PAGE_BYTES = 4096


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An outbox file of COUNT entries."""
    folder = tmp_path_factory.mktemp("whole")
    with Outbox(folder) as outbox:
        outbox.put([an_entry(n, text=f"entry {n} " * 20) for n in range(COUNT)])
    return (folder / "outbox.sqlite3").read_bytes()


def test_of_a_file_that_is_whole_everything_is_read_oldest_first(tmp_path: Path, whole: bytes) -> None:
    file = tmp_path / "f"
    file.write_bytes(whole)
    assert ids(entries_of(file)) == list(range(COUNT))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_read_around_the_damage_is_as_it_was_put_and_an_outbox_begins_with_it(
    tmp_path: Path, whole: bytes, seed: int
) -> None:
    drawn = random.Random(seed)
    damaged = bytearray(whole)
    # Never the first two pages, where the file says what it is: of those nothing can be read.
    for page in drawn.sample(range(2, len(whole) // PAGE_BYTES), 3):
        start = page * PAGE_BYTES
        damaged[start : start + PAGE_BYTES] = drawn.choice([bytes(PAGE_BYTES), drawn.randbytes(PAGE_BYTES)])
    (tmp_path / "outbox.sqlite3").write_bytes(damaged)
    with Outbox(tmp_path) as outbox:
        found = {each.id: each.fields["t"] for each in outbox.waiting(EVERYTHING, EVERYTHING)}
        assert found == {n: f"entry {n} " * 20 for n in range(COUNT) if n in found}
        assert outbox.counts["taken_over"] == outbox.count == len(found) > COUNT // 3
        assert outbox.counts["broken"] == 1
        outbox.put([an_entry("new")])
    with Outbox(tmp_path) as outbox:
        assert outbox.count == len(found) + 1


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.95])
def test_a_file_that_was_cut_is_begun_anew_whatever_is_left(tmp_path: Path, whole: bytes, cut: float) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(whole[: int(len(whole) * cut)])
    with Outbox(tmp_path) as outbox:
        assert outbox.counts["broken"] == 1
        outbox.put([an_entry("new")])
        assert "new" in ids(outbox.waiting(EVERYTHING, EVERYTHING))


def test_a_flipped_bit_in_what_was_said_is_no_entry(tmp_path: Path, whole: bytes) -> None:
    file = tmp_path / "f"
    file.write_bytes(whole.replace(b"entry 7 entry 7", b"entry 7 ebtry 7", 1))
    assert ids(entries_of(file)) == [n for n in range(COUNT) if n != 7]


def test_its_log_goes_aside_with_it(tmp_path: Path) -> None:
    file = tmp_path / "outbox.sqlite3"
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a")])
        (tmp_path / "copy").write_bytes(file.read_bytes())
        (tmp_path / "copy-wal").write_bytes((tmp_path / "outbox.sqlite3-wal").read_bytes())
    aside = put_aside(tmp_path / "copy")
    assert sorted(each.name for each in tmp_path.glob("copy*")) == ["copy.broken-1", "copy.broken-1-wal"]
    assert ids(entries_of(aside)) == ["a"]


def test_only_the_newest_broken_files_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "outbox.sqlite3"
    for n in range(BROKEN_MAX + 2):
        file.write_bytes(b"%d" % n)
        (tmp_path / "outbox.sqlite3-wal").write_bytes(b"log")
        assert put_aside(file).read_bytes() == b"%d" % n
    kept = sorted(each.name for each in tmp_path.iterdir())
    assert kept == [f"outbox.sqlite3.broken-{n}{log}" for n in (3, 4, 5) for log in ("", "-wal")]


def test_of_what_is_no_database_nothing_is_read(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"nothing of ours" * 500)
    assert list(entries_of(file)) == []
