"""A whole memory, started by the real command in a process of its own, with a store of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker_bridge.url import BrokerUrl

READY_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A memory to measure."""

    broker: BrokerUrl
    data: Path
    ready_s: float
    pid: int

    def resident_mb(self) -> float:
        """Resident memory of membroker and Mosquitto together, in MB (10^6 bytes)."""
        broker_pid = int((self.data / "broker" / "mosquitto.pid").read_text())
        return sum(_resident_mb(pid) for pid in (self.pid, broker_pid))


@contextmanager
def membroker_up(data: Path | None = None, **settings: object) -> Iterator[Running]:
    """Starts `membroker up` with `MEMBROKER_*` settings; stops it in the end.

    With `data` of a run before, which stays; else in a folder of its own, which goes.
    """
    kept, data = data, data or Path(tempfile.mkdtemp(prefix="membroker-bench-"))
    port = _free_port()
    environment = {
        **os.environ,
        "MEMBROKER_DATA": str(data),
        "MEMBROKER_PORT": str(port),
        "MEMBROKER_LOG_LEVEL": "warning",
        **{f"MEMBROKER_{name.upper()}": str(value) for name, value in settings.items()},
    }
    started = time.perf_counter()
    command = [str(Path(sys.executable).parent / "membroker"), "up"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        ready_s = _until_ready(process, started)
        password = json.loads((data / "broker" / "accounts.json").read_text())["owner"]
        yield Running(BrokerUrl("127.0.0.1", port, "owner", password), data, ready_s, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if kept is None:
            shutil.rmtree(data, ignore_errors=True)


def megabytes(path: Path) -> float:
    """What a file or folder takes of the disk, in MB (10^6 bytes)."""
    used = subprocess.run(["du", "-sk", str(path)], capture_output=True, text=True, check=True)
    return int(used.stdout.split()[0]) * 1024 / 1e6


def _until_ready(process: subprocess.Popen[str], started: float) -> float:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("membroker is up"):
            ready_s = time.perf_counter() - started
            if ready_s > READY_S_MAX:
                break
            return ready_s
    raise RuntimeError("membroker up did not start; run it by hand to see why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no VmRSS of {pid}")
