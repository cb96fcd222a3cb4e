"""Promise: what a device keeps is remembered once, whatever its network, process, power and gateway do.

`make fleet` runs more of them for longer. The same seed brings the same devices, observations and weather;
the instants at which it all falls together are never the same twice.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgpack
import pytest

from edge.observing import LOW
from edge.pacing import LOW_SHARE
from edge.speaking import SLACK_S
from tests.conftest import Mosquitto, settings_on
from tests.faults.fleet.account import Account
from tests.faults.fleet.group import Group
from tests.faults.fleet.network import Cell
from tests.faults.fleet.weather import weather
from tests.faults.fleet.world import BYTES_PER_HOUR, ENTITY, Kind, Who
from tests.faults.ledger import in_words
from tests.faults.process import Process
from tests.mqtt import RawClient

SEED = int(os.environ.get("SEED") or random.randrange(10**9))
DEVICES = int(os.environ.get("DEVICES") or 200)
EACH = int(os.environ.get("EACH") or 16)
"""Observations of each device."""
STORM_S = float(os.environ.get("STORM_S") or 10)
"""Of bad weather, in which they are made."""
GROUPS = 4
CELLS = 20
KILLS = 2
"""Of each group but the last, whose devices live to the end."""
TEST_S_MAX = 120 + 4 * STORM_S
PAUSE_SHARE = 0.8
"""Of the bad weather: so long a device takes for its observations."""
MUST_COME = frozenset({
    "CUT", "DEAF", "SLOW", "torn", "refused", "swallowed", "twice", "power_cuts", "tells", "fresh", "local",
})  # fmt: skip
Found = dict[str, list[dict[str, Any]]]
"""Memories by device."""
AGAIN = f"make fleet SEED={SEED} DEVICES={DEVICES} EACH={EACH} STORM_S={STORM_S:g}"


@pytest.fixture
def memory(own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path) -> Iterator[Process]:
    process = Process(settings_on(own_mosquitto, model_cache, tmp_path / "data"))
    process.start()
    yield process
    if process.running:
        process.end(signal.SIGKILL)


@asynccontextmanager
async def network(broker: Mosquitto) -> AsyncIterator[list[Cell]]:
    cells = [Cell(broker.port, random.Random(f"{SEED} network {number}")) for number in range(CELLS)]
    for cell in cells:
        await cell.open()
    try:
        yield cells
    finally:
        for cell in cells:
            await cell.close()


async def gateway_dies(broker: Mosquitto, memory: Process) -> None:
    """What the broker acknowledged and the memory did not flush is gone: only receipts promise anything."""
    await asyncio.sleep(random.Random(f"{SEED} gateway").uniform(0.1, 0.4) * STORM_S)
    await asyncio.to_thread(memory.end, signal.SIGKILL)
    broker.kill()
    await asyncio.to_thread(broker.start)
    await asyncio.to_thread(memory.start)


async def through(group: Group, kills: int) -> None:
    """Its devices make what they are to make; they are killed so often meanwhile."""
    drawn = random.Random(f"{SEED} kills {min(group.accounts)}")
    # Two lines are said of one observation or a few: this is before the last of them, in most lives.
    in_all = len(group.accounts) * EACH
    await group.start()
    for _ in range(kills):
        if await group.hear("acted", drawn.randint(1, max(2, in_all // kills))):
            break  # too late to kill it at work
        await group.kill(drawn)
        await group.start()
    else:
        await group.hear("acted")


async def remembered(broker: Mosquitto, tenant: str) -> Found:
    """All that the memory has, by device."""
    found: Found = {}
    asked: dict[str, Any] = {"op": "export", "limit": 100}
    async with RawClient.connected(broker.url, tenant, "auditor") as client:
        while True:
            page = await client.ask(f"{ENTITY}/_all", asked, verb="manage")
            for each in page["memories"]:
                found.setdefault(each["device"], []).append(each)
            if "cursor" not in page:
                return found
            asked["cursor"] = page["cursor"]


def budget_wrong(account: Account, found: Found) -> list[str]:
    """However often it died, and whatever waited: of low importance went no more than the hour allows."""
    low = [each for each in found.get(account.who.name, []) if each["importance"] < LOW]
    size = sum(len(msgpack.packb([each["text"], each["importance"], each["id"]])) for each in low)
    bound = BYTES_PER_HOUR * LOW_SHARE
    return [f"{account.who.name} sent {size} bytes of {bound}"] if size > bound else []


def recalls_wrong(groups: list[Group]) -> list[str]:
    """Every question is answered in time, and by nobody else's memories."""
    wrong = []
    for each in (recall for group in groups for recall in group.recalls):
        if each.seconds > each.deadline_s + SLACK_S:
            wrong.append(f"device {each.device} was answered after {each.seconds:.2f} s of {each.deadline_s}")
        if set(each.entities) - {Who(each.device, SEED).entity}:
            wrong.append(f"device {each.device} was told of {each.entities}")
    return wrong


@pytest.mark.timeout(TEST_S_MAX)
async def test_what_is_kept_is_remembered_once_and_what_is_dropped_is_told(
    memory: Process, own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    print(f"\n{DEVICES} devices; run it again: {AGAIN}")  # noqa: T201 - before it fails
    accounts = [Account(Who(number, SEED)) for number in range(DEVICES)]
    frugal = [each for each in accounts if each.who.kind is Kind.FRUGAL]
    async with network(own_mosquitto) as cells:
        ports = {each.who.number: each.who.drawn("cell").choice(cells).port for each in accounts}
        share = -(-DEVICES // GROUPS)
        parts = [accounts[first : first + share] for first in range(0, DEVICES, share)]
        common = {"seed": SEED, "tenant": tenant, "pause_s": PAUSE_SHARE * STORM_S / EACH}
        groups = [Group(part, ports, tmp_path, end=EACH, **common) for part in (*parts, frugal)]
        *parts_of_fleet, once_more = groups
        try:
            storm = (cell.live(list(weather(SEED, n, until_s=STORM_S))) for n, cell in enumerate(cells))
            lives = (
                through(group, KILLS if group is not parts_of_fleet[-1] else 0) for group in parts_of_fleet
            )
            await asyncio.gather(*storm, *lives, gateway_dies(own_mosquitto, memory))
            await asyncio.gather(*(group.drain() for group in parts_of_fleet))
            within_budget = await remembered(own_mosquitto, tenant)
            await once_more.start(frugal=False)
            await once_more.drain()
        finally:
            for group in groups:
                group.end_now()
    found = await remembered(own_mosquitto, tenant)
    wrong = [fault for each in accounts for fault in each.judge(found.get(each.who.name, []))]
    wrong += [fault for each in frugal for fault in budget_wrong(each, within_budget)]
    wrong += recalls_wrong(groups)
    assert not wrong, f"{in_words(wrong)}\n{AGAIN}"
    faults = sum((cell.counts for cell in cells), Counter[str]())
    said = sum((group.counts for group in groups), Counter[str]())
    came = {*faults, *said, *(recall.freshness.split()[0] for group in groups for recall in group.recalls)}
    assert came >= MUST_COME, f"{MUST_COME - came} never came, so nothing is proven of it; {AGAIN}"
    print(f"{sum(map(len, found.values()))} memories; {dict(faults)}; {dict(said)}")  # noqa: T201
