"""Promise: a flush that returned survives a power cut.

A copy of the directory shows what the kernel holds; the system calls show what the disk does. What changed
and was not synced, by descriptor or by mapping, is thrown away here: all of it, or, as the kernel may have
written some of it by itself, some files.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from memory.conditions import EVERYTHING, scoped
from memory.disk import copy_tree
from memory.records import Embedded, Scope, Words
from memory.store_edge import EdgeStore
from tests.contract.memories import NOW, a_memory
from tests.faults.ingesting import IDENTITY

ROOT = Path(__file__).parents[2]
ROUNDS = 5
PER_ROUND = 100
LOGGED_MAX = 150
"""So that every other round is only logged, and among them the last."""
MIXES = 2
"""Of files as they were synced, and as the kernel had them."""
PROGRAM = """
import asyncio, hashlib, os, sys
from pathlib import Path
import numpy as np
from memory import edge_log
from memory.disk import copy_tree
from memory.records import Embedded, Words
from memory.store_edge import EdgeStore
from tests.contract.memories import a_memory
from tests.faults.ingesting import IDENTITY

def state(directory):
    files = (file for file in directory.rglob("*") if file.is_file())
    return {str(file.relative_to(directory)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

async def main(directory, rounds, count, logged_max):
    edge_log.POINTS_MAX = logged_max
    store = EdgeStore(directory / "store")
    await store.open(IDENTITY)
    copy_tree(directory / "store", directory / "before")
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
        copy_tree(directory / "store", directory / f"after-{number}")
    await store.close()

asyncio.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
"""
MAPPED = re.compile(r"mmap\(.*MAP_SHARED.*<(/[^>]+)>, (0x)?[0-9a-f]+\) = (0x[0-9a-f]+)")
SYNCED = re.compile(r"f(?:data)?sync\(\d+<(/[^>]+)>\) = 0")
RENAMED = re.compile(r'renameat2?\(\d+<([^>]+)>, "([^"]+)", \d+<([^>]+)>, "([^"]+)".* = 0')
EVERYWHERE = scoped(Scope("acme", "home", below=True), EVERYTHING, NOW)
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
    command += [sys.executable, "-c", PROGRAM, str(tmp_path), str(ROUNDS), str(PER_ROUND), str(LOGGED_MAX)]
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
    on_disk = as_synced(tmp_path, rounds)
    lost = {name for number, name in changed if on_disk.get(name) != tmp_path / f"after-{number}" / name}
    assert any("segments" in name for name in lost), "what is only logged is in no segment that was synced"
    for seed in (None, *range(MIXES)):
        cut = tmp_path / f"cut-{seed}"
        copy_tree(tmp_path / f"after-{ROUNDS - 1}", cut)
        for name in sorted(lost):
            if seed is not None and random.Random(f"{seed} {name}").random() < 0.5:
                continue  # the kernel has written it meanwhile
            if name in on_disk:
                shutil.copy(on_disk[name], cut / name)
            else:
                (cut / name).unlink()
        await everything_is_there_and_more_can_be_stored(cut)
        shutil.rmtree(cut)


def as_synced(tmp_path: Path, rounds: list[set[str]]) -> dict[str, Path]:
    """By name, the copy that holds what the disk has of a file."""
    before = tmp_path / "before"
    found = {str(file.relative_to(before)): file for file in before.rglob("*") if file.is_file()}
    for number, synced in enumerate(rounds):
        after = tmp_path / f"after-{number}"
        names = (
            str(Path(file).relative_to(tmp_path / "store"))
            for file in synced
            if Path(file).is_relative_to(tmp_path / "store")
        )
        found |= {name: after / name for name in names if (after / name).is_file()}
    return found


async def everything_is_there_and_more_can_be_stored(directory: Path) -> None:
    told = {f"{number} {n}" for number in range(ROUNDS) for n in range(PER_ROUND)}
    for more in range(3):
        store = EdgeStore(directory)
        await store.open(IDENTITY)
        assert await store.points() == len(told) + more
        assert {memory.text for memory in await store.page(EVERYWHERE, len(told))} == told
        memory = a_memory(text=f"after the cut, {more}")
        await store.upsert([Embedded(memory, np.eye(4, dtype=np.float32)[0], Words())])
        await store.flush()
        assert (await store.known([memory.id])).stored == {memory.id}
        await store.close()
