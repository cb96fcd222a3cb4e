"""broker_bridge/presence.py. Wills and retained status on a real broker: tests/broker."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from broker_bridge.presence import Measures, Presence, ServiceName
from schemas.service import ServiceStats, ServiceStatus

INGEST = ServiceName("ingest", "1")


class Told:
    """A session that keeps what is published through it."""

    def __init__(self) -> None:
        self.on_connect: Callable[[], None] = lambda: None
        self.published: asyncio.Queue[tuple[str, dict[str, Any], dict[str, Any]]] = asyncio.Queue()

    async def publish(self, topic: str, payload: bytes, **how: Any) -> None:
        self.published.put_nowait((topic, json.loads(payload), how))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def presence(told: Told) -> Presence:
    return Presence(INGEST, told, version="1.2.3", durability="power")  # type: ignore[arg-type]


def test_a_service_keeps_its_client_id_and_topics_over_restarts() -> None:
    assert INGEST.client_id == "membroker-ingest-1"
    assert ServiceName("ingest", "2").client_id != INGEST.client_id
    assert INGEST.topic("stats") == "mem/v1/_sys/ingest/1/stats"


def test_the_will_says_offline_where_the_status_stands() -> None:
    assert INGEST.will.topic == INGEST.topic("status")
    assert json.loads(INGEST.will.payload) == {"status": "offline"}


def test_a_service_begins_by_starting(presence: Presence) -> None:
    assert presence.status.status == "starting"


async def test_the_status_is_retained_json_with_version_and_durability(
    presence: Presence, told: Told
) -> None:
    presence.say("online")
    await presence.publish_status()
    topic, said, how = told.published.get_nowait()
    assert (topic, how) == ("mem/v1/_sys/ingest/1/status", {"retain": True})
    assert said == {"status": "online", "version": "1.2.3", "since": said["since"], "durability": "power"}
    assert ServiceStatus.load(said) == presence.status


async def test_each_change_is_told_once_and_no_change_is_not(presence: Presence, told: Told) -> None:
    keeping = asyncio.ensure_future(presence.keep_true())
    presence.say("degraded", "the store is away")
    assert (await told.published.get())[1]["reason"] == "the store is away"
    presence.say("degraded", "the store is away")
    for _ in range(10):
        await asyncio.sleep(0)
    assert told.published.empty()
    presence.say("online")
    assert (await told.published.get())[1]["status"] == "online"
    presence.say("degraded", "another part")
    assert (await told.published.get())[1]["reason"] == "another part"
    keeping.cancel()
    assert told.published.empty()


async def test_a_new_connection_says_again_how_we_are_because_the_will_was_published(
    presence: Presence, told: Told
) -> None:
    keeping = asyncio.ensure_future(presence.keep_true())
    presence.say("online")
    first = await told.published.get()
    told.on_connect()
    assert await told.published.get() == first
    keeping.cancel()


async def test_no_reason_outlives_its_state(presence: Presence) -> None:
    presence.say("degraded", "the store is away")
    presence.say("online")
    assert presence.status.reason is None


async def test_stats_are_what_was_measured_each_time(presence: Presence, told: Told) -> None:
    counters = {"stored": 0}

    def measure() -> Measures:
        counters["stored"] += 1
        return Measures(counters, {"inbox_messages": 2.0})

    telling = asyncio.ensure_future(presence.tell_stats(0.0, measure))
    stored = []
    for _ in range(3):
        topic, said, how = await told.published.get()
        assert (topic, how) == ("mem/v1/_sys/ingest/1/stats", {"qos": 0})
        stats = ServiceStats.load(said)
        assert stats.gauges == {"inbox_messages": 2.0}
        stored.append(stats.counters["stored"])
    telling.cancel()
    assert stored == [1, 2, 3]
