"""Promise: what serving needs and cannot be had is said on the status; nothing is acknowledged meanwhile; and
when the cause goes away it serves by itself, with all that was published in between."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory import model
from memory.edge_place import DISK_RESERVE_BYTES
from memory.errors import StoreMismatch, StoreTaken
from memory.store_lock import StoreLock
from tests.conftest import Mosquitto, free_port
from tests.faults.living import Watcher, living, serving
from tests.mqtt import RawClient, receipts
from workers.settings import Settings

WAITING = 12


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own: the only way to make one read-only or full that binds root, too."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a file system: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def settings_on_disk(settings: Settings, disk: Path) -> Settings:
    """Settings of a memory whose store is on that file system."""
    (disk / "store").mkdir()
    settings.data.mkdir()
    (settings.data / "store").symlink_to(disk / "store")
    return settings


async def publish(device: RawClient, first: int, count: int = WAITING) -> None:
    for number in range(first, first + count):
        await device.publish(device.topic("obs", "e"), json.dumps({"id": number, "text": f"n {number}"}))


async def told(device: RawClient, count: int, *statuses: str) -> dict[int, str]:
    """Memory ids by observation, from the receipts of so many."""
    found: dict[int, str] = {}
    while len(found) < count:
        for receipt in receipts(await device.next()):
            assert receipt["status"] in (statuses or ("stored",))
            found[receipt["id"]] = receipt["memory"]
    return found


async def found_once(device: RawClient, memories: dict[int, str]) -> None:
    assert (await device.ask("e", {"op": "stats"}))["count"] == len(memories)
    reply = await device.ask("e", {"op": "get", "memories": list(memories.values())})
    assert {match["id"]: match["memory"] for match in reply["matches"]} == memories


async def outlives(
    settings: Settings,
    broker: Mosquitto,
    tenant: str,
    *,
    before: dict[int, str],
    words: str,
    mend: Callable[[], object],
) -> None:
    """Started without what it needs: says so, acknowledges nothing, and serves once `mend` was called.

    It has served before, so the broker keeps for it what is published while it is away.
    """
    async with (
        Watcher.of(broker.url) as ingest,
        Watcher.of(broker.url, "query") as query,
        RawClient.connected(broker.url, tenant, "device-1") as device,
    ):
        async with living(settings):
            reason = (await ingest.until("degraded", words))["reason"]
            assert ". " in reason, "what, where, and the next step"
            await query.until("degraded", words)
            await publish(device, 100)
            probe = asyncio.ensure_future(ingest.until("online"))
            assert await device.nothing_for(asyncio.ensure_future(publish(device, 200)))
            assert not probe.done()
            mend()
            await probe
            await query.until("online")
            await found_once(device, before | await told(device, 2 * WAITING))
        await ingest.until("offline")
        await query.until("offline")


async def serve_before(settings: Settings, broker: Mosquitto, tenant: str) -> dict[int, str]:
    """A first life, so that there is a store and the broker knows the services."""
    async with serving(settings, broker.url, tenant) as (_, device):
        await publish(device, 0)
        return await told(device, WAITING)


async def test_a_missing_model_is_waited_for(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    before = await serve_before(settings, own_mosquitto, tenant)
    (empty := tmp_path / "models").mkdir()
    real = model.model_dir(settings.model_cache, settings.model)
    await outlives(
        settings.model_copy(update={"model_cache": empty}),
        own_mosquitto,
        tenant,
        before=before,
        words="membroker model fetch",
        mend=lambda: (empty / real.name).symlink_to(real),
    )


@pytest.mark.parametrize(
    ("file", "how"),
    [
        ("identity.json", "garbled"),
        ("shard/edge_config.json", "cut"),
        ("shard/wal/open-*", "garbled"),
        ("shard/segments/*/segment.json", "gone"),
        ("shard/segments/*/payload_storage/page_0.dat", "cut"),  # Edge opens it, and every search fails
        ("shard/segments/*/vector_storage-dense/vectors/status.dat", "cut"),  # Edge panics
        ("shard/segments/*/vector_storage-dense/vectors/status.dat", "gone"),  # Edge finds nothing
    ],
)
async def test_a_corrupt_store_is_said_and_a_backup_put_in_its_place_is_served(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str, file: str, how: str
) -> None:
    before = await serve_before(settings, own_mosquitto, tenant)
    live, backup = settings.data / "store" / "g1", settings.data / "backup"
    shutil.copytree(live, backup)
    for path in live.glob(file):
        if how == "garbled":
            path.write_bytes(bytes(reversed(path.read_bytes()[:4096])) or b"?")
        elif how == "cut":
            path.write_bytes(b"")
        else:
            path.unlink()

    def restore() -> None:
        shutil.rmtree(live)
        backup.rename(live)

    await outlives(settings, own_mosquitto, tenant, before=before, words="membroker restore", mend=restore)


async def test_a_read_only_store_is_waited_for(
    settings_on_disk: Settings, own_mosquitto: Mosquitto, tenant: str, disk: Path
) -> None:
    before = await serve_before(settings_on_disk, own_mosquitto, tenant)
    remount(disk, "ro")
    await outlives(
        settings_on_disk,
        own_mosquitto,
        tenant,
        before=before,
        words="Read-only file system",
        mend=lambda: remount(disk, "rw"),
    )


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves less room than the reserve, so little that nothing overflows."""
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - DISK_RESERVE_BYTES // 2))
    return filler


