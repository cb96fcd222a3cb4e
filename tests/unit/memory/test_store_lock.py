"""memory/store_lock.py: one owner, whom the kernel forgets when it dies."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.errors import StoreTaken
from memory.store_lock import FILE, NAMES, StoreLock

HOLDER = """
import sys
from pathlib import Path
from memory.store_lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
lock.take()
print("taken", flush=True)
sys.stdin.read()
"""


Make = Callable[[Path], StoreLock]


@pytest.fixture
def lock_of() -> Iterator[Make]:
    made: list[StoreLock] = []

    def make(directory: Path) -> StoreLock:
        made.append(StoreLock(directory))
        return made[-1]

    yield make
    for each in made:
        each.release()


def test_it_makes_the_directory_and_names_its_holder(tmp_path: Path, lock_of: Make) -> None:
    directory = tmp_path / "a" / "store"
    lock = lock_of(directory)
    lock.take()
    assert (directory / FILE).read_text() == str(os.getpid())
    with pytest.raises(StoreTaken, match=f"pid {os.getpid()}"):
        lock_of(directory).take()


def test_taking_twice_is_having_it_and_releasing_twice_is_harmless(tmp_path: Path, lock_of: Make) -> None:
    lock, other = lock_of(tmp_path), lock_of(tmp_path)
    lock.take()
    lock.take()
    lock.release()
    lock.release()
    other.take()
    with pytest.raises(StoreTaken):
        lock.take()


def test_who_failed_to_take_it_takes_it_once_it_is_free(tmp_path: Path, lock_of: Make) -> None:
    first, second = lock_of(tmp_path), lock_of(tmp_path)
    first.take()
    with pytest.raises(StoreTaken):
        second.take()
    first.release()
    second.take()


def test_a_lock_whose_file_was_deleted_is_taken_anew(tmp_path: Path, lock_of: Make) -> None:
    first = lock_of(tmp_path)
    first.take()
    (tmp_path / FILE).unlink()
    first.take()
    with pytest.raises(StoreTaken):
        lock_of(tmp_path).take()


def test_the_death_of_its_holder_frees_it(tmp_path: Path, lock_of: Make) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        with pytest.raises(StoreTaken, match=f"pid {holder.pid}"):
            lock_of(tmp_path).take()
        holder.kill()
        holder.wait()
        lock_of(tmp_path).take()


def test_who_has_the_names_may_let_go_of_the_store(tmp_path: Path) -> None:
    names, store, other = StoreLock(tmp_path, NAMES), StoreLock(tmp_path), StoreLock(tmp_path)
    names.take()
    store.take()
    store.release()
    other.take()
    with pytest.raises(StoreTaken):
        StoreLock(tmp_path, NAMES).take()
    other.release()
    names.release()
