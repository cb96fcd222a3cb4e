"""workers/summarizer.py"""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from broker_bridge.codec import decode
from memory.errors import StoreError, StoreFailed
from memory.ledger import Entry
from memory.lexicon import lexicon
from memory.policies import NO_FILE
from memory.policy_file import Llm
from memory.portions import Arrivals, Pace, Portion, portions_of
from memory.published import Published
from memory.records import ENGLISH, Identity, Memory
from memory.token_book import TokenBook
from tests.fake_llm import Answer, FakeLlm, Request, serving
from tests.unit.workers.kitchen import NOON, Kitchen, figures, hour_of, many
from tests.unit.workers.test_llm import RIGHT, TALK
from workers import faults, removing, summarizer
from workers.condensing import Condensing
from workers.digests import Digests
from workers.faults import Reopening
from workers.llm import LlmWriter
from workers.summarizer import Summarizer, SummarizerLimits

SOON = Pace(grace_s=1e-9, silence_s=1e-9)
FAR = 4e9


class Session:
    """Where the summarizer publishes; what is retained replaces itself."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.retained: dict[str, bytes] = {}
        self.stream: list[dict[str, Any]] = []
        self.acknowledged = 0
        self._news = asyncio.Event()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._news.set()
        if retain:
            self.retained[topic] = payload
            return
        told = decode(payload)
        self.stream += told if isinstance(told, list) else [told]

    async def until(self, holds: Callable[[], object]) -> None:
        """Waits for what is published until something holds."""
        async with asyncio.timeout(60):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def acknowledge(self, _message: object) -> None:
        self.acknowledged += 1


class World(Kitchen):
    """With a summarizer, and what it reports."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.session = Session()
        self.reports: list[tuple[str, str | None]] = []
        self.llms: dict[str, Llm] = {}
        """By tenant, as policies name them."""
        self.writer = LlmWriter(TokenBook(directory / "tokens.sqlite3"), self.llms.get, self.report)
        self.summarizer = self.summarizer_of(SOON)

    def summarizer_of(self, pace: Pace) -> Summarizer:
        return Summarizer(
            session=self.session,  # type: ignore[arg-type] - what it uses of one
            store=self.store,
            ledger=self.ledger,
            condensing=self.condensing,
            digests=Digests(
                self.store,
                Published(self.directory / "digests.sqlite3"),
                of_tenant=NO_FILE.of_tenant,
                publish=self.session.publish,
            ),
            writer=self.writer,
            limits=SummarizerLimits(pace, every_s=0.01, digest_wait_s=1e-9, share=1.0),
            report=self.report,
        )

    def report(self, part: str, trouble: str | None) -> None:
        self.reports.append((part, trouble))

    def due(self, *memories: Memory, count: int = 1, oldest: float = NOON, newest: float = NOON) -> None:
        arrivals = {portions_of(each)[0]: Arrivals(count, oldest, newest) for each in memories}
        self.ledger.write(Entry(arrivals=arrivals, changed={("acme", "home7/kitchen")}), NOON)

    async def rounds(self) -> None:
        while await self.summarizer.condense_round():
            pass

    async def told(self) -> dict[str, tuple[Any, ...]]:
        summaries = await self.there(tier="summary")
        return {each.tags[0]: figures(each) for each in summaries if each.measured is not None}


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(faults, "HOLD_S_MAX", 0.001)
    made = World(tmp_path)
    await made.store.open(Identity(1, made.model.name, made.model.precision, made.model.dimension))
    yield made
    made.embedder.close()
    made.ledger.close()


async def test_what_came_is_condensed_up_to_its_month_thinned_and_told(world: World) -> None:
    readings = await many(world)
    world.due(readings[0], count=60)
    await world.rounds()
    whole = (60, 20.0, 25.9, 20.0, 25.9)
    assert await world.told() == {"hour": whole, "day": whole, "month": whole}
    assert len(await world.raws()) == 10
    assert [record["y"] for record in world.session.stream] == ["summarised"] * 3
    assert {topic.split("/")[4] for topic in world.session.retained} == {"hour", "day", "month"}
    assert world.ledger.due_count() == 0
    counted = {
        "condensed_hour": 1,
        "condensed_day": 1,
        "condensed_month": 1,
        "pruned_thinned": 50,
        "digests": 3,
    }
    assert +world.summarizer.counters == counted
    assert world.summarizer.measure().gauges == {"due": 0.0}


