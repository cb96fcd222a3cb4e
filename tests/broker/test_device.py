"""A device with a real memory, and without: sync and async, by the same tests."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from edge import AsyncDevice, Device, Options
from edge.answers import FRESH, Answer, Context
from edge.batching import Limits
from edge.clock import Clock
from edge.flushing import IN_FLIGHT_MAX
from edge.noting import Fate, Noted
from edge.options import Notice
from edge.reading_rules import Rule
from schemas.wire import Invalid
from tests.broker.guarded import Guarded
from tests.conftest import Memory, Mosquitto, on_a_loop_of_its_own, settings_on
from tests.mqtt import RawClient, receipts

WAIT_S_MAX = 20.0
AT_ONCE = Limits(age_s_max=0.0)
OF_ONE_LOOK = AT_ONCE.count_max * IN_FLIGHT_MAX
"""So many entries are looked at together."""


class InThread:
    """A sync device with awaitable verbs, so that one test is of both."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.device = Device(*arguments, **options)

    async def __aenter__(self) -> Self:
        self.device.__enter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.device.__exit__, None, None, None)

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self.device, name)
        if name not in {"observe", "observe_all", "recall", "recent", "context", "drain"}:
            return verb
        return lambda *arguments, **said: asyncio.to_thread(verb, *arguments, **said)


Made = Callable[..., Any]


@pytest.fixture(params=[InThread, AsyncDevice], ids=["sync", "async"])
def made(request: pytest.FixtureRequest, tmp_path: Path, tenant: str) -> Made:
    """Makes a device of the test's tenant; the same name has the same folder."""

    def make(broker: Any, name: str = "kiosk-1", entity: str = "home7", **options: Any) -> Any:
        chosen = {"folder": tmp_path / name, "options": Options(batches=AT_ONCE), **options}
        return request.param(broker, tenant=tenant, client=name, entity=entity, **chosen)

    return make


