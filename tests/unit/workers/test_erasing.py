"""workers/erasing.py"""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from memory.errors import StoreError
from memory.store_edge import EdgeStore
from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, NOW, a_memory, put
from workers.erasing import Erasing
from workers.policies import LivePolicies
from workers.removing import Removing
from workers.retention import Retention


async def test_what_is_due_is_erased_and_what_is_not_is_left_alone(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path)
    await store.open(IDENTITY)
    said: list[tuple[str, str | None]] = []
    erased = asyncio.Event()

    def report(part: str, trouble: str | None) -> None:
        said.append((part, trouble))
        erased.set()

    erasing = Erasing(store, every_s=0.001, report=report)
    running = asyncio.create_task(erasing.run())
    memory = a_memory()
    await put(store, memory)
    assert erasing.erasures == 0
    await store.forget([memory.id], NOW)
    await erased.wait()
    assert (erasing.erasures, store.erase_due) == (1, False)
    assert said == [("erasing", None)]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


class Older(TwinStore):
    """Its memories lack their words until it is rewritten."""

    def __init__(self) -> None:
        super().__init__()
        self.made = asyncio.Event()

    @property
    def renewal_due(self) -> bool:
        return not self.made.is_set()

    async def erase(self) -> None:
        self.made.set()


async def test_words_that_are_due_are_made_at_once() -> None:
    store = Older()
    erasing = Erasing(store, every_s=10_000, report=lambda *_: None)
    running = asyncio.create_task(erasing.run())
    await store.made.wait()
    assert erasing.erasures == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


class Asked(asyncio.Lock):
    """Counts who asked for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Semaphore(0)

    async def acquire(self) -> Literal[True]:
        self.asked.release()
        return await super().acquire()


class Due(TwinStore):
    """Something is due, always."""

    @property
    def erase_due(self) -> bool:
        return True


async def test_of_those_who_stop_all_else_for_moments_one_works_at_a_time() -> None:
    store, alone = Due(), Asked()
    await store.open(IDENTITY)
    erasing = Erasing(store, every_s=0.001, report=_silent, alone=alone)
    removing = Removing(store, _unheard)
    retention = Retention(store, LivePolicies(None), removing, every_s=0.001, report=_silent, alone=alone)
    async with alone:
        await alone.asked.acquire()
        running = [asyncio.create_task(each.run()) for each in (erasing, retention)]
        for _ in running:
            await alone.asked.acquire()
        assert (erasing.erasures, retention.sweeps) == (0, 0)
    while not (erasing.erasures and retention.sweeps):
        await asyncio.sleep(0)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _silent(part: str, trouble: str | None) -> None:
    assert part in ("erasing", "retention")
    assert trouble is None


async def _unheard(topic: str, payload: bytes) -> None:
    raise AssertionError((topic, payload))


class FullStore(TwinStore):
    """Something is due, and there is no room for it, at first."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    @property
    def erase_due(self) -> bool:
        return self.tries < 2

    async def erase(self) -> None:
        self.tries += 1
        if self.tries == 1:
            raise StoreError("only 1 MB are free", hint="make room")


async def test_a_failure_is_reported_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    said: list[str | None] = []
    done = asyncio.Event()

    def report(_part: str, trouble: str | None) -> None:
        said.append(trouble)
        if trouble is None:
            done.set()

    erasing = Erasing(FullStore(), every_s=0.001, report=report)
    running = asyncio.create_task(erasing.run())
    await done.wait()
    running.cancel()
    assert said == ["only 1 MB are free. make room", None]
    assert "only 1 MB" in caplog.text
