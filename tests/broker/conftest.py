"""A whole memory as an operator starts it: the real `membroker up`, in a process of its own."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from tests.broker.guarded import Guarded, guarded_memory
from tests.conftest import free_port, mosquitto_program

MEMBROKER = Path(sys.executable).with_name("membroker")
UP_S_MAX = 60.0
"""To load a model and start a broker, on a machine that does much else."""
STOP_S_MAX = 30.0
VERB_S_MAX = 45.0
GREETING_ENDS = "keeps what it remembers"


def clean_environment(**settings: object) -> dict[str, str]:
    """Ours, without the developer's own settings and those of the make that runs us, and with these."""
    ours = ("MEMBROKER_", "MAKE", "MFLAGS")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return mine | {f"MEMBROKER_{name.upper()}": str(value) for name, value in settings.items()}


@dataclass(frozen=True, slots=True)
class Up:
    """A memory that runs, and a shell beside it."""

    data: Path
    port: int
    env: dict[str, str]

    def membroker(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """The real command, to its end."""
        return run([str(MEMBROKER), *arguments], self.env | env)

    def publish(self, topic: str, payload: str | bytes, *flags: str) -> None:
        """As the operator, by Mosquitto's own client; returns when the broker has it."""
        account = ["-h", "127.0.0.1", "-p", str(self.port), "-u", "operator", "-P", self.password("operator")]
        command = ["mosquitto_pub", *account, "-q", "1", *flags, "-t", topic, "-s" if payload else "-n"]
        sent = payload.encode() if isinstance(payload, str) else payload
        subprocess.run(command, input=sent, check=True, timeout=VERB_S_MAX)

    def password(self, account: str) -> str:
        """As `membroker up` made it."""
        passwords: dict[str, str] = json.loads((self.data / "broker" / "accounts.json").read_text())
        return passwords[account]

    def watch(self, *arguments: str) -> subprocess.Popen[str]:
        """`membroker tail`, once it listens."""
        command = [str(MEMBROKER), "tail", *arguments]
        process = subprocess.Popen(
            command, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        read_until(process.stderr, "watching", VERB_S_MAX)
        return process


def run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command to its end, in a folder without a membroker.toml."""
    return subprocess.run(
        command, env=env, cwd="/", capture_output=True, text=True, timeout=VERB_S_MAX, check=False
    )


def read_until(stream: IO[str], word: str, s_max: float) -> str:
    """What a process says until the word; fails when it ends or takes too long. No byte is read ahead."""
    said = b""
    give_up = time.monotonic() + s_max
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while word.encode() not in said:
            assert selector.select(max(0.0, give_up - time.monotonic())), f"no {word!r} in time: {said!r}"
            more = os.read(stream.fileno(), 65536)
            assert more, f"it ended without {word!r}: {said!r}"
            said += more
    return said.decode()


@contextmanager
def running(data: Path, port: int, **settings: object) -> Iterator[Up]:
    """`membroker up` with its data there, until Ctrl-C."""
    env = clean_environment(data=data, port=port, stats_every_s=0.2, **settings)
    data.parent.mkdir(exist_ok=True)
    said = data.with_suffix(".log")
    with said.open("w") as log:
        process = subprocess.Popen(
            [str(MEMBROKER), "up"], env=env, cwd="/", text=True, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        read_until(process.stdout, GREETING_ENDS, UP_S_MAX)
        yield Up(data, port, env)
        process.send_signal(signal.SIGINT)
        process.wait(STOP_S_MAX)
        assert process.returncode == 0, said.read_text()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`membroker up` on a free port with data of its own, until Ctrl-C."""
    mosquitto_program()
    with running(tmp_path_factory.mktemp("up") / "data", free_port()) as started:
        yield started


@pytest.fixture(scope="session")
def guarded(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A memory behind real accounts, for all tests of who may what; they keep apart by tenant."""
    mosquitto_program()
    with guarded_memory(model_cache, tmp_path_factory.mktemp("guarded")) as memory:
        yield memory
