"""Promise: what an outbox's `put` returned from survives `kill -9` and a power cut, once and whole.

A child puts and settles, and says so when each has returned; it is killed. What lies in the log past the last
that was said may be on the disk, in part, or be noise: that is what is cut and torn here.
"""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.outbox import Outbox
from tests.faults.test_synced import synced_in_rounds, whole_calls
from tests.faults.torn_log import LOG, End, log_end, torn

ROOT = Path(__file__).parents[2]
ENTITY = "home7/kitchen"
CUTS = 8
EVERYTHING = 10**9

PROGRAM = """
import json, random, sys
from pathlib import Path
from edge.clock import Clock
from edge.entry import observed
from edge.observing import fields
from edge.outbox import Outbox
from tests.faults.test_outbox_power_cut import ENTITY
from tests.faults.torn_log import LOG, log_end

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
outbox, clock, drawn, n = Outbox(folder, durability=sys.argv[3]), Clock(), random.Random(seed), 0
while True:
    ids = list(range(n, n + drawn.choice([1, 1, 1, 3, 32])))
    n += len(ids)
    outbox.put([observed(ENTITY, fields(f"entry {id} " * 9, id=id), clock.now()) for id in ids])
    print(json.dumps(["put", ids, *log_end(folder / LOG)]), flush=True)
    if drawn.random() < 0.3:
        print(json.dumps(["settling", ids[::2], *log_end(folder / LOG)]), flush=True)
        outbox.settle(ENTITY, ids[::2])
        print(json.dumps(["settled", ids[::2], *log_end(folder / LOG)]), flush=True)
"""

PUTS = """
import os, sys
from pathlib import Path
from edge.clock import Moment
from edge.entry import observed
from edge.outbox import Outbox

outbox = Outbox(Path(sys.argv[1]), durability=sys.argv[2])
outbox.put([observed("e", {"t": "the log is begun"}, Moment(1.0, "boot", 1.0))])
for n in range(3):
    os.write(2, b"BEGIN\\n")
    outbox.put([observed("e", {"t": "x"}, Moment(1.0, "boot", 1.0))])
    os.write(2, b"END\\n")
"""


def said_before_killed(folder: Path, seed: int, durability: str, lines_min: int) -> list[Any]:
    """What a child says that is killed after some lines."""
    command = [sys.executable, "-c", PROGRAM, str(folder), str(seed), durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(lines_min)]
        child.kill()
        lines += child.stdout.readlines()
    return [json.loads(line) for line in lines if line.endswith("]\n")]


@pytest.mark.parametrize("seed", range(4))
def test_what_was_said_to_be_kept_is_there_once_after_a_power_cut_and_what_was_settled_is_not(
    tmp_path: Path, seed: int
) -> None:
    drawn = random.Random(seed)
    folder = tmp_path / "device"
    said = said_before_killed(folder, seed, "power", drawn.choice([1, 20, 200]))
    settled = {id_ for what, ids, *_ in said if what == "settled" for id_ in ids}
    kept = {id_ for what, ids, *_ in said if what == "put" for id_ in ids} - settled
    last = End(*said[-1][2:])
    log = (folder / LOG).read_bytes()
    end = last.offset if log_end(folder / LOG).salt == last.salt else 0
    for number in range(CUTS):
        copy = shutil.copytree(folder, tmp_path / str(number))
        (copy / LOG).write_bytes(torn(log, end, drawn))
        with Outbox(copy) as outbox:
            found = {each.id: each.fields["t"] for each in outbox.waiting(EVERYTHING, EVERYTHING)}
            assert outbox.count == len(found)
            assert not outbox.counts
        # What was under way when it was killed was done or not, but as a whole: a put, or a settling.
        settling = set(said[-1][1]) if said[-1][0] == "settling" else set()
        assert kept - found.keys() in (set(), settling)
        assert found.keys() - kept <= set(range(max(kept | settled) + 1, max(kept | settled) + 33))
        assert found == {id_: f"entry {id_} " * 9 for id_ in found}


def test_with_durability_process_a_power_cut_takes_the_last_puts_alone_and_breaks_nothing(
    tmp_path: Path,
) -> None:
    drawn = random.Random(0)
    folder = tmp_path / "device"
    said = said_before_killed(folder, 0, "process", 20)
    with Outbox(shutil.copytree(folder, tmp_path / "killed")) as outbox:
        assert outbox.count > 0
    log = (folder / LOG).read_bytes()
    begun = End(*said[0][2:])
    assert log_end(folder / LOG).salt == begun.salt  # nothing of it is in the file yet
    for number in range(CUTS):
        copy = shutil.copytree(folder, tmp_path / str(number))
        (copy / LOG).write_bytes(torn(log, begun.offset, drawn))
        with Outbox(copy) as outbox:
            found = {each.id: each.fields["t"] for each in outbox.waiting(EVERYTHING, EVERYTHING)}
            assert found == {id_: f"entry {id_} " * 9 for id_ in found}
            assert not outbox.counts


@pytest.mark.parametrize(("durability", "synced"), [("power", True), ("process", False)])
def test_with_durability_power_the_log_is_synced_before_put_returns(
    tmp_path: Path, durability: str, *, synced: bool
) -> None:
    calls = tmp_path / "calls"
    command = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(calls)]
    try:
        ran = subprocess.run(
            [*command, sys.executable, "-c", PUTS, str(tmp_path / "device"), durability],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("needs strace")
    if "ptrace" in ran.stderr:
        pytest.skip(f"strace may not look: {ran.stderr.splitlines()[0]}")
    assert ran.returncode == 0, ran.stderr
    rounds = synced_in_rounds(list(whole_calls(calls.read_text().splitlines())))
    assert [str(tmp_path / "device" / LOG) in each for each in rounds] == [synced] * 3
