"""The summarizer in a running memory: what devices sent is condensed, thinned and told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Memory, Mosquitto, settings_on
from tests.mqtt import RawClient, decoded
from workers import stack
from workers.accounts import OPERATOR, broker_url

HOUR = 1_700_049_600
"""A full one, in UTC; noon of its day."""
POLICIES = """
defaults:
  per_hour_max: 10
  thresholds: {temperature: 21}
"""


@pytest.fixture
async def house(
    mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> AsyncIterator[Memory]:
    """A memory whose summarizer waits for nothing."""
    (tmp_path / "policies.yaml").write_text(POLICIES)
    soon = {"grace_s": 0.01, "silence_s": 0.01}
    settings = settings_on(
        mosquitto, model_cache, tmp_path / "data", instance=tenant[-8:], condensing=soon,
        condense_every_s=0.1, digest_wait_s=0.1, policies=tmp_path / "policies.yaml",
    )  # fmt: skip
    async with stack.running(settings):
        yield Memory(broker_url(settings, OPERATOR), tenant, settings)


async def heard(watcher: RawClient, event: str) -> list[dict[str, Any]]:
    """The records of the next message on the stream that tells of such an event."""
    while True:
        message = await watcher.next()
        if "/stream/" in str(message.topic):
            records = decoded(message)
            records = records if isinstance(records, list) else [records]
            if some := [record for record in records if record["y"] == event]:
                return some


async def test_an_hour_of_readings_becomes_one_summary_and_is_thinned(house: Memory) -> None:
    values = [20 + (n % 60) / 20 for n in range(120)]
    readings = [
        {"id": n, "attribute": "temperature", "value": value, "unit": "Cel", "at": HOUR + 30 * n}
        for n, value in enumerate(values)
    ]
    async with house.client("thermo") as device, house.client("watcher") as watcher:
        await watcher.mqtt.subscribe(f"mem/v1/{house.tenant}/stream/#", qos=1)
        told = await device.observe("home7/kitchen", readings)
        assert {each["status"] for each in told} == {"stored"}
        while (records := await heard(watcher, "summarised")) and "mean" not in records[0]["t"]:
            pass
        [record] = records
        summary = await device.ask("home7/kitchen", {"op": "get", "memories": [record["m"]]})
        stats = await device.ask("home7/kitchen", {"op": "stats"})
        again = await device.observe("home7/kitchen", readings[:50])
    [found] = summary["matches"]
    assert found["tier"] == "summary"
    assert "120 readings" in found["text"]
    assert stats["tiers"] == {"raw": 10, "summary": 1}
    assert {each["status"] for each in again} == {"duplicate"}
