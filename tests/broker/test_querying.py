"""Questions under way, by what a pretended memory answers, on a real broker."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest

from edge import AsyncDevice, Options
from edge.querying import UNDER_WAY_MAX
from schemas.limits import DEADLINE_MS_MAX
from schemas.wire import Invalid
from tests.broker.pretended import Pretended
from tests.conftest import Mosquitto
from tests.mqtt import WAIT_S_MAX

Made = Callable[[], AsyncDevice]
NOTHING = {"k": True, "o": "recall", "t": 1.0, "m": []}


@pytest.fixture
def made(own_mosquitto: Mosquitto, tmp_path: Path, tenant: str) -> Made:
    def make() -> AsyncDevice:
        return AsyncDevice(
            own_mosquitto.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path / "device",
            options=Options(presence=False, digest=False),
        )  # fmt: skip

    return make


async def connected(device: AsyncDevice) -> None:
    async with asyncio.timeout(WAIT_S_MAX):
        while not device.stats().connected:
            await asyncio.sleep(0.01)


async def test_each_answer_reaches_its_own_question(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await connected(device)
        asked = [asyncio.create_task(device.recall(f"question {n}", deadline_s=WAIT_S_MAX)) for n in range(3)]
        for message in reversed([await memory.next() for _ in asked]):
            question = msgpack.unpackb(message.payload)["q"]
            match = {
                "m": question,
                "e": "hall",
                "c": "kiosk",
                "k": "event",
                "t": question,
                "a": 1.0,
                "z": 0.5,
            }
            await memory.reply(message, msgpack.packb(NOTHING | {"m": [match]}))
        answers = await asyncio.gather(*asked)
    assert [answer.matches[0].text for answer in answers] == [f"question {n}" for n in range(3)]
    assert {str(answer.freshness) for answer in answers} == {"fresh"}


async def test_its_deadline_goes_along_and_is_kept(own_mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await connected(device)
        answer = await device.recall("anybody?", deadline_s=0.3)
        assert answer.failure is not None
        assert answer.failure.error == "no answer within 0.3 s"
        message = await memory.next()
        assert msgpack.unpackb(message.payload)["d"] == 300
        assert getattr(message.properties, "MessageExpiryInterval", None) == 1
        await memory.reply(message, msgpack.packb(NOTHING))
        assert str((await device.recent(deadline_s=0.3)).freshness) == "local only"


async def test_a_deadline_that_the_memory_would_refuse_is_not_sent(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await connected(device)
        asked = asyncio.create_task(device.recall("anybody?", deadline_s=1e12))
        message = await memory.next()
        assert msgpack.unpackb(message.payload)["d"] == DEADLINE_MS_MAX
        await memory.reply(message, msgpack.packb(NOTHING))
        assert str((await asked).freshness) == "fresh"
        for nonsense in (float("inf"), float("nan")):
            with pytest.raises(ValueError, match="deadline_s"):
                await device.recall("anybody?", deadline_s=nonsense)


@pytest.mark.parametrize("nonsense", [b"", b"\xc1", b"[]", b"\x81\xa1k\x01"])
async def test_an_answer_that_is_none_is_as_good_as_none(
    own_mosquitto: Mosquitto, made: Made, tenant: str, nonsense: bytes
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await connected(device)
        asked = asyncio.create_task(device.recall("what?", deadline_s=WAIT_S_MAX))
        await memory.reply(await memory.next(), nonsense)
        answer = await asked
        assert str(answer.freshness) == "local only"
        assert answer.failure is not None
        assert answer.failure.code == 503


async def test_a_question_that_is_wrong_is_the_askers_to_mend(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await connected(device)
        asked = asyncio.create_task(device.recall("what?", deadline_s=WAIT_S_MAX))
        failure = {"k": False, "c": 422, "r": "`since`: after `until`", "h": "swap them"}
        await memory.reply(await memory.next(), msgpack.packb(failure))
        with pytest.raises(Invalid, match="`since`: after `until`; swap them"):
            await asked


async def test_who_waits_hears_at_once_that_the_connection_is_gone(
    own_mosquitto: Mosquitto, tmp_path: Path, tenant: str
) -> None:
    options = Options(presence=False, digest=False)
    async with Pretended.listening(own_mosquitto.url, tenant) as memory:
        device = AsyncDevice(
            own_mosquitto.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path, options=options
        )
        async with device:
            await connected(device)
            asked = asyncio.create_task(device.recall("what?", deadline_s=600))
            await memory.next()
            own_mosquitto.kill()
            async with asyncio.timeout(WAIT_S_MAX):
                answer = await asked
            assert answer.failure is not None
            assert "the connection was lost" in answer.failure.error
        own_mosquitto.start()


async def test_more_than_the_memory_answers_at_a_time_is_answered_here(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await connected(device)
        asked = [
            asyncio.create_task(device.recall(f"question {n}", deadline_s=WAIT_S_MAX))
            for n in range(UNDER_WAY_MAX + 1)
        ]
        messages = [await memory.next() for _ in range(UNDER_WAY_MAX)]
        for message in messages:
            await memory.reply(message, msgpack.packb(NOTHING))
        answers = await asyncio.gather(*asked)
    failed = [answer.failure.error for answer in answers if answer.failure is not None]
    assert failed == [f"{UNDER_WAY_MAX} questions are under way already"]
