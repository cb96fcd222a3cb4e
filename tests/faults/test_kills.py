"""Promise: what has a receipt survives kill -9 at any instant; what has none is still with its device."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mosquitto, settings_on
from tests.faults.process import Process
from tests.mqtt import RawClient, receipts
from workers.settings import Settings

SEED = 20_260_501
OBSERVATIONS = 600
BATCH = 7
SILENCE_S = 2.0
RESENDS_MAX = 30


@pytest.fixture
def own_settings(own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path) -> Settings:
    return settings_on(own_mosquitto, model_cache, tmp_path / "data")


@pytest.fixture
def process(own_settings: Settings) -> Iterator[Process]:
    process = Process(own_settings)
    process.start()
    yield process
    if process.running:
        process.end(signal.SIGKILL)


class Outbox:
    """A device that keeps what has no receipt and sends it again."""

    def __init__(self, client: RawClient, count: int) -> None:
        self._client = client
        self.kept: dict[int, dict[str, Any]] = {
            n: {"id": n, "text": f"observation {n}"} for n in range(count)
        }
        self.told: dict[int, str] = {}
        self.status: dict[int, str] = {}

    async def send_all(self) -> None:
        waiting = list(self.kept.values())
        for start in range(0, len(waiting), BATCH):
            await self._client.publish_batch("e", waiting[start : start + BATCH])

    async def hear(self, count: int) -> None:
        """Takes receipts until `count` observations have theirs."""
        while len(self.told) < count:
            for receipt in receipts(await self._client.next()):
                assert receipt["status"] in {"stored", "duplicate"}
                self.status.setdefault(receipt["id"], receipt["status"])
                assert self.told.setdefault(receipt["id"], receipt["memory"]) == receipt["memory"]
                self.kept.pop(receipt["id"], None)

    async def send_until_told(self) -> None:
        """As a device does: silence means not accepted, so it sends again."""
        for _ in range(RESENDS_MAX):
            await self.send_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S):
                    await self.hear(len(self.told) + len(self.kept))
                    return
        raise AssertionError(f"{len(self.kept)} observations never had a receipt")


async def test_what_has_a_receipt_survives_kills_of_the_memory(
    process: Process, own_mosquitto: Mosquitto, tenant: str
) -> None:
    rng = random.Random(SEED)
    async with RawClient.connected(own_mosquitto.url, tenant, "device-1") as client:
        outbox = Outbox(client, OBSERVATIONS)
        for _ in range(3):
            await outbox.send_all()
            await outbox.hear(min(OBSERVATIONS, len(outbox.told) + rng.randrange(1, OBSERVATIONS // 4)))
            process.end(signal.SIGKILL)
            await asyncio.to_thread(process.start)
        await outbox.send_all()
        await outbox.hear(OBSERVATIONS)
        assert outbox.kept == {}
        await every_one_is_found_once(client, outbox)


async def test_nothing_is_lost_when_the_broker_is_killed(
    process: Process, own_mosquitto: Mosquitto, tenant: str
) -> None:
    assert process.running
    async with RawClient.connected(own_mosquitto.url, tenant, "device-1") as client:
        outbox = Outbox(client, 100)
        await outbox.send_all()
        await outbox.hear(30)
    before = dict(outbox.told)
    own_mosquitto.kill()
    own_mosquitto.start()
    async with RawClient.connected(own_mosquitto.url, tenant, "device-1") as client:
        again = Outbox(client, 100)
        await again.send_until_told()
        # An old receipt may come once more; another memory would be a new one.
        assert {number: again.told[number] for number in before} == before, "it was there all the time"
        await every_one_is_found_once(client, again)


async def test_a_drained_memory_remembers_after_its_restart(
    process: Process, own_mosquitto: Mosquitto, tenant: str
) -> None:
    async with RawClient.connected(own_mosquitto.url, tenant, "device-1") as client:
        outbox = Outbox(client, 50)
        await outbox.send_all()
        await outbox.hear(50)
        assert process.end(signal.SIGTERM) == 0
        await asyncio.to_thread(process.start)
        await every_one_is_found_once(client, outbox)


async def every_one_is_found_once(client: RawClient, outbox: Outbox) -> None:
    stats = await client.ask("e", {"op": "stats"})
    assert stats["count"] == len(outbox.told), f"seed {SEED}"
    told = list(outbox.told.items())
    for start in range(0, len(told), 100):
        some = dict(told[start : start + 100])
        reply = await client.ask("e", {"op": "get", "memories": list(some.values())})
        assert {match["id"]: match["memory"] for match in reply["matches"]} == some, f"seed {SEED}"
