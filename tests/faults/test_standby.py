"""Promise: a second memory on one store waits, takes over when the first dies; nothing is lost or doubled."""

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker_bridge.url import BrokerUrl
from memory import model
from memory.errors import StoreTaken
from memory.store_lock import StoreLock
from tests.broker.conftest import GREETING_ENDS, MEMBROKER, UP_S_MAX, clean_environment, read_until
from tests.conftest import Mosquitto, free_port, mosquitto_program
from tests.faults.living import Watcher, living
from tests.mqtt import RawClient, receipts
from workers import wiring
from workers.accounts import OPERATOR, broker_url
from workers.settings import Settings

OBSERVATIONS = 400
BATCH = 10
SILENCE_S = 2.0
RESENDS_MAX = 20
END_S_MAX = 30.0

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `membroker`, and ends it with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
        env = clean_environment(
            data=settings.data, port=settings.port, model_cache=settings.model_cache, log_level="warning"
        )
        if settings.broker is not None:
            env["MEMBROKER_BROKER"] = settings.broker
        started.append(
            subprocess.Popen(
                [str(MEMBROKER), *arguments], env=env, cwd="/", text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


async def stands_by(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    return await asyncio.to_thread(read_until, process.stderr, "standing by", UP_S_MAX)


class Device:
    """Keeps what has no receipt, and sends it again."""

    def __init__(self, client: RawClient, count: int) -> None:
        self._client = client
        self._kept = {n: {"id": n, "text": f"observation {n}"} for n in range(count)}
        self.told: dict[int, str] = {}

    async def send(self) -> None:
        waiting = list(self._kept.values())
        for first in range(0, len(waiting), BATCH):
            await self._client.publish_batch("e", waiting[first : first + BATCH])

    async def hear(self, count: int) -> None:
        while len(self.told) < count:
            for receipt in receipts(await self._client.next()):
                assert receipt["status"] in {"stored", "duplicate"}
                assert self.told.setdefault(receipt["id"], receipt["memory"]) == receipt["memory"]
                self._kept.pop(receipt["id"], None)

    async def send_until_told(self) -> None:
        for _ in range(RESENDS_MAX):
            await self.send()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S):
                    await self.hear(len(self.told) + len(self._kept))
                    return
        raise AssertionError(f"{len(self._kept)} observations never had a receipt")


async def everything_is_there_once(settings: Settings, told: dict[int, str]) -> None:
    store = wiring.make_store(settings, StoreLock(wiring.store_directory(settings)))
    await store.open(wiring.identity_of(wiring.load_model(settings)))
    found, points = await store.known(list(told.values())), await store.points()
    await store.close()
    assert found.stored == set(told.values())
    assert points == len(told) == OBSERVATIONS


@pytest.mark.parametrize("command", [["ingest"], ["up", "--standby"]], ids=lambda command: command[0])
async def test_it_takes_over_when_the_first_is_killed(
    start: Start, settings: Settings, own_mosquitto: Mosquitto, tenant: str, command: list[str]
) -> None:
    async with (
        Watcher.of(own_mosquitto.url) as ingest,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        first = start(settings, *command)
        await ingest.until("online")
        second = start(settings, *command)
        said = await stands_by(second)
        assert f"is open in another process (pid {first.pid})" in said
        device = Device(client, OBSERVATIONS)
        await device.send()
        await device.hear(OBSERVATIONS // 4)
        first.kill()
        await ingest.until("offline")
        await ingest.until("online")
        await device.send_until_told()
        second.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(second.wait, END_S_MAX) == 0
    await everything_is_there_once(settings, device.told)


async def test_one_that_is_only_paused_keeps_its_store(
    start: Start, settings: Settings, own_mosquitto: Mosquitto, tenant: str
) -> None:
    async with (
        Watcher.of(own_mosquitto.url) as ingest,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        first = start(settings, "ingest")
        await ingest.until("online")
        second = start(settings, "ingest")
        await stands_by(second)
        first.send_signal(signal.SIGSTOP)
        device = Device(client, OBSERVATIONS)
        await device.send()
        with pytest.raises(StoreTaken, match=f"pid {first.pid}"):
            StoreLock(settings.data / "store").take()
        first.send_signal(signal.SIGCONT)
        await device.hear(OBSERVATIONS)
        assert second.poll() is None
        first.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(first.wait, END_S_MAX) == 0
        await ingest.until("offline")
        await ingest.until("online")
        second.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(second.wait, END_S_MAX) == 0
    await everything_is_there_once(settings, device.told)


async def test_its_broker_is_started_when_the_store_is_its_own(
    start: Start, model_cache: Path, tmp_path: Path, tenant: str
) -> None:
    mosquitto_program()
    settings = Settings(data=tmp_path / "data", port=free_port(), model_cache=model_cache)
    first = start(settings, "up")
    assert first.stdout is not None
    await asyncio.to_thread(read_until, first.stdout, GREETING_ENDS, UP_S_MAX)
    broker: BrokerUrl = broker_url(settings, OPERATOR)
    async with RawClient.connected(broker, tenant, "device-1") as client:
        [before] = await client.observe("e", {"id": 1, "text": "the first one's"})
    second = start(settings, "up", "--standby")
    await stands_by(second)
    first.kill()
    assert second.stdout is not None
    await asyncio.to_thread(read_until, second.stdout, GREETING_ENDS, UP_S_MAX)
    async with RawClient.connected(broker, tenant, "device-1") as client:
        [after] = await client.observe("e", {"id": 2, "text": "the second one's"})
        assert after["status"] == "stored"
        reply = await client.ask("e", {"op": "get", "memories": [before["memory"]]})
        assert [match["text"] for match in reply["matches"]] == ["the first one's"]


async def test_a_standby_can_be_stopped_and_never_connected(
    start: Start, settings: Settings, own_mosquitto: Mosquitto
) -> None:
    owner = StoreLock(settings.data / "store")
    owner.take()
    standby = start(settings, "up", "--standby")
    await stands_by(standby)
    standby.send_signal(signal.SIGINT)
    said, _ = await asyncio.to_thread(standby.communicate, timeout=END_S_MAX)
    assert (standby.returncode, said) == (0, "")
    owner.release()
    async with RawClient.connected(own_mosquitto.url, "watching", "watcher") as client:
        await client.mqtt.subscribe("mem/v1/_sys/#", qos=1)
        await client.publish(probe := client.topic("reply", "e"), "probe")
        assert str((await client.next()).topic) == probe, "it would have left a retained status"


async def test_a_lock_that_is_released_lets_the_standby_serve(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    owner = StoreLock(settings.data / "store")
    owner.take()
    async with living(settings, standby=True), Watcher.of(own_mosquitto.url) as ingest:
        while "standing by" not in caplog.text:
            await asyncio.sleep(0.01)
        owner.release()
        await ingest.until("online")
        async with RawClient.connected(own_mosquitto.url, tenant, "device-1") as client:
            [receipt] = await client.observe("e", {"id": 1, "text": "patience"})
        assert receipt["status"] == "stored"
    assert caplog.text.count("standing by") == 1


@pytest.fixture
def no_model(settings: Settings, tmp_path: Path) -> Settings:
    """A memory that cannot serve, and heralds."""
    (tmp_path / "models").mkdir()
    return settings.model_copy(update={"model_cache": tmp_path / "models"})


async def test_of_two_that_cannot_serve_one_alone_speaks_for_the_services(
    no_model: Settings, own_mosquitto: Mosquitto
) -> None:
    async with living(no_model), Watcher.of(own_mosquitto.url) as ingest:
        await ingest.until("degraded", "membroker model fetch")
        with pytest.raises(StoreTaken):
            async with living(no_model) as second:
                await second


async def test_one_that_could_not_serve_anyway_never_speaks_for_one_that_does(no_model: Settings) -> None:
    owner = StoreLock(no_model.data / "store")
    owner.take()
    with pytest.raises(StoreTaken):
        async with living(no_model) as second:
            await second
    owner.release()


async def test_one_that_waits_to_serve_stands_by_while_a_backup_is_put_in_its_place(
    settings: Settings, no_model: Settings, own_mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(no_model) as memory, Watcher.of(own_mosquitto.url) as ingest:
        await ingest.until("degraded", "membroker model fetch")
        restoring = StoreLock(no_model.data / "store")
        while True:
            try:
                restoring.take()
                break
            except StoreTaken:  # it is just trying
                await asyncio.sleep(0.01)
        while "standing by" not in caplog.text:
            assert not memory.done()
            await asyncio.sleep(0.01)
        real = model.model_dir(settings.model_cache, settings.model)
        (no_model.model_cache / real.name).symlink_to(real)
        restoring.release()
        await ingest.until("online")
