"""Promise: condensed at whatever instants it is killed, each reading is told once, and none is lost."""

import asyncio
import contextlib
import random
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from memory.conditions import Present
from memory.ledger import Ledger
from memory.measured import Measured
from memory.portions import Portion, span_at
from memory.records import Memory
from memory.store_edge import EdgeStore
from memory.upkeep import Upkeep
from tests.conftest import Mosquitto, settings_on
from tests.faults.process import Process
from tests.mqtt import RawClient, receipts
from workers import stack, wiring
from workers.accounts import OPERATOR, broker_url
from workers.settings import Settings

SEED = 20_261_122
NOON = 1_700_049_600
HOURS = 3
READINGS = 900
KEPT_MAX = 60
"""Of an hour and series, as is built in."""
BATCH = 30
SOON = {
    "MEMBROKER_CONDENSING__GRACE_S": "0.2",
    "MEMBROKER_CONDENSE_SHARE": "1.0",
    "MEMBROKER_CONDENSE_EVERY_S": "0.1",
    "MEMBROKER_STATS_EVERY_S": "0.1",
}
STATS = "mem/v1/_sys/summarizer/1/stats"


def load(rng: random.Random) -> list[dict[str, Any]]:
    """Readings of three attributes, some of them alike, in no order of time."""
    readings = [
        {
            "id": n,
            "attribute": rng.choice(["temperature", "humidity", "light"]),
            "value": rng.choice([round(rng.uniform(0, 50), 1), 20.0]),
            "at": round(NOON + rng.uniform(0, HOURS * 3600 - 1), 3),
        }
        for n in range(READINGS)
    ]
    return sorted(readings, key=lambda each: each["at"] + rng.uniform(0, 1800))


def oracle(readings: list[dict[str, Any]], tenant: str) -> dict[Portion, tuple[Any, ...]]:
    """What each hour, day and month is, by all there is."""
    found: defaultdict[Portion, list[dict[str, Any]]] = defaultdict(list)
    for each in readings:
        for period in ("hour", "day", "month"):
            start = int(span_at(each["at"], period).start)  # type: ignore[arg-type]
            found[Portion(tenant, "e", period, start, "device-1", each["attribute"])].append(each)  # type: ignore[arg-type]
    return {portion: _figures(some) for portion, some in found.items()}


def _figures(some: list[dict[str, Any]]) -> tuple[Any, ...]:
    values = [each["value"] for each in some]
    times = [each["at"] for each in some]
    return (
        len(some),
        min(values),
        max(values),
        min(times),
        max(times),
        pytest.approx(sum(values) / len(values)),
    )


def told(whole: Measured | None) -> tuple[Any, ...]:
    assert whole is not None
    return whole.count, whole.min, whole.max, whole.since, whole.until, whole.mean


async def send(client: RawClient, readings: list[dict[str, Any]], waiting: set[int], until: int) -> None:
    """Until so many have their receipt; what has none is sent again after silence."""
    while len(waiting) > until:
        left = [each for each in readings if each["id"] in waiting]
        for start in range(0, len(left), BATCH):
            await client.publish_batch("e", left[start : start + BATCH])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                while len(waiting) > until:
                    for receipt in receipts(await client.next()):
                        assert receipt["status"] in {"stored", "merged", "duplicate"}
                        waiting.discard(receipt["id"])


async def until_nothing_is_due(broker: Mosquitto, settings: Settings) -> None:
    """Looks whenever the summarizer tells how it is."""
    ledger = Ledger(settings.data / "ledger.sqlite3")
    async with RawClient.connected(broker.url, "watching", "watcher") as watcher, asyncio.timeout(60):
        await watcher.mqtt.subscribe(STATS)
        await watcher.next()
        while ledger.due_count():
            await watcher.next()
    ledger.close()


async def everything(settings: Settings) -> list[Memory]:
    store = EdgeStore(wiring.store_directory(settings))
    await store.open_as_it_is()
    found: list[Memory] = []
    while page := await store.kept(Upkeep((Present("kind"),)), 256, found[-1].id if found else None):
        found += page
    await store.close()
    return found


def judge(memories: list[Memory], readings: list[dict[str, Any]], tenant: str) -> None:
    expected = oracle(readings, tenant)
    by_id = {each.id: each for each in memories}
    for portion, figures in expected.items():
        assert told(by_id[portion.summary_id].measured) == figures, f"seed {SEED}, {portion}"
    assert len([each for each in memories if each.tier == "summary"]) == len(expected)
    raw: defaultdict[Portion, int] = defaultdict(int)
    for each in memories:
        if each.tier == "raw":
            start = int(span_at(each.at, "hour").start)
            raw[Portion(tenant, "e", "hour", start, each.device, each.attribute)] += 1
    assert {portion for portion in expected if portion.period == "hour"} == set(raw)
    assert max(raw.values()) <= KEPT_MAX


@pytest.fixture
def settings(own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path) -> Settings:
    return settings_on(
        own_mosquitto, model_cache, tmp_path / "data",
        condensing={"grace_s": 0.05}, condense_every_s=0.1, condense_share=1.0,
    )  # fmt: skip


async def test_killed_while_it_condenses_each_reading_is_told_once_and_receipts_are_kept(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str
) -> None:
    rng = random.Random(SEED)
    readings = load(rng)
    waiting = {each["id"] for each in readings}
    process = Process(settings, **SOON)
    process.start()
    try:
        async with RawClient.connected(own_mosquitto.url, tenant, "device-1") as client:
            for kill in range(5, -1, -1):
                await send(client, readings, waiting, READINGS * kill // 6)
                await asyncio.sleep(rng.uniform(0, 0.6))  # where the kill falls, not what is waited for
                process.end(signal.SIGKILL)
                await asyncio.to_thread(process.start)
            again = set(waiting) | {each["id"] for each in readings}
            await send(client, readings, again, 0)
        await until_nothing_is_due(own_mosquitto, settings)
        assert process.end(signal.SIGTERM) == 0
    finally:
        if process.running:
            process.end(signal.SIGKILL)
    judge(await everything(settings), readings, tenant)


@pytest.mark.parametrize("is_lost", [False, True], ids=["away", "and its ledger lost"])
async def test_what_came_while_it_was_away_is_condensed_when_it_is_back(
    settings: Settings,
    own_mosquitto: Mosquitto,
    tenant: str,
    is_lost: bool,  # noqa: FBT001 - a case
) -> None:
    readings = load(random.Random(SEED))
    device = broker_url(settings, OPERATOR)
    async with (
        stack.running(settings, ("ingest", "query")),
        RawClient.connected(device, tenant, "device-1") as client,
    ):
        await send(client, readings, {each["id"] for each in readings}, 0)
    assert not [each for each in await everything(settings) if each.tier == "summary"]
    if is_lost:
        for file in settings.data.glob("ledger.sqlite3*"):
            file.unlink()
    async with stack.running(settings):
        await until_nothing_is_due(own_mosquitto, settings)
    judge(await everything(settings), readings, tenant)