async def test_much_that_is_thinned_is_flushed_in_between(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "FLUSH_MEMORIES", 20)
    monkeypatch.setattr(removing, "STEP_MEMORIES", 8)
    readings = await many(world)
    world.due(readings[0], count=60)
    flush, left = world.store.flush, list[int]()

    async def flushing() -> None:
        left.append(len(await world.raws()))
        await flush()

    monkeypatch.setattr(world.store, "flush", flushing)
    await world.rounds()
    assert left == [60, 44, 28, 10, 10], "and once for each level"


async def test_the_same_cue_twice_changes_nothing(world: World) -> None:
    readings = await many(world)
    for _ in range(2):
        world.due(readings[0], count=60)
        await world.rounds()
    assert (await world.told())["month"][0] == 60
    assert world.summarizer.counters["digests"] == 3


async def test_a_thinned_reading_that_is_sent_again_is_known(world: World) -> None:
    readings = await many(world)
    world.due(readings[0])
    await world.rounds()
    left = {each.id for each in await world.raws()}
    thinned = [each.id for each in readings if each.id not in left]
    assert set(world.ledger.merged(thinned)) == set(thinned)
    # And so is a repeat that was counted in one of these.
    repeat = "00000000-0000-4000-8000-000000000001"
    world.ledger.write(Entry(merged={repeat: thinned[0]}), NOON)
    assert world.ledger.merged([repeat]) == {repeat: hour_of(readings[0]).summary_id}


async def test_what_is_not_ripe_waits(world: World) -> None:
    patient = world.summarizer_of(Pace())
    reading = await world.read(1.0)
    world.due(reading, oldest=FAR, newest=FAR)
    assert await patient.condense_round() == 0
    assert patient.measure().gauges == {"due": 1.0}


@pytest.mark.parametrize(
    ("came", "is_ripe"),
    [
        (Arrivals(1, NOON, NOON), True),
        (Arrivals(1, FAR, FAR), False),
        (Arrivals(200, FAR, FAR), True),
        (Arrivals(1, NOON, FAR), True),
    ],
    ids=["silent", "goes on", "many", "old"],
)
async def test_a_session_is_told_after_silence_a_count_or_a_day(
    world: World,
    came: Arrivals,
    is_ripe: bool,  # noqa: FBT001 - a case
) -> None:
    patient = world.summarizer_of(Pace())
    turn = await world.put(text="Ana: hello there", kind="turn", session="s1", seq=1)
    world.ledger.write(Entry(arrivals={portions_of(turn)[0]: came}), NOON)
    assert await patient.condense_round() == is_ripe
    assert len(await world.there(tier="summary")) == is_ripe


async def test_a_portion_that_breaks_is_put_off_and_the_others_are_condensed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summarizer, "DUE_MAX", 1)
    bad, good = await world.read(1.0), await world.read(2.0, attribute="humidity")
    world.due(bad, newest=NOON - 9)
    world.due(good)
    condense = world.condensing.condense

    async def breaks(portion: Portion) -> Any:
        return 1 / 0 if portion.attribute == "temperature" else await condense(portion)

    monkeypatch.setattr(world.condensing, "condense", breaks)
    await world.rounds()
    assert {each.attribute for each in await world.there(tier="summary")} == {"humidity"}
    assert world.summarizer.counters["put_off"] == 1
    assert list(world.ledger.due(FAR, SOON, 9)) == [hour_of(bad)]
    monkeypatch.setattr(world.condensing, "condense", condense)
    monkeypatch.setattr(summarizer, "PUT_OFF_S", 0.0)
    world.summarizer._put_off.clear()
    await world.rounds()
    assert world.ledger.due_count() == 0


async def test_a_digest_that_breaks_is_put_off_and_the_others_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ledger.write(Entry(changed=[("acme", "bad"), ("acme", "good")]), NOON)
    await world.put(text="Ana likes tea", kind="fact", entity="good")
    publish = world.summarizer._digests.publish_latest

    async def breaks(tenant: str, entity: str) -> bool:
        return bool(1 / 0) if entity == "bad" else await publish(tenant, entity)

    monkeypatch.setattr(world.summarizer._digests, "publish_latest", breaks)
    for _ in range(2):
        await world.summarizer.digest_round()
    assert list(world.session.retained) == ["mem/v1/acme/summary/latest/good"]
    assert world.summarizer.counters["put_off"] == 1
    assert world.ledger.changed(FAR, 9) == [(("acme", "bad"), NOON)]


async def test_a_store_that_is_away_is_held_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = await many(world)
    world.due(readings[0])
    for name in ("samples", "upsert", "flush", "remove"):
        monkeypatch.setattr(world.store, name, failing_once(getattr(world.store, name)))
    await world.rounds()
    assert (await world.told())["month"][0] == 60
    assert world.summarizer.counters["holds"] == 4
    assert [trouble for _, trouble in world.reports if trouble] == ["condensing: away. wait"] * 4
    assert world.reports[-1] == ("condensing", None)
    assert len(await world.raws()) == 10


