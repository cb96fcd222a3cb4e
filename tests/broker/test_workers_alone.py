"""`membroker ingest` and `membroker query` alone, as containers run them; in turn, on one store."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.broker.conftest import MEMBROKER, clean_environment, run
from tests.conftest import Mosquitto
from tests.mqtt import RawClient, decoded

STOP_S_MAX = 30


@asynccontextmanager
async def working(worker: str, broker: Mosquitto, data: Path, watcher: RawClient) -> AsyncIterator[None]:
    """The worker's process, from its retained `online` to its `offline`."""
    await watcher.mqtt.subscribe(f"mem/v1/_sys/{worker}/1/status", qos=1)
    env = clean_environment(broker=f"mqtt://127.0.0.1:{broker.port}", data=data, log_level="error")
    process = subprocess.Popen([str(MEMBROKER), worker], env=env, cwd="/")
    try:
        await until_status(watcher, "online")
        yield
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, STOP_S_MAX) == 0
        await until_status(watcher, "offline")
    finally:
        process.kill()
        process.wait()


async def until_status(watcher: RawClient, status: str) -> None:
    while decoded(await watcher.next())["status"] != status:
        pass


async def test_each_worker_serves_alone_and_says_when_it_goes(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    async with (
        RawClient.connected(own_mosquitto.url, tenant, "watcher") as watcher,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as device,
    ):
        async with working("ingest", own_mosquitto, data, watcher):
            [receipt] = await device.observe("e", {"id": 1, "text": "the kettle is on"})
            assert receipt["status"] == "stored"
        async with working("query", own_mosquitto, data, watcher):
            reply = await device.ask("e", {"text": "kettle"})
            assert reply["matches"][0]["memory"] == receipt["memory"]


async def test_a_worker_that_is_killed_is_said_to_be_offline_by_the_broker(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    async with RawClient.connected(own_mosquitto.url, tenant, "watcher") as watcher:
        await watcher.mqtt.subscribe("mem/v1/_sys/ingest/1/#", qos=1)
        env = clean_environment(broker=f"mqtt://127.0.0.1:{own_mosquitto.port}", data=tmp_path / "data")
        process = subprocess.Popen([str(MEMBROKER), "ingest"], env=env, cwd="/", stderr=subprocess.DEVNULL)
        try:
            seen = set()
            while seen != {"status", "stats"}:
                message = await watcher.next()
                seen.add(str(message.topic).rsplit("/", 1)[-1])
            process.kill()
            while not str((message := await watcher.next()).topic).endswith("status"):
                pass
            assert decoded(message) == {"status": "offline"}
        finally:
            process.kill()
            process.wait()


def test_a_worker_alone_needs_a_broker(tmp_path: Path) -> None:
    for worker in ("ingest", "query"):
        finished = run([str(MEMBROKER), worker], clean_environment(data=tmp_path))
        assert finished.returncode == 1
        assert finished.stderr.strip().startswith(f"membroker: {worker} alone needs a broker")


def test_a_broker_that_is_not_there_is_one_line(own_mosquitto: Mosquitto, tmp_path: Path) -> None:
    own_mosquitto.kill()
    env = clean_environment(
        broker=f"mqtt://127.0.0.1:{own_mosquitto.port}", data=tmp_path / "data", log_level="error"
    )
    finished = run([str(MEMBROKER), "ingest"], env)
    assert finished.returncode == 1
    assert f"127.0.0.1:{own_mosquitto.port} cannot be reached: Connection refused" in finished.stderr
    assert "Traceback" not in finished.stderr
