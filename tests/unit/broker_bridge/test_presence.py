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
    presence.serve()
    await presence.publish_status()
    topic, said, how = told.published.get_nowait()
    assert (topic, how) == ("mem/v1/_sys/ingest/1/status", {"retain": True})
    assert said == {"status": "online", "version": "1.2.3", "since": said["since"], "durability": "power"}
    assert ServiceStatus.load(said) == presence.status


async def test_each_change_is_told_once_and_no_change_is_not(presence: Presence, told: Told) -> None:
    keeping = asyncio.ensure_future(presence.keep_true())
    presence.serve()
    assert (await told.published.get())[1]["status"] == "online"
    presence.report("store", "the store is away")
    assert (await told.published.get())[1]["reason"] == "the store is away"
    presence.report("store", "the store is away")
    presence.report("store", None)
    assert (await told.published.get())[1]["status"] == "online"
    keeping.cancel()
    assert told.published.empty(), "what was said twice was told once"


async def test_it_is_degraded_until_every_part_is_back(presence: Presence) -> None:
    presence.serve()
    presence.report("store", "the store is away")
    presence.report("dead letters", "the disk is full")
    assert presence.status.reason == "the store is away; the disk is full"
    presence.report("store", None)
    assert (presence.status.status, presence.status.reason) == ("degraded", "the disk is full")
    presence.report("dead letters", None)
    assert (presence.status.status, presence.status.reason) == ("online", None)


async def test_in_trouble_before_it_serves_it_is_still_starting_and_after_its_end_offline(
    presence: Presence,
) -> None:
    presence.report("broker", "no subscription")
    assert presence.status.status == "starting"
    presence.serve()
    assert presence.status.status == "degraded"
    presence.leave()
    assert (presence.status.status, presence.status.reason) == ("offline", None)


async def test_a_new_connection_says_again_how_we_are_because_the_will_was_published(
    presence: Presence, told: Told
) -> None:
    keeping = asyncio.ensure_future(presence.keep_true())
    presence.serve()
    first = await told.published.get()
    told.on_connect()
    assert await told.published.get() == first
    keeping.cancel()


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
