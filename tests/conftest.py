"""What every test may stand on: a real Mosquitto on a free port, a real memory on it, a tenant of its own."""

import asyncio
import fcntl
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from uuid import uuid4

import pytest

from broker_bridge.broker_config import SHARED, render
from broker_bridge.url import BrokerUrl
from memory import model
from tests.mqtt import RawClient
from workers import stack
from workers.accounts import OPERATOR, broker_url
from workers.settings import Settings

START_S_MAX = 10.0


PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to outgoing connections: another test's could take one in between."""
PORTS_OF_ONE_RUN = 1000


@cache
def _own_ports() -> Iterator[int]:
    """Ports, one after the other, that no other run hands out while ours has the file locked."""
    for start in PORTS[::PORTS_OF_ONE_RUN]:
        file = Path(tempfile.gettempdir()) / f"membroker-tests-ports-{os.getuid()}-{start}"
        claim = os.open(file, os.O_WRONLY | os.O_CREAT)  # for as long as we live
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
        else:
            return cycle(range(start, start + PORTS_OF_ONE_RUN))
    pytest.fail("other runs have all ports")


def free_port() -> int:
    """A port that was free a moment ago, and is not handed out again soon."""
    for port in islice(_own_ports(), PORTS_OF_ONE_RUN):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.fail(f"no free port among {PORTS_OF_ONE_RUN}")


def mosquitto_program() -> str:
    """The real broker; missing, it skips at home and fails in CI."""
    found = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Mosquitto is not installed: ./mosquitto/install.sh")
        pytest.skip("needs Mosquitto: ./mosquitto/install.sh")
    return found


class Mosquitto:
    """A broker process that a test may kill, pause and start again; anonymous, on loopback."""

    def __init__(self, directory: Path, **instead: int) -> None:
        """As we ship it, but for the settings named."""
        self.port = free_port()
        self.directory = directory
        self._program = mosquitto_program()
        self._process: subprocess.Popen[bytes] | None = None
        other = ("allow_anonymous", *instead)
        lines = [line for line in SHARED if line.setting.split()[0] not in other]
        own = f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence_location {directory}/\n"
        own += f"user {getpass.getuser()}\n"
        own += "".join(f"{name} {value}\n" for name, value in instead.items())
        (directory / "mosquitto.conf").write_text(own + render(lines))

    @property
    def url(self) -> BrokerUrl:
        return BrokerUrl("127.0.0.1", self.port)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with (self.directory / "mosquitto.log").open("ab") as log:
            command = [self._program, "-c", str(self.directory / "mosquitto.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        give_up = time.monotonic() + START_S_MAX
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                pytest.fail(f"Mosquitto does not listen: {(self.directory / 'mosquitto.log').read_text()}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self.wait()

    def wait(self) -> None:
        assert self._process is not None
        self._process.wait(START_S_MAX)

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """One broker for the whole run; tests keep apart by tenant."""
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def own_mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker for one test, which may kill it."""
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    broker = Mosquitto(directory)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """The real embedding model, fetched once for all runs."""
    cache = Settings().model_cache
    model.fetch(cache, Settings().model, print)
    return cache


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has."""
    return f"t-{uuid4().hex[:12]}"


@dataclass(frozen=True, slots=True)
class Memory:
    """A running memory, as a client sees it."""

    broker: BrokerUrl
    tenant: str
    settings: Settings

    def client(self, name: str = "device-1", *, version: int = 5) -> AbstractAsyncContextManager[RawClient]:
        return RawClient.connected(self.broker, self.tenant, name, version=version)


def settings_on(mosquitto: Mosquitto, model_cache: Path, data: Path, **more: object) -> Settings:
    """Settings of a memory on a test's broker, with a store in `data`."""
    url = f"mqtt://127.0.0.1:{mosquitto.port}"
    return Settings.model_validate(
        {"broker": url, "data": data, "model_cache": model_cache, "stats_every_s": 0.2, **more}
    )


@contextmanager
def on_a_loop_of_its_own(settings: Settings) -> Iterator[None]:
    """The whole memory, in a thread, until the end."""
    up = threading.Event()
    stop: asyncio.Future[None]

    async def run() -> None:
        nonlocal stop
        stop = asyncio.get_running_loop().create_future()
        async with stack.running(settings):
            up.set()
            await stop

    with ThreadPoolExecutor(1, "memory") as executor:
        running = executor.submit(asyncio.run, run())
        running.add_done_callback(lambda _: up.set())
        assert up.wait(START_S_MAX * 3), "the memory does not start"
        if not running.done():
            yield
            stop.get_loop().call_soon_threadsafe(stop.set_result, None)
        running.result()


@pytest.fixture(scope="session")
def shared_settings(
    mosquitto: Mosquitto, model_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """Ingest and query over a real broker, a real Qdrant Edge and the real model, on a loop of their own."""
    settings = settings_on(mosquitto, model_cache, tmp_path_factory.mktemp("data"))
    with on_a_loop_of_its_own(settings):
        yield settings


@pytest.fixture
def memory(shared_settings: Settings, tenant: str) -> Memory:
    """The running memory, and a tenant in it for this test alone."""
    return Memory(broker_url(shared_settings, OPERATOR), tenant, shared_settings)


@pytest.fixture
async def device(memory: Memory) -> AsyncIterator[RawClient]:
    """One client of the test's tenant."""
    async with memory.client() as client:
        yield client
