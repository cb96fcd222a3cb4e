"""Policies and retention in a memory that runs: over a real broker, store and model."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broker_bridge import topics
from memory.store_edge import EdgeStore
from tests.conftest import Memory, Mosquitto, settings_on
from tests.mqtt import RawClient, decoded
from workers import policies, stack, wiring
from workers.accounts import OPERATOR, broker_url
from workers.settings import Settings


def memory_on(settings: Settings, tenant: str) -> Memory:
    return Memory(broker_url(settings, OPERATOR), tenant, settings)


async def told(client: RawClient, topic: str, wanted: Callable[[Any], bool]) -> Any:
    """The next message on a topic that is as wanted."""
    while True:
        message = await client.next()
        if message.topic.value == topic and wanted(said := decoded(message)):
            return said


async def all_are(client: RawClient, health: str, status_topics: list[str]) -> list[str]:
    """Once each of the services has said so: why."""
    reasons: dict[str, str] = {}
    while len(reasons) < len(status_topics):
        message = await client.next()
        if message.topic.value in status_topics and (said := decoded(message))["status"] == health:
            reasons[message.topic.value] = said.get("reason", "")
    return list(reasons.values())


async def points_in(settings: Settings) -> int:
    store = EdgeStore(wiring.store_directory(settings))
    await store.open_as_it_is()
    points = await store.points()
    await store.close()
    return points


async def test_what_expires_leaves_the_store_and_others_are_told(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> None:
    settings = settings_on(own_mosquitto, model_cache, tmp_path / "data", retention_every_s=0.1)
    stream, stats = topics.stream(tenant, "home7"), topics.service("query", "1", "stats")
    async with stack.running(settings), memory_on(settings, tenant).client() as device:
        [kept] = await device.observe("home7", {"text": "the spare key is in the blue drawer"})
        await device.mqtt.subscribe(stream, qos=1)
        await device.mqtt.subscribe(stats, qos=0)
        expired = {"text": "the guest's code is 4711", "at": time.time() - 60, "ttl": 30}
        await device.publish(device.topic("obs", "home7"), json.dumps(expired))
        gone = await told(device, stream, lambda said: isinstance(said, dict) and said["y"] == "forgotten")
        assert len(gone["ms"]) == 1
        assert gone["ms"] != [kept["memory"]]
        await told(device, stats, lambda said: said["counters"].get("pruned_expired") == 1)
        reply = await device.ask("home7", {"op": "recent"})
        assert [match["memory"] for match in reply["matches"]] == [kept["memory"]]
    assert await points_in(settings) == 1


async def test_a_changed_file_holds_while_the_memory_runs_and_a_wrong_one_is_said(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "LOOK_S", 0.01)
    file = tmp_path / "policies.yaml"
    file.write_text("defaults: {}\n")
    settings = settings_on(
        own_mosquitto, model_cache, tmp_path / "data", policies=file, retention_every_s=10_000
    )
    statuses = [topics.service(service, "1", "status") for service in ("ingest", "query")]
    async with stack.running(settings), memory_on(settings, tenant).client() as device:
        for status in statuses:
            await device.mqtt.subscribe(status, qos=1)
        await all_are(device, "online", statuses)

        file.write_text("defaults:\n  ttl: 1 daz\n")
        for reason in await all_are(device, "degraded", statuses):
            assert reason.startswith("policies.yaml:2: defaults.ttl: is no time to keep something")
            assert reason.endswith("what it said before holds")

        file.write_text("defaults:\n  ttl: 1 hour\n")
        await all_are(device, "online", statuses)
        old = {"text": "old", "at": time.time() - 7200}
        observed = [old, {"text": "own", "ttl": 86_400}, {"text": "new"}]
        await device.publish(device.topic("obs", "home7"), json.dumps(observed))
        await told(device, device.topic("receipt", "home7"), lambda said: len(said["receipts"]) == 3)
        reply = await device.ask("home7", {"op": "recent"})
        assert {match["text"] for match in reply["matches"]} == {"own", "new"}
