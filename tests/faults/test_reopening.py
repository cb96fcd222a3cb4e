"""Promise: where only a new start mends the store, it is opened anew; what was not flushed comes again."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
import qdrant_edge as edge

from broker_bridge.broker import LocalBroker
from memory import edge_log
from memory.errors import StoreBroken, StoreFailed
from memory.records import Embedded
from memory.store_edge import EdgeStore
from tests.conftest import Mosquitto, free_port, mosquitto_program
from tests.faults.living import Watcher, serving
from tests.faults.test_away import WAITING, found_once, publish, told
from tests.mqtt import RawClient
from workers import stack
from workers.settings import Settings


async def test_flushes_that_a_second_opener_broke_are_mended_and_nothing_is_lost(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_log, "POINTS_MAX", 0)
    async with serving(settings, own_mosquitto.url, tenant) as (ingest, device):
        await publish(device, 0)
        before = await told(device, WAITING)
        with pytest.raises(Exception, match="WouldBlock"):  # it passes our lock by, as no membroker does
            edge.EdgeShard.load(str(settings.data / "store" / "g1" / "shard"))
        await publish(device, 100)
        await ingest.until("degraded", "flushing the store")
        await found_once(device, before | await told_once(device, WAITING))
        await ingest.until("online")


async def told_once(device: RawClient, count: int) -> dict[int, str]:
    """As `told`; what came again was stored before, if the log had it."""
    return await told(device, count, "stored", "duplicate")


async def test_a_directory_deleted_while_it_serves_is_made_anew_and_nothing_later_is_lost(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str
) -> None:
    async with serving(settings, own_mosquitto.url, tenant) as (ingest, device):
        await publish(device, 0)
        await told(device, WAITING)
        shutil.rmtree(settings.data / "store")
        await publish(device, 100)
        assert "disk" in (await ingest.until("degraded"))["reason"]
        await found_once(device, await told(device, WAITING))
        await ingest.until("online")


@pytest.mark.parametrize("fault", [StoreBroken, StoreFailed])
async def test_a_store_that_cannot_write_any_more_is_opened_anew(
    settings: Settings,
    own_mosquitto: Mosquitto,
    tenant: str,
    monkeypatch: pytest.MonkeyPatch,
    fault: type[StoreFailed],
) -> None:
    broken: list[EdgeStore] = []
    real = EdgeStore.upsert

    async def upsert(store: EdgeStore, batch: Sequence[Embedded]) -> None:
        if not broken:
            broken.append(store)
        if store in broken:
            raise fault("storing failed: it panicked", hint="wait")
        await real(store, batch)

    monkeypatch.setattr(EdgeStore, "upsert", upsert)
    async with serving(settings, own_mosquitto.url, tenant) as (_, device):
        await publish(device, 0)
        await found_once(device, await told(device, WAITING))
        assert len(broken) == 1


async def test_our_own_broker_stays_up_while_the_memory_starts_anew_and_is_kept_running(
    model_cache: Path, tmp_path: Path, tenant: str
) -> None:
    mosquitto_program()
    settings = Settings(data=tmp_path / "data", port=free_port(), model_cache=model_cache)
    async with stack.running(settings) as running:
        pid = pid_of_broker(settings)
        async with (
            Watcher.of(running.broker) as ingest,
            RawClient.connected(running.broker, tenant, "device-1") as device,
        ):
            shutil.rmtree(settings.data / "store")
            await publish(device, 0)
            await found_once(device, await told(device, WAITING))
            await ingest.until("degraded")
            await ingest.until("online")
        assert pid_of_broker(settings) == pid
        os.kill(pid, signal.SIGKILL)
        while not listens(settings.port) or pid_of_broker(settings) == pid:
            assert not running.broken[0].done()
            await asyncio.sleep(0.01)


def pid_of_broker(settings: Settings) -> int:
    return int((settings.data / "broker" / "mosquitto.pid").read_text())


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_broker_whose_keeping_breaks_ends_the_memory(
    model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory whose broker nobody would start again must not go on as if it were well."""
    mosquitto_program()
    settings = Settings(data=tmp_path / "data", port=free_port(), model_cache=model_cache)
    async with stack.running(settings) as running:

        async def breaks(*_: object) -> None:
            raise ZeroDivisionError("a fault of ours")

        monkeypatch.setattr(LocalBroker, "start", breaks)
        os.kill(pid_of_broker(settings), signal.SIGKILL)
        with pytest.raises(ZeroDivisionError):
            await running.until(asyncio.Event())
