"""Promise: a part that is slow or away loses nothing; the inbox holds its bound whatever the broker sends."""

import asyncio
import json
from pathlib import Path

import pytest

from broker_bridge.inbox import InboxLimits
from memory import edge_place
from memory.store_edge import EdgeStore
from memory.store_twin import TwinStore
from tests.conftest import Mosquitto
from tests.faults.ingesting import AwayStore, running
from tests.mqtt import RawClient, receipts
from workers.deadletters import DeadLetters

WAITING_MAX = 40
MESSAGES = 1500


async def test_the_inbox_holds_its_bound_and_nothing_is_lost(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    limits = InboxLimits(waiting_messages_max=WAITING_MAX, batch_messages_max=10)
    async with (
        running(own_mosquitto, tenant, tmp_path, TwinStore(), limits) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        it.model.go.clear()
        for number in range(MESSAGES):
            await client.publish(client.topic("obs", "e"), json.dumps({"id": number, "text": f"n {number}"}))
            assert len(it.ingest.inbox) <= WAITING_MAX
        assert it.session.counters["pauses"] >= 1
        it.model.go.set()
        told: set[int] = set()
        while len(told) < MESSAGES:
            told |= {receipt["id"] for receipt in receipts(await client.next())}
            assert len(it.ingest.inbox) <= WAITING_MAX
        assert await it.store.points() == MESSAGES


async def test_while_the_store_is_away_nothing_is_acknowledged_and_then_everything_is_stored(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path, store := AwayStore()) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        store.away = True
        await client.publish(client.topic("obs", "e"), '{"id": 1, "text": "patience"}')
        await store.asked_while_away.wait()
        assert it.said[0][0] == "storing"
        assert "the store is away" in str(it.said[0][1])
        assert it.ingest.counters["stored"] == 0
        store.away = False
        [receipt] = receipts(await client.next())
        assert receipt["status"] == "stored"
        assert it.said[-1] == ("storing", None)


async def test_a_full_disk_is_said_and_waited_for(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path, EdgeStore(tmp_path / "store")) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        said = asyncio.Event()
        it.heard_report = said.set
        with monkeypatch.context() as full:
            full.setattr(edge_place, "DISK_RESERVE_BYTES", 2**62)
            await client.publish(client.topic("obs", "e"), '{"id": 1, "text": "patience"}')
            await said.wait()
        assert "MB are free on the disk" in str(it.said[0][1])
        assert it.ingest.counters["stored"] == 0
        [receipt] = receipts(await client.next())
        assert receipt["status"] == "stored"
        assert it.said[-1] == (it.said[0][0], None)


async def test_a_fault_of_ours_costs_that_one_observation_alone_and_is_kept_with_its_traceback(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path, TwinStore()) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        it.model.poison = "poison"
        batch = [{"id": n, "text": text} for n, text in enumerate(["good", "poison", "fine"])]
        told = await client.observe("e", batch)
        assert [each["status"] for each in told] == ["stored", "refused", "stored"]
        assert told[1]["reason"] == "fault"
        [letter] = list(DeadLetters(tmp_path, 10**6))
        assert letter.reason == "fault"
        assert "ZeroDivisionError" in str(letter.traceback)
