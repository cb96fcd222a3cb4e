"""Promise: what has a receipt survives a power cut. As far as a test can show it: all that was written after
a flush is thrown away, and every receipt that was sent by then still has its memory."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from memory.records import Embedded, Known
from memory.store_edge import EdgeStore
from tests.conftest import Mosquitto
from tests.contract.memories import a_memory
from tests.faults.ingesting import IDENTITY, running
from tests.mqtt import RawClient, receipts


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


@pytest.mark.parametrize("batch", [1, 7])
async def test_every_receipt_has_its_memory_in_what_was_flushed_before_it(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, batch: int
) -> None:
    store = Store(tmp_path / "store")
    promised: dict[int, list[str]] = {}
    async with (
        running(own_mosquitto, tenant, tmp_path / "letters", store),
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        for start in range(0, 60, batch):
            some = [{"id": n, "text": f"note {n}"} for n in range(start, start + batch)]
            await client.publish_batch("e", some)
        told = 0
        while told < 60 // batch * batch:
            for receipt in receipts(await client.next()):
                told += 1
                promised.setdefault(store.flushed, []).append(receipt["memory"])
    assert len(promised) >= 1
    for flushed, memories in promised.items():
        await everything_is_in(tmp_path / "store" / f"flushed-{flushed}", memories)


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
    await store.upsert([Embedded(before, np.eye(4, dtype=np.float32)[0])])
    await store.flush()
    await store.upsert([Embedded(after, np.eye(4, dtype=np.float32)[1])])
    copy = EdgeStore(tmp_path / "flushed-1")
    await copy.open(IDENTITY)
    assert await copy.known([before.id, after.id]) == Known(stored={before.id})
    await copy.close()
    await store.close()
