"""Promise: what has a receipt survives a power cut. As far as a test can show it: all that was written after
a flush is thrown away, and every receipt that was sent by then still has its memory."""

import base64
import os
import shutil
from pathlib import Path

import msgpack
import numpy as np
import pytest

from memory.records import Embedded, Known, Words
from memory.store_edge import EdgeStore
from memory.store_twin import TwinStore
from tests.conftest import Mosquitto
from tests.contract.memories import a_memory
from tests.faults.ingesting import IDENTITY, running
from tests.mqtt import RawClient, receipts
from workers.deadletters import DeadLetters


class Store(EdgeStore):
    """Keeps a copy of its directory as it was at each flush: what a disk would hold after a power cut."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "live")
        self._from = directory / "live"
        self._copies = directory
        self.flushed = 0

    async def flush(self) -> None:
        await super().flush()
        shutil.copytree(self._from, self._copies / f"flushed-{self.flushed + 1}")
        self.flushed += 1


class Disk:
    """What of a directory would outlive a power cut: bytes that were synced, under names that were."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._directory = directory
        self._sync = os.fsync
        self._bytes: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        monkeypatch.setattr(os, "fsync", self._synced)

    def _synced(self, descriptor: int) -> None:
        self._sync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.parent == self._directory:
            self._bytes[path.stat().st_ino] = path.read_bytes()
        elif path == self._directory:
            self._names = {file.name: file.stat().st_ino for file in path.iterdir()}

    def after_the_cut(self, directory: Path) -> Path:
        """The same directory, as it would be found."""
        directory.mkdir()
        for name, inode in self._names.items():
            (directory / name).write_bytes(self._bytes.get(inode, b""))
        return directory


@pytest.mark.parametrize(("batch", "count"), [(1, 30), (7, 105), (32, 320)])
async def test_every_receipt_has_its_memory_in_what_was_flushed_before_it(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, batch: int, count: int
) -> None:
    store = Store(tmp_path / "store")
    promised: dict[int, list[str]] = {}
    async with (
        running(own_mosquitto, tenant, tmp_path / "letters", store),
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        expected = 0
        for start in range(0, count, batch):
            some = [{"id": n, "text": f"note {n}"} for n in range(start, start + batch)]
            # Sent again at once: that it is a duplicate of what was not flushed yet is a promise, too.
            for _ in range(1 + start // batch % 2):
                await client.publish_batch("e", some)
                expected += batch
        while sum(map(len, promised.values())) < expected:
            for receipt in receipts(await client.next()):
                promised.setdefault(store.flushed, []).append(receipt["memory"])
    assert len(promised) >= 1
    for flushed, memories in promised.items():
        await everything_is_in(tmp_path / "store" / f"flushed-{flushed}", memories)


async def test_every_refusal_has_its_dead_letter_on_disk_before_its_receipt(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    disk = Disk(letters, monkeypatch)
    async with (
        running(own_mosquitto, tenant, letters, TwinStore()),
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        for number in range(40):
            await client.publish_batch(
                "e", [{"id": number, "text": ""}, {"id": f"good {number}", "text": f"x {number}"}]
            )
            refused, stored = receipts(await client.next())
            assert (refused["status"], stored["status"]) == ("refused", "stored")
            if number % 10 == 0:
                found = DeadLetters(disk.after_the_cut(tmp_path / f"cut-{number}"), 10**6)
                kept = [msgpack.unpackb(base64.b64decode(letter.payload))["id"] for letter in found]
                assert kept == list(range(number + 1))


async def everything_is_in(copy: Path, memories: list[str]) -> None:
    after_the_cut = EdgeStore(copy)
    await after_the_cut.open(IDENTITY)
    known = (await after_the_cut.known(memories)).stored
    await after_the_cut.close()
    assert known == set(memories)


async def test_what_was_not_flushed_is_thrown_away(tmp_path: Path) -> None:
    """So that the check above can fail: a memory stored after the last flush is in no copy."""
    store = Store(tmp_path)
    await store.open(IDENTITY)
    before, after = (a_memory(text=text) for text in ("flushed", "too late"))
    await store.upsert([Embedded(before, np.eye(4, dtype=np.float32)[0], Words())])
    await store.flush()
    await store.upsert([Embedded(after, np.eye(4, dtype=np.float32)[1], Words())])
    copy = EdgeStore(tmp_path / "flushed-1")
    await copy.open(IDENTITY)
    assert await copy.known([before.id, after.id]) == Known(stored={before.id})
    await copy.close()
    await store.close()
