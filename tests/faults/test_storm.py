"""Promise: what has a receipt survives whatever happens; what has none is still with its device.

`make soak` runs it longer. The same seed brings the same faults in the same order; the instants at which they
fall within the processes are never the same twice.
"""

import asyncio
import os
import random
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_bridge.url import BrokerUrl
from tests.conftest import Mosquitto, free_port, mosquitto_program, settings_on
from tests.faults.devices import Device, Told, observations, switched_on
from tests.faults.ledger import Ledger, in_words, judge
from tests.faults.process import Process
from tests.faults.schedule import PAUSES, Event, Fault, storm
from tests.mqtt import RawClient
from workers.accounts import OPERATOR, broker_url
from workers.settings import Settings

SEED = int(os.environ.get("SEED") or random.randrange(10**9))
OBSERVATIONS = int(os.environ.get("OBSERVATIONS") or 20_000)
KILLS = int(os.environ.get("KILLS") or 5)
DEVICES = 5
PAUSE_S = 10.0
STUCK_S_MAX = 60.0
"""Without a single receipt for this long, the memory has not recovered."""
AHEAD_SHARE = 0.05
"""Of all observations: so many are made and without a receipt whenever a fault comes."""
FLOOD_SHARE = 0.02
"""Of all observations: so many messages one device sends without waiting."""
LAST = 200
"""Observations of each device that nobody receives before everything dies for the last time."""
ASKED_AT_ONCE = 200
"""Ids in one `get`: 256 at most, by the contract."""
SECONDS_MAX = 300 + OBSERVATIONS // 50


class Ground(ABC):
    """A memory with its broker, and what can be done to them."""

    memory: Process

    @property
    @abstractmethod
    def url(self) -> BrokerUrl: ...

    @property
    @abstractmethod
    def broker_pid(self) -> int: ...

    @abstractmethod
    def kill_broker(self) -> None:
        """Kills it; returns when it is there again."""

    def kill_memory(self) -> None:
        """Kills it; returns when it is there again."""
        self.memory.end(signal.SIGKILL)
        self.memory.start()

    @abstractmethod
    def kill_both(self) -> None:
        """Kills both; returns when they are there again."""

    @abstractmethod
    def until_whole(self) -> None:
        """Returns when whoever starts a broker again that was killed has done so, and knows it."""


class Apart(Ground):
    """The broker outlives the memory, and the memory the broker."""

    def __init__(self, broker: Mosquitto, model_cache: Path, data: Path) -> None:
        self.broker = broker
        self.memory = Process(settings_on(broker, model_cache, data))

    @property
    def url(self) -> BrokerUrl:
        return self.broker.url

    @property
    def broker_pid(self) -> int:
        return self.broker.pid

    def kill_broker(self) -> None:
        self.broker.kill()
        self.broker.start()

    def kill_both(self) -> None:
        self.memory.end(signal.SIGKILL)
        self.kill_broker()
        self.memory.start()

    def until_whole(self) -> None:
        pass  # here, we are who starts it


class Together(Ground):
    """As `membroker up` alone: the broker is its child, with accounts, and is ended when it dies."""

    def __init__(self, model_cache: Path, data: Path) -> None:
        self.settings = Settings(data=data, model_cache=model_cache, port=free_port())
        self.memory = Process(self.settings)

    @property
    def url(self) -> BrokerUrl:
        return broker_url(self.settings, OPERATOR)

    @property
    def broker_pid(self) -> int:
        give_up = time.monotonic() + STUCK_S_MAX
        while time.monotonic() < give_up:
            pid = int((self.settings.data / "broker" / "mosquitto.pid").read_text() or 0)
            if pid and Path(f"/proc/{pid}").exists():  # not while it is being started again
                return pid
        raise AssertionError("membroker up does not start its broker again")

    def kill_broker(self) -> None:
        pid = self.broker_pid
        os.kill(pid, signal.SIGKILL)  # `membroker up` starts it again
        give_up = time.monotonic() + STUCK_S_MAX
        while Path(f"/proc/{pid}").exists():  # what is dying looks like a broker that is there again
            assert time.monotonic() < give_up, "membroker up does not see that its broker has ended"

    def kill_both(self) -> None:
        os.kill(self.broker_pid, signal.SIGKILL)
        self.kill_memory()

    def until_whole(self) -> None:
        assert self.broker_pid


