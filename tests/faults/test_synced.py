"""Promise: a flush that returned survives a power cut.

A copy of the directory shows what the kernel holds; the system calls show what the disk does. What changed
and was not synced, by descriptor or by mapping, is thrown away here.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from memory.records import Embedded, Words
from memory.store_edge import EdgeStore
from tests.contract.memories import a_memory
from tests.faults.ingesting import IDENTITY

ROOT = Path(__file__).parents[2]
ROUNDS = 4
PER_ROUND = 100
PROGRAM = """
import asyncio, hashlib, os, shutil, sys
from pathlib import Path
import numpy as np
from memory.records import Embedded, Words
from memory.store_edge import EdgeStore
from tests.contract.memories import a_memory
from tests.faults.ingesting import IDENTITY

def state(directory):
    files = (file for file in directory.rglob("*") if file.is_file())
    return {str(file.relative_to(directory)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

async def main(directory, rounds, count):
    store = EdgeStore(directory / "store")
    await store.open(IDENTITY)
    shutil.copytree(directory / "store", directory / "before")
    before = state(directory / "store")
    for number in range(rounds):
        os.write(2, b"BEGIN\\n")
        memories = [a_memory(text=f"{number} {n}", entity=f"home/{number}") for n in range(count)]
        vectors = np.eye(4, dtype=np.float32)
        await store.upsert([Embedded(memory, vectors[n % 4], Words()) for n, memory in enumerate(memories)])
        await store.flush()
        os.write(2, b"END\\n")
        after = state(directory / "store")
        for name in sorted(name for name in after if after[name] != before.get(name)):
            print(number, name)
        before = after
    shutil.copytree(directory / "store", directory / "after")
    await store.close()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
"""
MAPPED = re.compile(r"mmap\(.*MAP_SHARED.*<(/[^>]+)>, (0x)?[0-9a-f]+\) = (0x[0-9a-f]+)")
SYNCED = re.compile(r"f(?:data)?sync\(\d+<(/[^>]+)>\) = 0")
RENAMED = re.compile(r'renameat2?\(\d+<([^>]+)>, "([^"]+)", \d+<([^>]+)>, "([^"]+)".* = 0')
UNFINISHED = " <unfinished ...>"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
MSYNCED = re.compile(r"msync\((0x[0-9a-f]+), \d+, MS_SYNC\) = 0")


def traced(tmp_path: Path) -> tuple[list[str], list[str]]:
    """What the program says of changed files, and its system calls."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    calls = tmp_path / "calls"
    command = [
        strace,
        "-f",
        "-y",
        "-e",
        "trace=mmap,msync,fsync,fdatasync,write,renameat,renameat2",
        "-o",
        str(calls),
    ]
    command += [sys.executable, "-c", PROGRAM, str(tmp_path), str(ROUNDS), str(PER_ROUND)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if "ptrace" in ran.stderr:
        pytest.skip(f"strace may not look: {ran.stderr.splitlines()[0]}")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines(), list(whole_calls(calls.read_text(errors="replace").splitlines()))


def whole_calls(lines: list[str]) -> Iterator[str]:
    """Each call on one line: strace breaks one in two while another thread calls."""
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(" ", 1)[0]
        if line.endswith(UNFINISHED):
            begun[thread] = line.removesuffix(UNFINISHED)
        elif resumed := RESUMED.search(line):
            yield begun.pop(thread, "") + line[resumed.end() :]
        else:
            yield line


def synced_in_rounds(calls: list[str]) -> Iterator[set[str]]:
    """For each round, the files that were synced in it."""
    mapped: dict[str, str] = {}
    synced: set[str] = set()
    for call in calls:
        if found := MAPPED.search(call):
            mapped[found[3]] = found[1]
        elif found := SYNCED.search(call):
            synced.add(found[1])
        elif (found := MSYNCED.search(call)) and found[1] in mapped:
            synced.add(mapped[found[1]])
        elif (found := RENAMED.search(call)) and f"{found[1]}/{found[2]}" in synced:
            synced.add(f"{found[3]}/{found[4]}")
        elif '"BEGIN' in call:
            synced = set()
        elif '"END' in call:
            yield synced


async def test_what_was_synced_is_enough(tmp_path: Path) -> None:
    said, calls = traced(tmp_path)
    rounds = list(synced_in_rounds(calls))
    assert len(rounds) == ROUNDS
    changed = [line.split(" ", 1) for line in said]
    assert {number for number, _ in changed} == {str(number) for number in range(ROUNDS)}
    lost = {name for number, name in changed if str(tmp_path / "store" / name) not in rounds[int(number)]}
    # The log's tail: what a flush returned from stands in the segments, and the log is not read for it.
    # The tally: an older one says less, and nothing that is not so.
    assert {Path(name).parent.name for name in lost if Path(name).name != "tally.json"} <= {"wal"}
    for name in lost:  # the cut: what was not synced is as it was in the beginning
        before, after = tmp_path / "before" / name, tmp_path / "after" / name
        if before.exists():
            shutil.copy(before, after)
        else:
            after.unlink()
    await everything_is_there_and_more_can_be_stored(tmp_path / "after")


async def everything_is_there_and_more_can_be_stored(directory: Path) -> None:
    for more in range(3):
        store = EdgeStore(directory)
        await store.open(IDENTITY)
        assert await store.points() == ROUNDS * PER_ROUND + more
        memory = a_memory(text=f"after the cut, {more}")
        await store.upsert([Embedded(memory, np.eye(4, dtype=np.float32)[0], Words())])
        await store.flush()
        assert (await store.known([memory.id])).stored == {memory.id}
        await store.close()
