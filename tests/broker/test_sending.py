"""The flush, by what a pretended memory hears and says, on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from edge import AsyncDevice, Clock, Limits, Options
from edge.options import Notice
from tests.broker.pretended import Pretended, stored
from tests.conftest import Mosquitto
from tests.mqtt import WAIT_S_MAX

AT_ONCE = Limits(age_s_max=0.0)
Made = Callable[..., AsyncDevice]


@pytest.fixture
def made(mosquitto: Mosquitto, tmp_path: Path, tenant: str) -> Made:
    def make(**options: Any) -> AsyncDevice:
        clock = options.pop("clock", None)
        chosen = Options(**{"batches": AT_ONCE, "presence": False, "digest": False, **options})
        return AsyncDevice(
            mosquitto.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path / "device",
            options=chosen, clock=clock,
        )  # fmt: skip

    return make


@asynccontextmanager
async def pretending(mosquitto: Mosquitto, tenant: str) -> AsyncIterator[Pretended]:
    async with Pretended.listening(mosquitto.url, tenant) as memory:
        yield memory


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S_MAX):
        while not holds():
            await asyncio.sleep(0.01)


async def test_only_a_receipt_empties_the_outbox(mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(mosquitto, tenant) as memory, made() as device:
        noted = await device.observe("one")
        message, [said] = await memory.observed()
        assert (said["i"], said["t"]) == (noted.id, "one")
        assert str(message.topic) == f"mem/v1/{tenant}/obs/{tenant}/hall"
        assert device.stats().waiting == 1, "the broker has it, and promised nothing"
        await memory.receipt(message, *stored(said))
        await until(lambda: device.stats().waiting == 0)


async def test_silence_is_no_receipt_and_it_is_sent_again_under_the_same_id(
    mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with pretending(mosquitto, tenant) as memory, made(silence_s_max=0.1) as device:
        noted = await device.observe("hello?")
        first, _ = await memory.observed()
        again, [said] = await memory.observed()
        assert said["i"] == noted.id
        assert "does not answer" in (device.stats().trouble or "")
        await memory.receipt(first, *stored(said))
        await until(lambda: device.stats().waiting == 0)
        await memory.receipt(again, {"i": said["i"], "s": "duplicate", "m": "a-memory"})
        assert device.stats().trouble is None


async def test_no_more_than_its_bound_is_under_way(mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    one_each = Limits(count_max=1, age_s_max=0.0)
    async with (
        pretending(mosquitto, tenant) as memory,
        made(batches=one_each, in_flight_max=2) as device,
    ):
        await device.observe_all([{"text": f"number {n}"} for n in range(3)])
        first, [said] = await memory.observed()
        await memory.observed()
        assert device.stats().counts["messages_sent"] == 2
        await memory.receipt(first, *stored(said))
        _, [third] = await memory.observed()
        assert third["t"] == "number 2"


async def test_one_that_spoils_its_message_is_found_and_the_others_are_stored(
    mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    told: list[Notice] = []
    async with pretending(mosquitto, tenant) as memory, made(tell=told.append) as device:
        noted = await device.observe_all([{"text": each} for each in ("good", "poison", "also good")])
        message, said = await memory.observed()
        assert len(said) == 3
        await memory.receipt(message, {"s": "refused", "r": "malformed", "h": "send msgpack"})
        for _ in range(3):
            message, [one] = await memory.observed()
            if one["t"] == "poison":
                await memory.receipt(message, {"s": "refused", "r": "malformed", "h": "send msgpack"})
            else:
                await memory.receipt(message, *stored(one))
        await until(lambda: device.stats().waiting == 0)
    [notice] = told
    assert (notice.what, notice.id, notice.reason) == ("refused", noted[1].id, "malformed")
    assert device.stats().counts["refused_malformed"] == 1


async def test_too_fast_is_not_never(mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(mosquitto, tenant) as memory, made() as device:
        noted = await device.observe("in a hurry")
        message, _ = await memory.observed()
        refusal = {"i": noted.id, "s": "refused", "r": "too_fast", "h": "send at most 10 a second"}
        await memory.receipt(message, refusal)
        await until(lambda: "takes no more for now" in (device.stats().trouble or ""))
        message, [said] = await memory.observed()
        await memory.receipt(message, *stored(said))
        await until(lambda: device.stats().waiting == 0)


async def test_what_is_no_receipt_is_passed_over(mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(mosquitto, tenant) as memory, made() as device:
        await device.observe("one")
        message, [said] = await memory.observed()
        for nonsense in (b"", b"\xc1", b"[1]", b"\x81\xa2rs\x01", b"\x81\xa2rs\x91\x80"):
            await memory._answer(message, "receipt", nonsense)
        await memory.receipt(message, *stored(said))
        await until(lambda: device.stats().waiting == 0)
        assert device.stats().counts["receipts_unreadable"] == 5


async def test_a_memory_that_tells_no_time_is_sent_what_has_none(
    mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    no_clock = Clock(wall=lambda: 0.0, boot="a-boot")
    async with pretending(mosquitto, tenant) as memory, made(clock=no_clock) as device:
        await device.observe("when was it?")
        asked, said = await memory.observed()
        assert said == []
        await memory.receipt(asked, {"s": "refused", "r": "invalid", "h": "an empty array"})
        _, [said] = await memory.observed()
        assert "a" not in said
        assert device.stats().counts["times_not_learned"] == 1


async def test_times_that_were_not_known_are_corrected_when_sent_and_say_if_they_are_guessed(
    mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    def clock(boot: str, ticks_s: float) -> Clock:
        return Clock(wall=lambda: 0.0, ticks=lambda: ticks_s, boot=boot)

    for ticks_s in (100.0, 160.0):
        async with made(clock=clock("boot-1", ticks_s)) as device:
            await device.observe(f"{ticks_s:g} s into the first boot")
    async with pretending(mosquitto, tenant) as memory, made(clock=clock("boot-2", 30.0)) as device:
        await device.observe("30 s into the second")
        asked, _ = await memory.observed()
        await memory.receipt(asked, n=1_800_000_000.0)
        times = {}
        while len(times) < 3:
            _, observations = await memory.observed()
            times |= {each["t"]: (each["a"], each.get("g", [])) for each in observations}
    assert times["30 s into the second"] == (1_800_000_000, [])
    earlier, later = times["100 s into the first boot"], times["160 s into the first boot"]
    assert later[0] - earlier[0] == 60
    assert later[0] < 1_800_000_000 - 30, "before this boot began"
    assert earlier[1] == later[1] == ["time-estimated"]


async def test_alarms_go_first_and_past_the_budget(mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(mosquitto, tenant) as memory, made(bytes_per_hour=1) as device:
        said_at_once = {"somebody walked by": 0.1, "smoke in the kitchen": 1.0, "smoke in the hall": 0.9}
        await device.observe_all([{"text": text, "importance": w} for text, w in said_at_once.items()])
        heard = []
        for _ in range(2):
            message, said = await memory.observed()
            heard += [each["t"] for each in said]
            await memory.receipt(message, *stored(*said))
            if len(heard) == 2:
                break
        assert sorted(heard) == ["smoke in the hall", "smoke in the kitchen"]
        await until(lambda: device.stats().waiting == 1)


async def test_what_waited_long_stays_within_the_budget_and_so_does_the_next_process(
    mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    budget = {"bytes_per_hour": 2000, "in_flight_max": 64}
    async with pretending(mosquitto, tenant) as memory:
        async with made(**budget) as device:
            await device.observe_all([{"text": f"{n} cars passed", "importance": 0.1} for n in range(64)])
            await until(lambda: device.stats().counts["low_bytes"] > 1200)
            await device.observe("smoke in the hall", importance=0.9)
            while "smoke" not in str((await memory.observed())[1]):
                pass
            assert device.stats().counts["low_bytes"] <= 1400, "70 % of it"
        async with made(**budget) as again:
            await again.observe("smoke in the kitchen", importance=0.9)
            while "kitchen" not in str((await memory.observed())[1]):
                pass
            assert again.stats().counts["low_bytes"] == 0