def failing_once(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    faults = [StoreError("away", hint="wait")]

    async def failing(*args: Any) -> Any:
        if faults:
            raise faults.pop()
        return await method(*args)

    return failing


async def test_a_store_that_stays_broken_is_opened_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.due(await world.read(1.0))

    async def broken() -> None:
        raise StoreFailed("broken", hint="open it anew")

    monkeypatch.setattr(world.store, "flush", broken)
    with pytest.raises(Reopening):
        await asyncio.wait_for(world.summarizer.run(), 20)


async def test_what_is_forgotten_while_it_is_made_safe_is_neither_thinned_nor_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = await many(world)
    world.due(readings[0])
    flush, forgotten = world.store.flush, [readings[30]]

    async def forgetting() -> None:
        await flush()
        while forgotten:
            await world.forget(forgotten.pop())

    monkeypatch.setattr(world.store, "flush", forgetting)
    await world.summarizer.condense_round()
    assert world.session.stream == []
    assert len(await world.raws()) == 59
    await world.rounds()
    assert (await world.told())["month"][0] == 59
    assert len(await world.raws()) == 10


class Killed(BaseException):
    """As if the process had ended there."""


@pytest.mark.parametrize("step", range(1, 90, 2))
async def test_killed_at_any_step_it_is_done_again_and_once(world: World, step: int) -> None:
    readings = await many(world)
    world.due(readings[0])

    async def kill() -> None:
        raise Killed

    for extra in range(2):
        world.interrupt_at(step, kill)
        try:
            await world.rounds()
        except Killed:
            world.summarizer = world.summarizer_of(SOON)
        world.interrupt_no_more()
        await world.rounds()
        assert {each[:3] for each in (await world.told()).values()} == {(60 + extra, 20.0, 25.9)}
        assert len(await world.raws()) == 10
        assert {topic.split("/")[4] for topic in world.session.retained} == {"hour", "day", "month"}
        world.due(await world.read(22.22, 333.0))


async def test_what_was_stored_without_a_ledger_becomes_due_once(world: World) -> None:
    await many(world)
    await world.put(text="Ana: hello there", kind="turn", session="s1", seq=1)
    running = asyncio.create_task(world.summarizer.run())
    while len(await world.there(tier="summary")) < 4 or world.ledger.due_count():
        await asyncio.sleep(0.01)
    while "mem/v1/acme/summary/latest/home7/kitchen" not in world.session.retained:
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    assert (await world.told())["month"][0] == 60
    assert world.summarizer.counters["looked_back"] == 61


async def test_a_cue_is_acknowledged_at_once_and_wakes(world: World) -> None:
    world.summarizer.hear(None)  # type: ignore[arg-type] - what it says does not matter
    assert (world.session.acknowledged, world.summarizer.counters["cues"]) == (1, 1)
    await asyncio.wait_for(world.summarizer._until_cue(), 5)
    await world.summarizer.drain()


class Slow:
    """A world in which one tenant's model answers when it is let, and not before."""

    def __init__(self, world: World, fake: FakeLlm) -> None:
        self.world = world
        self.fake = fake
        self.released = threading.Event()
        self.asked = asyncio.Event()
        loop = asyncio.get_running_loop()

        def answer(_request: Request) -> Answer:
            loop.call_soon_threadsafe(self.asked.set)
            assert self.released.wait(60)
            return RIGHT

        fake.answer = answer
        world.llms["slow"] = Llm.model_validate({"url": fake.url, "model": "m"})
        world.condensing = Condensing(
            world.store, world.embedder, lexicon(ENGLISH), lambda _portion: world.rules,
            ledger=world.ledger, writer=world.writer,
        )  # fmt: skip
        world.summarizer = world.summarizer_of(SOON)

    async def says(self, session: str, tenant: str = "slow") -> Portion:
        """Somebody's talk becomes due before all else."""
        for seq, text in enumerate(TALK):
            said = {"entity": "home7/ana", "kind": "turn", "session": session, "seq": seq, "text": text}
            turn = await self.world.put(tenant=tenant, at=NOON + seq, **said)
        [portion] = portions_of(turn)
        self.world.ledger.write(Entry(arrivals={portion: Arrivals(len(TALK), 1.0, 1.0)}), NOON)
        return portion

    def due(self) -> list[Portion]:
        return list(self.world.ledger.due(FAR, SOON, 99))

    def is_told(self, *portions: Portion) -> bool:
        """Whether the stream told the summaries of portions."""
        told = {record["m"] for record in self.world.session.stream}
        return told >= {portion.summary_id for portion in portions}

    @asynccontextmanager
    async def running(self) -> Any:
        running = asyncio.create_task(self.world.summarizer.run())
        try:
            yield running
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.fixture
def fake() -> Iterator[FakeLlm]:
    with serving() as made:
        yield made


@pytest.fixture
async def slow(world: World, fake: FakeLlm) -> Any:
    made = Slow(world, fake)
    yield made
    made.released.set()


async def test_a_slow_model_delays_nobody_but_its_own_tenant(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an hour, its thinning and its digests, nor another tenant's talk; and its own hours neither."""
    monkeypatch.setattr(summarizer, "DUE_MAX", 2)
    world, session = slow.world, slow.world.session
    talks = [await slow.says(f"s{number}") for number in range(6)]
    readings = await many(world)
    world.due(readings[0], count=60)
    own = await world.read(7.0, tenant="slow")
    world.due(own)
    quick = await slow.says("s9", "quick")
    months = [portions_of(each)[-1] for each in (readings[0], own)]
    async with slow.running():
        await slow.asked.wait()
        for portion in (*months, quick):
            await session.until(partial(slow.is_told, portion))
        await session.until(lambda: "mem/v1/acme/summary/month/home7/kitchen" in session.retained)
        assert (await world.told())["month"][0] == 60
        assert len(await world.raws()) == 10
        assert not any(map(slow.is_told, talks))
        assert len(slow.fake.requests) == 1, "one at a time"
        assert set(talks) <= set(slow.due())
        slow.released.set()
        await session.until(partial(slow.is_told, *talks))
    assert len(slow.fake.requests) >= 6


async def test_what_a_model_did_not_answer_yet_stays_due_when_it_ends(slow: Slow) -> None:
    talk = await slow.says("s1")
    async with slow.running() as running:
        await slow.asked.wait()
        running.cancel()
        await asyncio.wait([running])
        assert slow.due() == [talk]
        assert slow.world.session.stream == []
    slow.released.set()
    slow.world.summarizer = slow.world.summarizer_of(SOON)
    async with slow.running():
        await slow.world.session.until(partial(slow.is_told, talk))


async def test_what_a_model_is_waited_for_nobody_else_condenses(slow: Slow) -> None:
    """Not even if its tenant has none any more: its texts are as others' are once it answered."""
    talk = await slow.says("s1")
    hour = await slow.world.read(1.0)
    condense, begun = slow.world.condensing.condense, Counter[Portion]()

    async def seen(portion: Portion) -> Any:
        begun[portion] += 1
        return await condense(portion)

    slow.world.condensing.condense = seen  # type: ignore[method-assign]
    async with slow.running():
        await slow.asked.wait()
        del slow.world.llms["slow"]
        slow.world.due(hour)
        await slow.world.session.until(partial(slow.is_told, *portions_of(hour)))
        assert begun[talk] == 1
        slow.released.set()
        await slow.world.session.until(partial(slow.is_told, talk))


async def test_a_portion_that_breaks_beside_the_others_is_put_off_alone(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await slow.says("s1"), await slow.says("s2")
    slow.released.set()
    gist = slow.world.writer.gist

    async def breaks(portion: Portion, *rest: Any) -> Any:
        return 1 / 0 if portion == bad else await gist(portion, *rest)

    monkeypatch.setattr(slow.world.writer, "gist", breaks)
    async with slow.running():
        await slow.world.session.until(partial(slow.is_told, good))
    assert slow.world.summarizer.counters["put_off"] == 1
    assert bad in slow.due()


async def test_a_store_that_breaks_beside_the_others_is_opened_anew(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slow.says("s1")
    slow.released.set()

    async def broken() -> None:
        raise StoreFailed("broken", hint="open it anew")

    monkeypatch.setattr(slow.world.store, "flush", broken)
    with pytest.raises(Reopening):
        await asyncio.wait_for(slow.world.summarizer.run(), 20)


async def test_tenants_take_turns_beside_the_others(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summarizer, "TENANTS_BESIDE_MAX", 2)
    slow.world.summarizer._turns = asyncio.Semaphore(1)
    talks = list[Portion]()
    for tenant in ("slow", "second", "third"):
        slow.world.llms[tenant] = slow.world.llms["slow"]
        talks += [await slow.says(session, tenant) for session in ("s1", "s2")]
    slow.released.set()
    async with slow.running():
        await slow.world.session.until(partial(slow.is_told, *talks))
    whose = {portion.summary_id: portion.tenant for portion in talks}
    first, second, third, fourth = [whose[record["m"]] for record in slow.world.session.stream[:4]]
    assert first != second
    assert [first, second] == [third, fourth]
