"""Only a process that runs with our configuration is ours, whatever number a file names."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_bridge.broker_process import CONFIG, PID, reread_certificates, running

HEARS = """
import os, signal, sys
signal.signal(signal.SIGHUP, lambda *_: os.write(1, b"heard\\n"))  # `print` may be under way
print("ready", flush=True)
for line in sys.stdin: pass
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """One that says when it hears a SIGHUP, with our configuration among its arguments."""
    command = [sys.executable, "-c", HEARS, str(tmp_path / CONFIG)]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        yield started
        started.kill()


def test_the_broker_is_told_to_read_again(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    (tmp_path / PID).write_text(str(process.pid))
    assert reread_certificates(tmp_path) == process.pid
    assert process.stdout is not None
    assert process.stdout.readline() == "heard\n"


def test_another_process_of_that_number_is_left_alone(tmp_path: Path, process: subprocess.Popen[str]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / PID).write_text(str(process.pid))
    assert reread_certificates(elsewhere) is None
    (tmp_path / PID).write_text(str(process.pid))
    os.kill(process.pid, signal.SIGHUP)
    assert process.stdout is not None
    assert process.stdout.readline() == "heard\n", "once, by us"


@pytest.mark.parametrize("text", ["", "x", "-1", "999999999"])
def test_a_file_that_names_no_process_means_that_none_runs(tmp_path: Path, text: str) -> None:
    (tmp_path / PID).write_text(text)
    assert running(tmp_path) is None


def test_without_a_file_none_runs(tmp_path: Path) -> None:
    assert running(tmp_path) is None