async def remembered(client: RawClient, entity: str, **filters: Any) -> list[dict[str, Any]]:
    """What the memory has of an entity, asked by somebody else."""
    answer = await client.ask(entity, {"op": "recent", "limit": 100, **filters})
    return list(answer["matches"])


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what another thread or process does."""
    async with asyncio.timeout(WAIT_S_MAX):
        while not holds():
            await asyncio.sleep(0.01)


async def test_what_is_observed_is_remembered_once_and_leaves_the_outbox(
    memory: Memory, device: RawClient, made: Made
) -> None:
    async with made(memory.broker) as kiosk:
        noted = await kiosk.observe("the window in the kitchen was left open")
        assert noted.fate is Fate.KEPT
        several = await kiosk.observe_all([{"value": 21.5, "attribute": "temperature", "unit": "Cel"}])
        assert await kiosk.drain(WAIT_S_MAX)
        stats = kiosk.stats()
        assert (stats.connected, stats.trouble, stats.waiting) == (True, None, 0)
        assert stats.counts["remembered"] == 2
        assert stats.counts["sent_bytes"] > 0
    found = await remembered(device, "home7")
    assert {match["id"] for match in found} == {noted.id, several[0].id}
    assert {match["device"] for match in found} == {"kiosk-1"}


async def test_an_answer_is_fresh_or_says_since_when_it_is_not(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, made: Made
) -> None:
    settings = settings_on(own_mosquitto, model_cache, tmp_path / "data")
    async with made(own_mosquitto.url) as kiosk:
        with on_a_loop_of_its_own(settings):
            await kiosk.observe("Ana is allergic to peanuts", kind="fact", attribute="allergy")
            assert await kiosk.drain(WAIT_S_MAX)
            fresh: Answer = await kiosk.recall("what is Ana allergic to?", deadline_s=WAIT_S_MAX)
            assert str(fresh.freshness) == "fresh"
            assert fresh.matches[0].text == "Ana is allergic to peanuts"
        silent: Answer = await kiosk.recall("what is Ana allergic to?", deadline_s=0.2)
        assert str(silent.freshness).startswith("stale since 20")
        assert silent.failure is not None
        own_mosquitto.kill()
        await kiosk.observe("the kitchen window was left open")
        stale: Answer = await kiosk.recall("who has an allergy to peanuts?", deadline_s=WAIT_S_MAX)
        assert str(stale.freshness).startswith("stale since 20")
        assert stale.matches[0].text == "Ana is allergic to peanuts"
        assert stale.failure is not None
        assert re.search("not connected|the connection was lost", stale.failure.error)
        mine: Answer = await kiosk.recall("which window was open?")
        assert [match.text for match in mine.matches] == ["the kitchen window was left open"]
        prompt: Context = await kiosk.context("the window", budget=200)
        assert "the kitchen window was left open" in prompt.text
        assert "offline" in prompt.text
        assert prompt.tokens <= 200


async def test_what_is_asked_at_once_waits_for_the_first_connection(
    memory: Memory, device: RawClient, made: Made
) -> None:
    await device.observe("home7", {"id": 1, "text": "the window in the kitchen was left open"})
    async with made(memory.broker) as kiosk:
        answer: Answer = await kiosk.recall("which window was open?", deadline_s=WAIT_S_MAX)
        assert str(answer.freshness) == "fresh"
        assert len(answer.matches) == 1


async def test_without_ever_a_network_it_answers_from_what_it_saw(made: Made) -> None:
    async with made("mqtt://127.0.0.1:1") as kiosk:
        await kiosk.observe("Ben put the keys into the blue bowl")
        answer: Answer = await kiosk.recall("where are the keys?")
        assert str(answer.freshness) == "local only"
        assert [match.text for match in answer.matches] == ["Ben put the keys into the blue bowl"]
        assert str((await kiosk.recent()).freshness) == "local only"
        assert not await kiosk.drain(0.05)
        assert kiosk.stats().waiting == 1


async def test_the_outbox_outlives_the_device_and_is_stored_once(
    memory: Memory, device: RawClient, made: Made
) -> None:
    async with made("mqtt://127.0.0.1:1") as offline:
        noted = [await offline.observe(f"the bell rang for the {n}th time", seq=n) for n in range(5)]
    async with made(memory.broker) as online:
        assert await online.drain(WAIT_S_MAX)
    async with made(memory.broker) as again:
        assert again.stats().waiting == 0
    assert sorted(match["id"] for match in await remembered(device, "home7")) == sorted(
        each.id for each in noted
    )


async def test_where_no_folder_can_be_made_it_does_as_with_a_full_disk(
    memory: Memory, device: RawClient, made: Made
) -> None:
    async with made(memory.broker, folder="/proc/self/as-on-a-disk-that-is-read-only") as kiosk:
        noted = await kiosk.observe("nothing of this is ever on a disk")
        assert noted.fate is Fate.IN_RAM
        assert "kept in RAM meanwhile" in (kiosk.stats().trouble or "")
        assert await kiosk.drain(WAIT_S_MAX)
        answer: Answer = await kiosk.recall("what is on a disk?", deadline_s=WAIT_S_MAX)
        assert [match.id for match in answer.matches] == [noted.id]
        counts = kiosk.stats().counts
        assert counts["volatile"] == counts["settled"] == 1
        assert counts["away"] > 0


async def test_what_nobody_subscribes_is_not_accepted_and_waits(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, made: Made
) -> None:
    async with made(own_mosquitto.url) as kiosk:
        await kiosk.observe("nobody listens yet")
        await until(lambda: kiosk.stats().counts.get("not_accepted", 0) > 0)
        stats = kiosk.stats()
        assert stats.connected
        assert "0x10" in (stats.trouble or "")
        assert stats.waiting == 1
        with on_a_loop_of_its_own(settings_on(own_mosquitto, model_cache, tmp_path / "data")):
            assert await kiosk.drain(WAIT_S_MAX)
        assert kiosk.stats().trouble is None


async def test_a_broker_that_dies_in_between_loses_nothing(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, made: Made
) -> None:
    with on_a_loop_of_its_own(settings_on(own_mosquitto, model_cache, tmp_path / "data")):
        async with made(own_mosquitto.url) as kiosk, asyncio.timeout(WAIT_S_MAX * 3):
            noted = [await kiosk.observe(f"before, {n}", seq=n) for n in range(10)]
            own_mosquitto.kill()
            noted += [await kiosk.observe(f"meanwhile, {n}", seq=n) for n in range(10)]
            own_mosquitto.start()
            assert await kiosk.drain(WAIT_S_MAX)
            # The memory's query may come back later than its ingest.
            while (found := await kiosk.recent(limit=100, deadline_s=2.0)).freshness != FRESH:
                pass
    assert sorted(match.id for match in found.matches) == sorted(each.id for each in noted)


async def test_the_digest_is_there_before_the_first_question_and_without_a_network(
    memory: Memory, device: RawClient, made: Made
) -> None:
    await device.publish_batch(
        "home7",
        [{"id": 1, "kind": "fact", "attribute": "wifi", "text": "The guest network is called Meadow"}],
    )
    assert receipts(await device.next())[0]["status"] == "stored"
    summary = f"mem/v1/{memory.tenant}/summary/latest/home7"
    await device.mqtt.subscribe(summary, qos=1)
    assert str((await device.next()).topic) == summary
    async with made(memory.broker) as newcomer:
        await until(lambda: newcomer.stats().counts.get("digests", 0) > 0)
    async with made("mqtt://127.0.0.1:1") as offline:
        answer: Answer = await offline.recall("what is the guest network called?")
        assert [match.text for match in answer.matches] == ["The guest network is called Meadow"]
        assert str(answer.freshness).startswith("stale since")


async def test_one_persons_is_never_the_next_ones(memory: Memory, made: Made) -> None:
    async with made(memory.broker) as kiosk:
        with kiosk.acting_for("home7/ana"):
            assert kiosk.entity == "home7/ana"
            await kiosk.observe("Ana is expecting twins in spring", kind="fact")
            assert await kiosk.drain(WAIT_S_MAX)
            asked = await kiosk.recall("who is expecting twins?", deadline_s=WAIT_S_MAX)
            assert len(asked.matches) == 1
        with kiosk.acting_for("home7/ben"):
            fresh = await kiosk.recall("who is expecting twins?", deadline_s=WAIT_S_MAX)
            assert fresh.matches == ()
        assert kiosk.entity == "home7"
    async with made("mqtt://127.0.0.1:1") as offline:
        with offline.acting_for("home7/ben"):
            for answer in (await offline.recall("who is expecting twins?"), await offline.recent()):
                assert answer.matches == ()
            assert "twins" not in (await offline.context("who is expecting twins?")).text
        with offline.acting_for("home7/ana", keep=False):
            assert len((await offline.recall("who is expecting twins?")).matches) == 1
        with offline.acting_for("home7/ana"):
            assert (await offline.recall("who is expecting twins?")).matches == ()


async def test_a_session_stamps_what_is_observed_in_it(memory: Memory, device: RawClient, made: Made) -> None:
    async with made(memory.broker) as kiosk:
        await kiosk.observe("before the visit")
        with kiosk.session("visit-17"):
            await kiosk.observe("hello, who is there?", kind="turn")
            await kiosk.observe("it is Ana, and I am cold", kind="turn")
            prompt: Context = await kiosk.context("how does Ana feel?", deadline_s=WAIT_S_MAX)
        assert await kiosk.drain(WAIT_S_MAX)
    found = await remembered(device, "home7", sessions=["visit-17"])
    assert sorted((match["seq"], match["text"]) for match in found) == [
        (0, "hello, who is there?"),
        (1, "it is Ana, and I am cold"),
    ]
    assert prompt.text.count("it is Ana, and I am cold") == 1


async def test_presence_is_told_and_taken_back(memory: Memory, device: RawClient, made: Made) -> None:
    await device.mqtt.subscribe(f"mem/v1/{memory.tenant}/presence/kiosk-1", qos=1)
    async with made(memory.broker):
        assert (await device.next()).payload == b"online"
    assert (await device.next()).payload == b"offline"


async def test_a_wrong_field_or_filter_is_named_at_once(made: Made) -> None:
    async with made("mqtt://127.0.0.1:1") as kiosk:
        with pytest.raises(ValueError, match="`importance`"):
            await kiosk.observe("too important", importance=2)
        with pytest.raises(ValueError, match="`text`"):
            await kiosk.observe_all([{"text": "well"}, {"text": ""}])
        with pytest.raises(Invalid, match="no such filter in kind: there are"):
            await kiosk.recall("what?", kind="turn")
        assert kiosk.stats().waiting == 0


async def test_a_right_that_is_missing_is_said_and_nothing_is_shown(
    guarded: Guarded, made: Made, tenant: str
) -> None:
    url = await asyncio.to_thread(guarded.add, f"sensor-1@{tenant}", "device", ("observe", "home7"))
    async with made(url, "sensor-1") as sensor:
        await sensor.observe("a sensor may observe")
        assert await sensor.drain(WAIT_S_MAX)
        answer: Answer = await sensor.recall("what may a sensor?", deadline_s=WAIT_S_MAX)
        assert answer.matches == ()
        assert answer.failure is not None
        assert answer.failure.code == 403
        with sensor.acting_for("home8"):
            await sensor.observe("and not here")
            await until(lambda: "0x87" in (sensor.stats().trouble or ""))
        assert sensor.stats().waiting == 1
        with sensor.acting_for("home8"):
            await sensor.observe_all([{"text": f"nor this, {n}"} for n in range(2 * OF_ONE_LOOK)])
        await sensor.observe("what may be said is not kept waiting by what may not")
        await until(lambda: sensor.stats().counts["remembered"] == 2)
        assert sensor.stats().waiting == 2 * OF_ONE_LOOK + 1


async def test_who_may_not_hear_receipts_says_so_and_comes_back_until_they_may(
    guarded: Guarded, made: Made, tenant: str
) -> None:
    url = await asyncio.to_thread(guarded.add, f"kiosk-1@{tenant}", "kiosk", ("recall", "home7"))
    async with made(url) as kiosk:
        await kiosk.observe("it waits for a right")
        await until(lambda: "may not hear" in (kiosk.stats().trouble or ""))
        assert (kiosk.stats().connected, kiosk.stats().waiting) == (False, 1)
        await asyncio.to_thread(guarded.grant, f"kiosk-1@{tenant}", ("observe", "home7"))
        assert await kiosk.drain(WAIT_S_MAX)


async def test_without_a_clock_times_come_from_the_memory(
    memory: Memory, device: RawClient, made: Made
) -> None:
    ticks = iter(range(10_000))

    def no_clock() -> Clock:
        return Clock(wall=lambda: 86_400.0, ticks=lambda: float(next(ticks)) / 1000, boot="boot-1")

    async with made(memory.broker, clock=no_clock()) as sensor:
        await sensor.observe("seen before anybody knew the time")
        assert await sensor.drain(WAIT_S_MAX)
        assert sensor.stats().counts["times_learned"] == 1
    [match] = await remembered(device, "home7", since=-60)
    assert match["id"] is not None


async def test_a_reading_that_tells_nothing_new_is_not_sent(
    memory: Memory, device: RawClient, made: Made
) -> None:
    options = Options(batches=AT_ONCE, rules=(Rule("door", on_change=True),))
    async with made(memory.broker, options=options) as sensor:
        said = ["closed", "closed", "open", "open", "open"]
        fates = [(await sensor.observe(attribute="door", value=each)).fate for each in said]
        assert fates == [Fate.KEPT, Fate.UNCHANGED, Fate.KEPT, Fate.UNCHANGED, Fate.UNCHANGED]
        assert await sensor.drain(WAIT_S_MAX)
        assert sensor.stats().counts["unchanged"] == 3
    assert sorted(match["value"] for match in await remembered(device, "home7")) == ["closed", "open"]


async def test_what_is_dropped_or_refused_is_counted_and_told(
    memory: Memory, made: Made, tmp_path: Path
) -> None:
    told: list[Notice] = []
    options = Options(batches=AT_ONCE, outbox_count_max=3, tell=told.append)
    async with made("mqtt://127.0.0.1:1", options=options) as offline:
        noted: list[Noted] = [
            await offline.observe(f"number {n}", importance=w) for n, w in enumerate((0.9, 0.1, 0.5, 0.5))
        ]
    assert [(notice.what, notice.id) for notice in told] == [("dropped", noted[1].id)]
    told.clear()
    ahead = Clock(wall=lambda: 4_000_000_000.0, ticks=lambda: 1.0, boot="boot-of-a-wrong-clock")
    async with made(memory.broker, "sensor-2", options=options, clock=ahead) as wrong:
        refused = await wrong.observe("from the next century")
        assert await wrong.drain(WAIT_S_MAX)
        assert wrong.stats().counts["remembered"] == 0
    assert [(notice.what, notice.id, notice.reason) for notice in told] == [
        ("refused", refused.id, "invalid")
    ]
    assert "set the device's clock" in (told[0].hint or "")


LIGHT = """
import sys
from edge import Device
with Device("mqtt://127.0.0.1:{port}", tenant="t", client="c", entity="e", folder="{folder}") as device:
    device.observe("a sensor has little room")
    heavy = {{"pydantic", "asyncio", "qdrant_client", "qdrant_edge", "fastembed", "onnxruntime", "numpy"}}
    print(sorted(heavy & sys.modules.keys()))
"""


def test_a_device_that_observes_loads_nothing_heavy(mosquitto: Mosquitto, tmp_path: Path) -> None:
    script = LIGHT.format(port=mosquitto.port, folder=tmp_path / "device")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