@pytest.fixture(params=[Apart, Together])
def ground(request: pytest.FixtureRequest, model_cache: Path, tmp_path: Path) -> Iterator[Ground]:
    mosquitto_program()
    ground: Ground = Together(model_cache, tmp_path / "data")
    if request.param is Apart:
        ground = Apart(request.getfixturevalue("own_mosquitto"), model_cache, tmp_path / "data")
    ground.memory.start()
    yield ground
    if ground.memory.running:
        ground.memory.end(signal.SIGKILL)


def pause(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(PAUSE_S)  # the fault itself: it stands still for so long
    os.kill(pid, signal.SIGCONT)


def strike(ground: Ground, devices: list[Device], event: Event, *, flood: int) -> None:
    """Lets it happen; returns when whoever was killed is there again."""
    time.sleep(event.delay_ms / 1000)  # so that it falls anywhere between two receipts
    match event.fault:
        case Fault.KILL_MEMORY:
            ground.kill_memory()
        case Fault.KILL_BROKER:
            ground.kill_broker()
        case Fault.KILL_BOTH:
            ground.kill_both()
        case Fault.PAUSE_MEMORY:
            pause(ground.memory.pid)
        case Fault.PAUSE_BROKER:
            pause(ground.broker_pid)
        case Fault.CUT:
            for device in devices:
                device.cut()
        case Fault.FLOOD:
            devices[event.device].flood(flood)


async def audit(ground: Ground, tenant: str, ledgers: list[Ledger]) -> list[str]:
    """What is wrong, as anybody could see it over MQTT."""
    promised = list(dict.fromkeys(memory for ledger in ledgers for memory in ledger.told.values()))
    found: dict[str, list[dict[str, Any]]] = {}
    async with RawClient.connected(ground.url, tenant, "auditor") as client:
        stats = await client.ask("home/_all", {"op": "stats"})
        for start in range(0, len(promised), ASKED_AT_ONCE):
            asked = {"op": "get", "memories": promised[start : start + ASKED_AT_ONCE]}
            for match in (await client.ask("home/_all", asked)).get("matches", []):
                found.setdefault(match["memory"], []).append(match)
    return judge(ledgers, found, stats["count"])


@pytest.mark.timeout(SECONDS_MAX)
def test_no_receipt_is_broken_and_nothing_without_one_is_gone(ground: Ground, tenant: str) -> None:
    # Together differs in how they die; that needs fewer, and the pauses are the same.
    apart = isinstance(ground, Apart)
    count, kills, pauses = (OBSERVATIONS, KILLS, PAUSES) if apart else (OBSERVATIONS // 4, KILLS // 2 + 1, ())
    again = f"run it again: make soak SEED={SEED} OBSERVATIONS={OBSERVATIONS} KILLS={KILLS}"
    print(f"\n{type(ground).__name__}: {count} observations, {kills} kills; {again}")  # noqa: T201 - before it fails
    told = Told()
    names = [f"device-{number}" for number in range(DEVICES)]
    worlds = {name: observations(f"{SEED} {name}") for name in names}
    ledgers = {name: Ledger(name) for name in names}
    with switched_on(ground.url, tenant, ledgers, worlds, told) as devices:
        for event in storm(SEED, observations=count, kills=kills, devices=DEVICES, pauses=pauses):
            for device in devices:  # always some that are under way when it happens
                device.observe_until((event.after_receipts + int(count * AHEAD_SHARE)) // DEVICES)
            assert told.wait_for(event.after_receipts, STUCK_S_MAX), f"stuck before {event}; {again}"
            strike(ground, devices, event, flood=int(count * FLOOD_SHARE))
        ground.until_whole()  # stopped, it starts no broker
        os.kill(ground.memory.pid, signal.SIGSTOP)
        for device in devices:  # nobody tells them of these any more
            device.flood(LAST)
            device.wait_sent()
    # Every device is off now, each with observations that have no receipt; and everything dies once more.
    ground.kill_both()
    assert all(ledger.kept for ledger in ledgers.values())
    wrong = asyncio.run(audit(ground, tenant, list(ledgers.values())))
    assert not wrong, f"after the last kill, {in_words(wrong)}\n{again}"
    with switched_on(ground.url, tenant, ledgers, worlds, told) as devices:
        for device in devices:
            device.observe_until(count // DEVICES)
        count = sum(len(ledger.made) for ledger in ledgers.values())
        assert told.wait_for(count, STUCK_S_MAX), f"stuck at {told.count} of {count}; {again}"
    wrong = asyncio.run(audit(ground, tenant, list(ledgers.values())))
    assert not wrong, f"in the end, {in_words(wrong)}\n{again}"
