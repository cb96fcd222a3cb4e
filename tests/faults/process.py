"""A whole memory in a process of its own, which a test may kill at any instant."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workers.settings import Settings

COMMAND = str(Path(sys.executable).parent / "membroker")


class Process:
    """`membroker up` on a broker of the test's."""

    def __init__(self, settings: Settings, program: Sequence[str] = (COMMAND,), **more: str) -> None:
        """`program` stands for `membroker`."""
        self._program = program
        self._environment = {
            **os.environ,
            "MEMBROKER_DATA": str(settings.data),
            "MEMBROKER_MODEL_CACHE": str(settings.model_cache),
            **({} if settings.broker is None else {"MEMBROKER_BROKER": settings.broker}),
            "MEMBROKER_PORT": str(settings.port),
            "MEMBROKER_LOG_LEVEL": "error",
            **more,
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it says that it is up."""
        self._process = subprocess.Popen(
            [*self._program, "up"], env=self._environment, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("membroker is up"):
                return
        raise AssertionError(f"membroker up ended with {self._process.wait()}")

    def send(self, what: signal.Signals) -> None:
        os.kill(self.pid, what)

    def end(self, how: signal.Signals) -> int:
        """Sends a signal; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait(30)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None
