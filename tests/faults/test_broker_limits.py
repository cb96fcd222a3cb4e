"""Promise: where a broker's limits lose messages, stats, status and doctor say so; devices lose nothing."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from broker_bridge.broker_config import QUEUED_MESSAGES_MAX
from broker_bridge.url import BrokerUrl
from console.broker_findings import of_limits
from console.probing import IN_FLIGHT_ASKED, QUEUED_ASKED, probe
from tests.conftest import Mosquitto, settings_on
from tests.faults.process import COMMAND, Process
from tests.mqtt import WAIT_S_MAX, RawClient, receipts
from workers.settings import Settings

QUEUED = 10
RESEND_AFTER_S = 2.0
SENT = 60


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that keeps far less than it accepts."""
    broker = Mosquitto(tmp_path, max_queued_messages=QUEUED, max_inflight_messages=QUEUED, sys_interval=1)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def narrow_settings(narrow: Mosquitto, model_cache: Path, tmp_path: Path) -> Settings:
    return settings_on(narrow, model_cache, tmp_path / "data", stats_every_s=1.0)


@pytest.fixture
def process(narrow_settings: Settings) -> Iterator[Process]:
    process = Process(narrow_settings, MEMBROKER_STATS_EVERY_S="2")
    process.start()
    yield process
    process.end(signal.SIGKILL)


def said(number: int) -> dict[str, Any]:
    """Each in words of its own: what is said again would be merged."""
    return {"id": number, "text": f"{number}, to a memory that stands still"}


@asynccontextmanager
async def ingest_says(broker: Mosquitto, leaf: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """What ingest says of itself, as an operator hears it."""
    async with aiomqtt.Client("127.0.0.1", broker.port) as operator, asyncio.timeout(WAIT_S_MAX * 4):
        await operator.subscribe(f"mem/v1/_sys/ingest/1/{leaf}", qos=1)
        yield (json.loads(message.payload) async for message in operator.messages)


async def test_what_a_narrow_broker_drops_is_said_and_comes_again(
    process: Process, narrow: Mosquitto, narrow_settings: Settings, tenant: str
) -> None:
    async with (
        RawClient.connected(narrow.url, tenant, "device-1") as device,
        ingest_says(narrow, "status") as statuses,
    ):
        assert (await anext(statuses))["status"] == "online"
        os.kill(process.pid, signal.SIGSTOP)
        for number in range(SENT):
            await device.publish_batch("e", [said(number)])
        os.kill(process.pid, signal.SIGCONT)
        degraded = await anext(statuses)
        assert degraded["status"] == "degraded"
        assert re.search(r"the broker: it dropped \d+ messages", degraded["reason"])
        assert "max_queued_messages" in degraded["reason"]
        async with ingest_says(narrow, "stats") as stats:
            gauges = (await anext(stats))["gauges"]
            assert 0 < gauges["broker_messages_dropped"] < SENT
            assert "broker_messages_held" in gauges
        findings = await asyncio.to_thread(doctor, narrow_settings)
        assert "ingest/1 is degraded: the broker: it dropped" in findings
        assert f"it queues {QUEUED} messages and drops what it accepts beyond" in findings
        while (await anext(statuses))["status"] != "online":
            pass  # it says each further loss, that of doctor's own messages
        told: dict[int, str] = {}
        for number in range(SENT):
            while number not in told:  # this broker may drop a resend, or its receipt, as well
                await device.publish_batch("e", [said(number)])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RESEND_AFTER_S):
                        while number not in told:
                            told |= {each["id"]: each["status"] for each in receipts(await device.next())}
        assert set(told.values()) <= {"stored", "duplicate"}


def doctor(settings: Settings) -> str:
    """What `membroker doctor` says."""
    env = os.environ | {
        "MEMBROKER_BROKER": str(settings.broker),
        "MEMBROKER_DATA": str(settings.data),
        "MEMBROKER_MODEL_CACHE": str(settings.model_cache),
    }
    return subprocess.run([COMMAND, "doctor"], env=env, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("limit", [QUEUED_MESSAGES_MAX, 1000], ids=["as we ship it", "Mosquitto's default"])
def test_a_queue_that_would_lose_messages_is_found_before_it_does(tmp_path: Path, limit: int) -> None:
    broker = Mosquitto(tmp_path, max_queued_messages=limit)
    broker.start()
    try:
        facts = probe(BrokerUrl("127.0.0.1", broker.port), None, "doctor-of-a-test")
    finally:
        broker.kill()
    assert (facts.in_flight, facts.queued) == (IN_FLIGHT_ASKED, min(limit, QUEUED_ASKED))
    warned = any("drops what it accepts" in finding.detail for finding in of_limits(facts))
    assert warned == (limit < QUEUED_ASKED)
