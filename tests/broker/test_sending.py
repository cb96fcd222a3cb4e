"""The flush, by what a pretended memory hears and says, on a real broker."""

import asyncio
import os
import signal
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
PUBACK_BYTES = 4
"""Of one without a reason, as Mosquitto sends it."""
Made = Callable[..., AsyncDevice]


@pytest.fixture
def made(own_mosquitto: Mosquitto, tmp_path: Path, tenant: str) -> Made:
    def make(**options: Any) -> AsyncDevice:
        clock = options.pop("clock", None)
        chosen = Options(**{"batches": AT_ONCE, "presence": False, "digest": False, **options})
        return AsyncDevice(
            own_mosquitto.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path / "device",
            options=chosen, clock=clock,
        )  # fmt: skip

    return make


@asynccontextmanager
async def pretending(own_mosquitto: Mosquitto, tenant: str) -> AsyncIterator[Pretended]:
    async with Pretended.listening(own_mosquitto.url, tenant) as memory:
        yield memory


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S_MAX):
        while not holds():
            await asyncio.sleep(0.01)


async def test_only_a_receipt_empties_the_outbox(own_mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(own_mosquitto, tenant) as memory, made() as device:
        noted = await device.observe("one")
        message, [said] = await memory.observed()
        assert (said["i"], said["t"]) == (noted.id, "one")
        assert str(message.topic) == f"mem/v1/{tenant}/obs/{tenant}/hall"
        assert device.stats().waiting == 1, "the broker has it, and promised nothing"
        await memory.receipt(message, *stored(said))
        await until(lambda: device.stats().waiting == 0)


async def test_silence_is_no_receipt_and_it_is_sent_again_under_the_same_id(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with pretending(own_mosquitto, tenant) as memory, made(silence_s_max=0.1) as device:
        noted = await device.observe("hello?")
        first, _ = await memory.observed()
        again, [said] = await memory.observed()
        assert said["i"] == noted.id
        assert "does not answer" in (device.stats().trouble or "")
        await memory.receipt(first, *stored(said))
        await until(lambda: device.stats().waiting == 0)
        await memory.receipt(again, {"i": said["i"], "s": "duplicate", "m": "a-memory"})
        assert device.stats().trouble is None


async def test_a_broker_that_acknowledges_nothing_is_left_and_found_again(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    async with made(silence_s_max=0.2) as device:
        await until(lambda: device.stats().connected)
        os.kill(own_mosquitto.pid, signal.SIGSTOP)
        await device.observe("hello?")
        await until(lambda: "acknowledges nothing" in (device.stats().trouble or ""))
        assert not device.stats().connected
        os.kill(own_mosquitto.pid, signal.SIGCONT)
        async with pretending(own_mosquitto, tenant) as memory:
            message, [said] = await memory.observed()
            await memory.receipt(message, *stored(said))
            await until(lambda: device.stats().waiting == 0)


async def test_no_more_than_its_bound_is_under_way(own_mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    one_each = Limits(count_max=1, age_s_max=0.0)
    async with (
        pretending(own_mosquitto, tenant) as memory,
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
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    told: list[Notice] = []
    async with pretending(own_mosquitto, tenant) as memory, made(tell=told.append) as device:
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


async def test_too_fast_is_not_never(own_mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(own_mosquitto, tenant) as memory, made() as device:
        noted = await device.observe("in a hurry")
        message, _ = await memory.observed()
        refusal = {"i": noted.id, "s": "refused", "r": "too_fast", "h": "send at most 10 a second"}
        await memory.receipt(message, refusal)
        await until(lambda: "takes no more for now" in (device.stats().trouble or ""))
        message, [said] = await memory.observed()
        await memory.receipt(message, *stored(said))
        await until(lambda: device.stats().waiting == 0)


async def test_what_is_no_receipt_is_passed_over(own_mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    async with pretending(own_mosquitto, tenant) as memory, made() as device:
        await device.observe("one")
        message, [said] = await memory.observed()
        for nonsense in (b"", b"\xc1", b"[1]", b"\x81\xa2rs\x01", b"\x81\xa2rs\x91\x80"):
            await memory._answer(message, "receipt", nonsense)
        await memory.receipt(message, *stored(said))
        await until(lambda: device.stats().waiting == 0)
        assert device.stats().counts["receipts_unreadable"] == 5


async def test_a_memory_that_tells_no_time_is_sent_what_has_none(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    no_clock = Clock(wall=lambda: 0.0, boot="a-boot")
    async with pretending(own_mosquitto, tenant) as memory, made(clock=no_clock) as device:
        await device.observe("when was it?")
        asked, said = await memory.observed()
        assert said == [{"y": True}]
        await memory.receipt(asked, {"s": "refused", "r": "invalid", "h": "neither text nor value"})
        _, [said] = await memory.observed()
        assert "a" not in said
        assert device.stats().counts["times_not_learned"] == 1


async def test_times_that_were_not_known_are_corrected_when_sent_and_say_if_they_are_guessed(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    def clock(boot: str, ticks_s: float) -> Clock:
        return Clock(wall=lambda: 0.0, ticks=lambda: ticks_s, boot=boot)

    for ticks_s in (100.0, 160.0):
        async with made(clock=clock("boot-1", ticks_s)) as device:
            await device.observe(f"{ticks_s:g} s into the first boot")
    async with pretending(own_mosquitto, tenant) as memory, made(clock=clock("boot-2", 30.0)) as device:
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


async def test_alarms_go_first_and_past_the_budget(own_mosquitto: Mosquitto, made: Made, tenant: str) -> None:
    for _ in range(2):  # what was spent, a restart does not give back
        async with pretending(own_mosquitto, tenant) as memory, made(bytes_per_hour=200) as device:
            await device.observe("smoke in the kitchen", importance=1.0)
            message, said = await memory.observed()
            await memory.receipt(message, *stored(*said))
            await until(lambda: device.stats().counts["remembered"] == 1)
            await device.observe("somebody walked by, and then somebody else", importance=0.1)
            await device.observe("smoke in the hall", importance=0.9)
            message, [said] = await memory.observed()
            assert said["t"] == "smoke in the hall"
            await memory.receipt(message, *stored(said))
            await until(lambda: device.stats().counts["remembered"] == 2)
            assert device.stats().waiting > 0


async def test_an_observation_of_100_bytes_is_within_its_bars_on_the_wire(
    own_mosquitto: Mosquitto, tmp_path: Path
) -> None:
    told = {"text": "the kitchen window was left open, and the radiator below it was on: ".ljust(100, "!")}
    options = Options(batches=AT_ONCE, presence=False, digest=False)
    clock = Clock(wall=lambda: 1_795_370_580.123)
    async with (
        pretending(own_mosquitto, "home") as memory,
        AsyncDevice(
            own_mosquitto.url, tenant="home", client="sensor-1", entity="home7/kitchen",
            folder=tmp_path / "sensor", options=options, clock=clock,
        ) as device,
    ):  # fmt: skip

        async def sent_bytes(count: int) -> int:
            before = device.stats().counts["sent_bytes"]
            await device.observe_all([told] * count)
            message, said = await memory.observed()
            await memory.receipt(message, *stored(*said))
            await until(lambda: device.stats().waiting == 0)
            return device.stats().counts["sent_bytes"] - before

        naming, alone, batched = [await sent_bytes(count) + PUBACK_BYTES for count in (1, 1, 32)]
    topic = "mem/v1/home/obs/sensor-1/home7/kitchen"
    # An observation with its id and time: 127. PUBLISH beside topic and payload: 16; an array of 32: 3.
    assert naming == 127 + 16 + len(topic) + PUBACK_BYTES
    assert alone == 127 + 16 + PUBACK_BYTES
    assert batched == 32 * 127 + 3 + 16 + PUBACK_BYTES
    assert alone <= 180
    assert batched / 32 <= 140


async def test_what_waited_long_stays_within_the_budget_and_so_does_the_next_process(
    own_mosquitto: Mosquitto, made: Made, tenant: str
) -> None:
    budget = {"bytes_per_hour": 2000, "in_flight_max": 64}
    async with pretending(own_mosquitto, tenant) as memory:
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


async def test_what_a_small_broker_takes_is_sent_and_only_what_it_does_not_is_refused(
    tmp_path: Path, tenant: str
) -> None:
    (tmp_path / "small").mkdir()
    broker = Mosquitto(tmp_path / "small", max_packet_size=600)
    broker.start()
    try:
        device = AsyncDevice(
            broker.url, tenant=tenant, client=tenant, entity="hall", folder=tmp_path / "device",
            options=Options(batches=AT_ONCE, presence=False, digest=False),
        )  # fmt: skip
        async with Pretended.listening(broker.url, tenant) as memory, device:
            await device.observe("of 400 bytes: " + "x" * 386, id=1)
            await device.observe("of 800 bytes: " + "x" * 786, id=2)
            message, [said] = await memory.observed()
            assert said["i"] == 1
            await memory.receipt(message, *stored(said))
            await until(lambda: device.stats().waiting == 0)
            assert device.stats().counts["refused_too_large"] == 1
    finally:
        broker.kill()


async def test_who_waited_for_the_end_in_vain_is_forgotten(made: Made) -> None:
    async with made() as device:
        await device.observe("nobody is there")
        for _ in range(5):
            assert not await device.drain(0.001)
        assert len(device._core._draining) == 1
