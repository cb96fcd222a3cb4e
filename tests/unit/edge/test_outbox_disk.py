"""edge/outbox_disk.py and edge/outbox_faults.py, by what an outbox does over a disk that fails."""

import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge import outbox as module
from edge.entry import Torn
from edge.outbox import LaterLayout, Outbox, Refused
from edge.outbox_faults import is_away, is_broken
from tests.unit.edge.entries import EVERYTHING, an_entry, ids

KITCHEN = "home7/kitchen"


def left(outbox: Outbox) -> list[object]:
    return ids(outbox.waiting(EVERYTHING, EVERYTHING))


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow: the kernel's own refusal, as of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only(outbox: Outbox) -> Iterator[None]:
    """SQLite's own refusal, as of a file system that was remounted read-only."""
    assert outbox._disk.file is not None
    connection = outbox._disk.file._connection
    connection.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA query_only = OFF")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB, where this user may mount one."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(mounted)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)


def test_while_there_is_no_room_entries_wait_in_ram_and_are_written_when_there_is(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a")])
        with no_room():
            assert outbox.put([an_entry("b", 0.9), an_entry("c")]).volatile == 2
            assert outbox.trouble is not None
            assert "kept in RAM meanwhile. Check the disk" in outbox.trouble
            assert left(outbox) == ["b", "a", "c"]
            assert outbox.count == 3
            assert outbox.save().volatile == 2
        assert outbox.save().volatile == 0
        assert outbox.trouble is None
        assert outbox.counts["volatile"] == 2
    with Outbox(tmp_path) as outbox:
        assert left(outbox) == ["b", "a", "c"]


def test_a_disk_that_is_really_full_is_survived(full_disk: Path) -> None:
    volatile = 0
    with Outbox(full_disk, volatile_max=5) as outbox:
        for n in range(400):
            volatile += outbox.put([an_entry(n, text="x" * 2000)]).volatile
        assert volatile > 0
        on_disk, in_ram = outbox.count - 5, 5
        assert on_disk > 10
        assert left(outbox)[-in_ram:] == list(range(395, 400))
        assert outbox.counts["dropped_for_volatile"] == 400 - outbox.count
        outbox.settle(KITCHEN, list(range(on_disk)))
        subprocess.run(["mount", "-o", "remount,size=4m", str(full_disk)], check=True)
        assert outbox.save().volatile == 0
    with Outbox(full_disk) as outbox:
        assert left(outbox) == list(range(395, 400))


def test_a_disk_that_became_read_only_is_survived(full_disk: Path) -> None:
    remount = ["mount", "-o", "remount,{}", str(full_disk)]
    with Outbox(full_disk) as outbox:
        outbox.put([an_entry("a")])
        with read_only(outbox):
            assert outbox.put([an_entry("b")]).volatile == 1
            assert outbox.settle(KITCHEN, ["a"]) == 1
            assert left(outbox) == ["b"]
            assert outbox.count == 1
        outbox.save()
    subprocess.run([part.format("ro") for part in remount], check=True)
    with Outbox(full_disk) as outbox:
        assert outbox.trouble is not None
        assert outbox.put([an_entry("c")]).volatile == 1
        assert left(outbox) == ["c"]
        subprocess.run([part.format("rw") for part in remount], check=True)
        assert outbox.save().volatile == 0
        assert left(outbox) == ["b", "c"]
        assert len({each.n for each in outbox.waiting(9, EVERYTHING)}) == 2


def test_what_was_settled_while_the_disk_was_away_does_not_come_back(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a"), an_entry("b"), an_entry("c")])
        with read_only(outbox):
            outbox.settle(KITCHEN, ["a"])
            outbox.refused([Refused("b", KITCHEN, "invalid", "h")])
            assert outbox.settle(KITCHEN, ["a", "b"]) == 0
            assert left(outbox) == ["c"]
            assert outbox.count == 1
    with Outbox(tmp_path) as outbox:
        assert left(outbox) == ["c"]
        assert (outbox.counts["refused_invalid"], len(outbox.refusals)) == (1, 1)


def test_in_ram_there_is_a_bound_and_what_is_dropped_is_counted_for_ever(tmp_path: Path) -> None:
    with Outbox(tmp_path, volatile_max=2) as outbox, read_only(outbox):
        outbox.put([an_entry("a", 0.5), an_entry("b", 0.9)])
        [dropped] = outbox.put([an_entry("c", 0.6)]).dropped
        assert (dropped.entry.id, dropped.reason) == ("a", "volatile")
    with Outbox(tmp_path) as outbox:
        assert left(outbox) == ["b", "c"]
        assert outbox.counts["dropped_for_volatile"] == 1


def test_puts_find_by_themselves_that_the_disk_is_back(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        with read_only(outbox):
            outbox.put([an_entry()])
        later = [outbox.put([an_entry()]).volatile for _ in range(module.PUTS_PER_TRY)]
        assert later == [1] * (module.PUTS_PER_TRY - 1) + [0]
        assert outbox.trouble is None


def test_what_is_dropped_while_pending_is_written_is_told_by_the_next_put(tmp_path: Path) -> None:
    with Outbox(tmp_path, count_max=2) as outbox:
        outbox.put([an_entry("a"), an_entry("z", entity="home8")])
        with read_only(outbox):
            outbox.put([an_entry("b"), an_entry("c")])
        assert outbox.settle("home8", ["z"]) == 1
        assert [each.entry.id for each in outbox.put([]).dropped] == ["a"]


@pytest.mark.parametrize("fault", [PermissionError, NotADirectoryError])
def test_a_folder_that_cannot_be_ours_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[OSError]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise fault(f"[Errno] {tmp_path}")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(fault, match=str(tmp_path)):
        Outbox(tmp_path)


def test_a_later_versions_outbox_is_left_alone(tmp_path: Path) -> None:
    Outbox(tmp_path).close()
    with sqlite3.connect(tmp_path / "outbox.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(LaterLayout, match="layout 2, this one knows 1"):
        Outbox(tmp_path)


def test_what_is_no_database_is_put_aside_and_a_fresh_one_begun(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(b"no database at all" * 1000)
    with Outbox(tmp_path) as outbox:
        assert outbox.counts == {"broken": 1}
        assert outbox.aside == tmp_path / "outbox.sqlite3.broken-1"
        assert outbox.aside.read_bytes().startswith(b"no database")
        outbox.put([an_entry("a")])
    with Outbox(tmp_path) as outbox:
        assert left(outbox) == ["a"]
        assert outbox.counts == {"broken": 1}


def test_a_file_that_breaks_while_it_is_open_is_replaced_and_nothing_is_lost_that_can_be_read(
    tmp_path: Path,
) -> None:
    with Outbox(tmp_path, count_max=30) as outbox:
        outbox.put([an_entry(n) for n in range(31)])
        outbox.refused([Refused(1, KITCHEN, "invalid", "h")])
        assert outbox._disk.file is not None
        connection = outbox._disk.file._connection
        connection.execute("UPDATE entries SET fields = x'81' WHERE id = 5")
        assert left(outbox) == [n for n in range(2, 31) if n != 5]
        assert outbox.count == 28
        outbox.put([an_entry("new")])
        counts = {"dropped_for_count": 1, "refused_invalid": 1, "broken": 1, "taken_over": 28}
        counts["dropped_bytes"] = outbox.counts["dropped_bytes"]
        assert outbox.counts == {**counts, "put": 32}
    with Outbox(tmp_path) as outbox:
        assert left(outbox) == [*(n for n in range(2, 31) if n != 5), "new"]
        assert outbox.counts == counts
        assert [each.id for each in outbox.refusals] == [1]


def test_a_disk_that_breaks_what_was_just_written_is_none(tmp_path: Path) -> None:
    def breaks(_: object) -> None:
        raise Torn("again")

    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a")])
        assert outbox._disk.run(breaks) is None
        assert "again; kept in RAM meanwhile" in str(outbox.trouble)
        assert outbox.put([an_entry("b")]).volatile == 1
        assert outbox.save().volatile == 0
        assert (left(outbox), outbox.trouble) == (["a", "b"], None)


def test_numbers_stay_what_they_were_when_a_broken_file_is_replaced(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry(n) for n in range(10)])
        before = {each.id: each.n for each in outbox.waiting(9, EVERYTHING)}
        assert outbox._disk.file is not None
        outbox._disk.file._connection.execute("UPDATE entries SET crc = 0 WHERE id = 0")
        after = {each.id: each.n for each in outbox.waiting(9, EVERYTHING)}
        assert after.items() <= before.items() | {(9, 10)}
        assert 0 not in after


@pytest.mark.parametrize(
    ("code", "broken", "away"),
    [
        (sqlite3.SQLITE_CORRUPT, True, False),
        (sqlite3.SQLITE_NOTADB, True, False),
        (sqlite3.SQLITE_FULL, False, True),
        (sqlite3.SQLITE_IOERR_FSYNC, False, True),
        (sqlite3.SQLITE_READONLY_DBMOVED, False, True),
        (sqlite3.SQLITE_CANTOPEN, False, True),
        (sqlite3.SQLITE_MISUSE, False, False),
    ],
)
def test_a_fault_is_broken_or_away_or_our_own(code: int, *, broken: bool, away: bool) -> None:
    fault = sqlite3.DatabaseError("x")
    fault.sqlite_errorcode = code
    assert (is_broken(fault), is_away(fault)) == (broken, away)


def test_faults_of_python_are_told_apart_too() -> None:
    assert is_away(OSError(28, "No space left on device"))
    assert is_broken(Torn())
    assert is_broken(sqlite3.OperationalError("Could not decode to UTF-8 column"))
    assert not is_broken(sqlite3.ProgrammingError("closed"))
    assert not is_away(sqlite3.ProgrammingError("closed"))
