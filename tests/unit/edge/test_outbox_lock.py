"""edge/outbox_lock.py"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.outbox_lock import OutboxLock, OutboxTaken

TAKES = """
import sys
from pathlib import Path
from edge.outbox_lock import OutboxLock
lock = OutboxLock(Path(sys.argv[1])); lock.take(); print("taken", flush=True); sys.stdin.read()
"""


def test_another_process_is_named(tmp_path: Path) -> None:
    asks = [sys.executable, "-c", TAKES, str(tmp_path)]
    with subprocess.Popen(asks, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(
            OutboxTaken, match=rf"{tmp_path} is open in another process \(pid {other.pid}\): stop"
        ):
            OutboxLock(tmp_path).take()
        other.kill()
    lock = OutboxLock(tmp_path)
    lock.take()
    assert (tmp_path / "outbox.lock").read_text() == str(os.getpid())
    lock.release()


def test_who_has_it_may_take_it_again_and_who_let_go_lets_the_next_one_in(tmp_path: Path) -> None:
    one, other = OutboxLock(tmp_path), OutboxLock(tmp_path)
    one.take()
    one.take()
    with pytest.raises(OutboxTaken):
        other.take()
    one.release()
    one.release()
    other.take()
    other.release()