async def test_a_full_disk_is_waited_for_at_the_start(
    settings_on_disk: Settings, own_mosquitto: Mosquitto, tenant: str, disk: Path
) -> None:
    before = await serve_before(settings_on_disk, own_mosquitto, tenant)
    filler = fill(disk)
    await outlives(
        settings_on_disk, own_mosquitto, tenant, before=before, words="MB are free", mend=filler.unlink
    )


async def test_a_disk_that_fills_up_while_it_serves_is_waited_for_and_nothing_is_lost(
    settings_on_disk: Settings, own_mosquitto: Mosquitto, tenant: str, disk: Path
) -> None:
    async with serving(settings_on_disk, own_mosquitto.url, tenant) as (ingest, device):
        await publish(device, 0)
        before = await told(device, WAITING)
        filler = fill(disk)
        await publish(device, 100)
        assert "make room" in (await ingest.until("degraded", "MB are free"))["reason"]
        assert (await device.ask("e", {"op": "stats"}))["count"] == WAITING, "it answers all the same"
        filler.unlink()
        await found_once(device, before | await told(device, WAITING))
        await ingest.until("online")


async def test_a_store_that_another_process_has_ends_it_at_once(settings: Settings) -> None:
    other = StoreLock(settings.data / "store")
    other.take()
    with pytest.raises(StoreTaken, match="is open in another process"):
        async with living(settings) as memory:
            await memory
    other.release()


async def test_a_store_of_another_model_ends_it_at_once(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str
) -> None:
    await serve_before(settings, own_mosquitto, tenant)
    identity = settings.data / "store" / "g1" / "identity.json"
    identity.write_text(identity.read_text().replace("MiniLM", "MaxiLM"))
    with pytest.raises(StoreMismatch, match="MaxiLM"):
        async with living(settings) as memory:
            await memory


async def test_a_stop_is_heeded_while_it_waits(
    settings: Settings, own_mosquitto: Mosquitto, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"model_cache": tmp_path / "none"})
    async with Watcher.of(own_mosquitto.url) as ingest:
        async with living(settings) as memory:
            await ingest.until("degraded", "membroker model fetch")
        assert memory.done()
        await ingest.until("offline")


async def test_a_server_that_is_away_at_the_start_is_waited_for(
    settings: Settings, own_mosquitto: Mosquitto
) -> None:
    away = settings.model_copy(update={"store": f"http://127.0.0.1:{free_port()}"})
    async with Watcher.of(own_mosquitto.url) as ingest, Watcher.of(own_mosquitto.url, "query") as query:
        async with living(away):
            assert "start it" in (await ingest.until("degraded", "does not answer"))["reason"]
            await query.until("degraded", "does not answer")
        await ingest.until("offline")
