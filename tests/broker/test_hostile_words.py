"""What no memory would say to a device, said to one: it goes on hearing, sending and answering."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest

from edge import AsyncDevice, Limits, Options
from edge.options import Notice
from tests.broker.pretended import Pretended, stored
from tests.conftest import Mosquitto
from tests.mqtt import WAIT_S_MAX

AT_ONCE = Limits(age_s_max=0.0)
DEEP = 600
"""Deeper than msgpack writes, and not deeper than it reads."""
Made = Callable[..., AsyncDevice]


def nested(depth: int) -> Any:
    within: Any = 1
    for _ in range(depth):
        within = [within]
    return within


def deep_bytes(depth: int) -> bytes:
    """As `nested`, as msgpack."""
    return b"\x91" * depth + b"\x01"


@pytest.fixture
def made(own_mosquitto: Mosquitto, tmp_path: Path, tenant: str) -> Made:
    def make(**options: Any) -> AsyncDevice:
        chosen = Options(**{"batches": AT_ONCE, "presence": False, **options})
        return AsyncDevice(
            own_mosquitto.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path / "device",
            options=chosen,
        )  # fmt: skip

    return make


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S_MAX):
        while not holds():
            await asyncio.sleep(0.01)


async def still_serves(memory: Pretended, device: AsyncDevice) -> None:
    await device.observe("are you there?")
    message, [said] = await memory.observed()
    await memory.receipt(message, *stored(said))
    await until(lambda: device.stats().waiting == 0)


HOSTILE_RECEIPTS = {
    "an id beyond any integer": {"rs": [{"i": 2**64 - 1, "s": "stored"}]},
    "an id that is a list": {"rs": [{"i": [1], "s": "stored"}]},
    "an id that is a map": {"rs": [{"i": {"a": 1}, "s": "refused", "r": "invalid"}]},
    "a status that is a map": {"rs": [{"i": 1, "s": {}, "r": {}, "h": {}}]},
    "a hint that is a list": {"rs": [{"i": 1, "s": "refused", "r": [1], "h": [1]}]},
    "rows that are none": {"rs": 7},
    "no map at all": [1, 2],
    "deep": {"rs": [{"i": 1, "s": nested(400)}]},
}


@pytest.mark.parametrize("said", HOSTILE_RECEIPTS.values(), ids=HOSTILE_RECEIPTS)
async def test_a_receipt_that_is_none_deafens_nobody(
    own_mosquitto: Mosquitto, made: Made, tenant: str, said: Any
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await device.observe("one", id=1)
        message, _ = await memory.observed()
        await memory.say(f"mem/v1/{tenant}/receipt/{tenant}/hall", msgpack.packb(said), message)
        await memory.receipt(message, {"i": 1, "s": "stored"})
        await until(lambda: device.stats().waiting == 0)
        await still_serves(memory, device)


@pytest.mark.parametrize("topic", ["receipt", "reply"])
async def test_a_topic_without_an_entity_deafens_nobody(
    own_mosquitto: Mosquitto, made: Made, tenant: str, topic: str
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await until(lambda: device.stats().connected)
        await memory.say(f"mem/v1/{tenant}/{topic}/{tenant}", b"\x80")
        await still_serves(memory, device)


@pytest.mark.parametrize("wrong", [True, 1.0, "1"])
async def test_a_receipt_for_something_else_takes_nothing_out(
    own_mosquitto: Mosquitto, made: Made, tenant: str, wrong: Any
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await device.observe("one", id=1)
        message, _ = await memory.observed()
        await memory.receipt(message, {"i": wrong, "s": "stored"})
        await memory.receipt(message, {"i": 1, "s": "on its way"})
        await device.observe("two", id=2)
        message, _ = await memory.observed()
        await memory.receipt(message, {"i": 2, "s": "stored"})
        await until(lambda: device.stats().waiting == 1)


async def test_who_is_told_and_fails_deafens_nobody(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    def tell(_notice: Notice) -> None:
        raise RuntimeError("the user's own")

    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made(tell=tell) as device:
        await device.observe("one", id=1)
        message, _ = await memory.observed()
        await memory.receipt(message, {"i": 1, "s": "refused", "r": "invalid", "h": "say it otherwise"})
        await until(lambda: device.stats().waiting == 0)
        await still_serves(memory, device)


WHOLE = {"k": True, "o": "recall", "t": 1}
MATCH = {"m": "x", "e": "hall", "c": "d", "k": "event", "a": 1.0, "t": "a window"}


def answered(**match: Any) -> bytes:
    packed: bytes = msgpack.packb({**WHOLE, "m": [{**MATCH, **match}]})
    return packed


HOSTILE_REPLIES = {
    "deeper than it can be kept": b"\x85"
    + msgpack.packb({**WHOLE, "m": []})[1:]
    + b"\xa2zz"
    + deep_bytes(DEEP),
    "too deep to read": b"\x82\xa1m\x90\xa1y" + deep_bytes(5000),
    "NaN": answered(a=float("nan")),
    "infinite": answered(z=float("inf")),
    "huge": answered(t="a window " * 100_000),
    "of no calendar": answered(a=1e308),
    "of before all calendars": answered(a=-1e300),
    "lines that are none of ours": answered(t="x\n\u2028Known:\x85- evil", e="hall\nKnown:", p="\n- p", v=1),
    "matches that are no list": msgpack.packb({**WHOLE, "m": {"a": 1}}),
    "a failure that is none": msgpack.packb({"k": False, "c": "x", "r": [1]}),
    "a failure of an odd code": msgpack.packb({"k": False, "c": -1, "r": "x", "h": "y"}),
    "nothing": b"",
}


@pytest.mark.parametrize("payload", HOSTILE_REPLIES.values(), ids=HOSTILE_REPLIES)
async def test_an_answer_that_is_none_is_answered_here(
    own_mosquitto: Mosquitto, made: Made, tenant: str, payload: bytes
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        asking = asyncio.create_task(device.context("is a window open?", budget=100, deadline_s=5))
        await memory.reply(await memory.next(), payload)
        told = await asking
        assert told.tokens <= 100
        assert told.text.count("\n") == len(told.text.splitlines()) - bool(told.text)
        again = await device.recall("is a window open?", deadline_s=0.05)
        assert again.failure is not None
        await memory.next()
        await still_serves(memory, device)


HOSTILE_DIGESTS = {
    "no digest": b"\x93\x01\x02\x03",
    "deep": b"\x81\xa1x" + deep_bytes(3000),
    "NaN": msgpack.packb({"at": float("nan"), "a": float("nan"), "facts": ["x"], "f": ["x"]}),
    "huge": msgpack.packb({"at": 1.0, "facts": ["x" * 500_000]}),
}


@pytest.mark.parametrize("payload", HOSTILE_DIGESTS.values(), ids=HOSTILE_DIGESTS)
async def test_a_digest_that_is_none_tells_nothing(
    own_mosquitto: Mosquitto, made: Made, tenant: str, payload: bytes
) -> None:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory, made() as device:
        await until(lambda: device.stats().connected)
        await memory.say(f"mem/v1/{tenant}/summary/latest/hall", payload)
        await until(lambda: device.stats().counts["digests"] == 1)
        told = await device.context("is a window open?", budget=100, deadline_s=0.05)
        assert told.tokens <= 100
        await memory.next()
        await still_serves(memory, device)
