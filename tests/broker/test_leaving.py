"""What is under way when somebody leaves a kiosk, by what a pretended memory says then."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest

from edge import AsyncDevice, Limits, Options
from tests.broker.pretended import Pretended, stored
from tests.conftest import Mosquitto
from tests.mqtt import WAIT_S_MAX

SECRET = "peanuts"
Made = Callable[[], AsyncDevice]


@pytest.fixture
def made(own_mosquitto: Mosquitto, tmp_path: Path, tenant: str) -> Made:
    def make() -> AsyncDevice:
        options = Options(batches=Limits(age_s_max=0.0), presence=False)
        return AsyncDevice(
            own_mosquitto.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path, options=options
        )

    return make


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S_MAX):
        while not holds():
            await asyncio.sleep(0.01)


def on_disk(folder: Path) -> bool:
    return any(SECRET.encode() in file.read_bytes() for file in folder.glob("cache.sqlite3*"))


def answer() -> bytes:
    match = {"m": "x", "e": "hall/ana", "c": "d", "k": "fact", "a": 1.0, "t": f"Ana and {SECRET}"}
    packed: bytes = msgpack.packb({"k": True, "o": "recall", "t": 1, "m": [match]})
    return packed


async def test_an_answer_that_comes_after_they_left_is_not_kept(
    own_mosquitto: Mosquitto, made: Made, tenant: str, tmp_path: Path
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as kiosk:
        with kiosk.acting_for("hall/ana", keep=False):
            first = asyncio.create_task(kiosk.recall("what is Ana allergic to?", deadline_s=WAIT_S_MAX))
            await memory.reply(await memory.next(), answer())
            await first
            assert on_disk(tmp_path)
            late = asyncio.create_task(kiosk.recall("is Ana allergic?", deadline_s=WAIT_S_MAX))
            question = await memory.next()
        await memory.reply(question, answer())
        assert str((await late).freshness) == "fresh", "who asked is answered"
        assert not on_disk(tmp_path)


async def test_a_digest_that_comes_after_they_left_is_not_kept(
    own_mosquitto: Mosquitto, made: Made, tenant: str, tmp_path: Path
) -> None:
    digest = msgpack.packb({"a": 1.0, "f": [f"Ana and {SECRET}"]})
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as kiosk:
        await memory.say(f"mem/v1/{tenant}/summary/latest/hall/ana", digest, retain=True)
        await until(lambda: kiosk.stats().connected)
        with kiosk.acting_for("hall/ana", keep=False):
            pass
        await until(lambda: kiosk.stats().counts["digests"] == 1)
        assert not on_disk(tmp_path)


async def test_what_is_observed_while_they_leave_is_sent_and_not_known_here(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as kiosk:
        with kiosk.acting_for("hall/ana"):
            late = asyncio.create_task(kiosk.observe(f"I am allergic to {SECRET}"))
            await asyncio.sleep(0)  # it is under way in its thread, and has not been awaited
        await late
        message, said = await memory.observed()
        await memory.receipt(message, *stored(*said))
        with kiosk.acting_for("hall/ana"):
            assert (await kiosk.recall(SECRET, deadline_s=0.05)).matches == ()


async def test_one_who_is_acted_for_twice_is_here_until_the_outer_end(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant), made() as kiosk:
        with kiosk.acting_for("hall/ana"):
            await kiosk.observe(f"I am allergic to {SECRET}")
            with kiosk.acting_for("hall/ben"), kiosk.acting_for("hall/ana", keep=False):
                pass
            assert len((await kiosk.recall(SECRET, deadline_s=0.05)).matches) == 1
