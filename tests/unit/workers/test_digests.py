"""workers/digests.py"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from broker_bridge.codec import Encoding, decode
from memory.audit_log import AuditLog
from memory.conditions import Filters, scoped
from memory.errors import StoreError
from memory.ledger import Ledger
from memory.measured import Measured
from memory.policies import Policies
from memory.policy_file import PolicyFile
from memory.portions import span_at
from memory.published import Published
from memory.records import Memory, Scope
from memory.store_twin import TwinStore
from schemas.digest import Digest, PeriodDigest
from tests.contract.memories import IDENTITY, NOW, a_memory, put
from workers.auditing import Auditing, AuditLimits
from workers.deadletters import DeadLetters
from workers.digests import DUE_MAX, TRIES_MAX, Digests
from workers.forgetting import Forgetting

ANA = "home7/ana"
LATEST = f"mem/v1/acme/summary/latest/{ANA}"
HOURLY = f"mem/v1/acme/summary/hour/{ANA}"
POLICIES = Policies(
    PolicyFile.model_validate(
        {"tenants": {"small": {"summary_bytes_max": 256}, "readable": {"digest": "json"}}}
    )
)

Act = Callable[[], Awaitable[object]]


class World:
    """A store, what a broker retains, and somebody who forgets; each step of theirs may be interrupted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.store = TwinStore()
        self.retained: dict[str, bytes] = {}
        self.told: list[str] = []
        self.steps = 0
        self._interrupt: tuple[int, Act] | None = None
        self.published = Published(directory / "digests.sqlite3")
        self.digests = self.digests_by(self.published)
        self.forgetting = self.forgetting_by(self.published)
        for name in ("newest", "page", "known", "forget", "flush"):
            setattr(self.store, name, self._stepping(getattr(self.store, name)))

    def digests_by(self, published: Published) -> Digests:
        return Digests(self.store, published, of_tenant=POLICIES.of_tenant, publish=self.publish)

    def forgetting_by(self, published: Published) -> Forgetting:
        limits = AuditLimits(1.0)
        audit_log = AuditLog(self.directory / "audit.sqlite3")
        return Forgetting(
            self.store,
            auditing=Auditing(audit_log, limits, lambda _part, _trouble: None),
            ledger=Ledger(self.directory / "ledger.sqlite3"),
            digests=published,
            letters=DeadLetters(self.directory / "letters", 10**6),
            embedders=[],
            publish=self.publish,
        )

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        await self._step()
        if retain:
            self.told.append(topic)
            self.retained[topic] = payload
            if not payload:
                del self.retained[topic]
        await self._step()

    async def put(self, text: str, **more: Any) -> Memory:
        memory = a_memory(**{"text": text, "entity": ANA, "kind": "fact", **more})
        await put(self.store, memory)
        return memory

    async def forget(self, memory: Memory, by: Forgetting | None = None) -> None:
        where = scoped(Scope(memory.tenant, memory.entity), Filters(ids=[memory.id]), None)
        await (by or self.forgetting).forget(where, client="phone")

    async def latest(self, tenant: str = "acme", entity: str = ANA) -> bool:
        return await self.digests.publish_latest(tenant, entity)

    def said(self, topic: str = LATEST) -> Digest:
        return Digest.load(decode(self.retained[topic]))

    def interrupt_at(self, step: int, act: Act) -> None:
        self.steps, self._interrupt = 0, (step, act)

    @property
    def was_interrupted(self) -> bool:
        return self._interrupt is None

    async def _step(self) -> None:
        self.steps += 1
        if self._interrupt is not None and self.steps == self._interrupt[0]:
            _, act = self._interrupt
            self._interrupt = None
            await act()

    def _stepping(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def stepping(*args: Any, **more: Any) -> Any:
            await self._step()
            result = await method(*args, **more)
            await self._step()
            return result

        return stepping


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    await made.store.open(IDENTITY)
    return made


@contextmanager
def at(instant: float) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("workers.digests.time", SimpleNamespace(time=lambda: instant))
        yield


async def test_a_digest_is_told_when_it_says_something_else_and_only_then(world: World) -> None:
    await world.put("Ana likes tea")
    assert await world.latest()
    assert world.said().facts == ["Ana likes tea"]
    assert not await world.latest()
    await world.put("Ana is allergic to peanuts", importance=0.9)
    assert await world.latest()
    assert world.said().facts == ["Ana is allergic to peanuts", "Ana likes tea"]
    assert world.told == [LATEST, LATEST]
    assert await world.digests.publish_due() == 0


async def test_who_starts_again_does_not_tell_again_unless_the_broker_may_have_lost_it(world: World) -> None:
    await world.put("Ana likes tea")
    await world.latest()
    world.published.close()
    assert not await world.latest()
    world.retained.clear()
    await world.digests.doubt_all()
    assert await world.digests.publish_due() == 1
    assert world.said().facts == ["Ana likes tea"]


async def test_without_its_file_everything_is_told_once_more(world: World, tmp_path: Path) -> None:
    await world.put("Ana likes tea")
    await world.latest()
    again = world.digests_by(Published(tmp_path / "new" / "digests.sqlite3"))
    assert await again.publish_latest("acme", ANA)
    assert not await again.publish_latest("acme", ANA)


async def test_its_size_and_encoding_are_the_tenants(world: World) -> None:
    for tenant in ("acme", "small", "readable"):
        for n in range(60):
            await world.put(f"fact number {n} of many that are known", tenant=tenant)
        await world.latest(tenant)
    wide, narrow, readable = (
        world.retained[f"mem/v1/{tenant}/summary/latest/{ANA}"] for tenant in ("acme", "small", "readable")
    )
    assert 900 < len(wide) <= 1024
    assert 200 < len(narrow) <= 256
    assert len(readable) <= 1024
    assert [Encoding.of(payload) for payload in (wide, readable)] == [Encoding.MSGPACK, Encoding.JSON]


async def test_an_entitys_digest_is_of_its_own_memories_alone(world: World) -> None:
    deep = "/".join(f"level-{n}" for n in range(8))
    entities = ["home7", ANA, deep]
    for entity in entities:
        await world.put(f"of {entity}", entity=entity)
        await world.latest(entity=entity)
    for entity in entities:
        assert world.said(f"mem/v1/acme/summary/latest/{entity}").facts == [f"of {entity}"]


async def test_where_nothing_is_left_the_topic_is_taken_back(world: World) -> None:
    memory = await world.put("Ana likes tea")
    await world.latest()
    await world.forget(memory)
    assert world.retained == {}
    assert await world.digests.publish_due() == 1
    assert world.retained == {}
    assert await world.digests.publish_due() == 0


async def test_what_expires_leaves_it_then(world: World) -> None:
    await world.put("Ana likes tea")
    await world.put("Ana has the flu", expires=4e9)
    await world.latest()
    assert len(world.said().facts or []) == 2
    with at(4e9 - 1):
        assert await world.digests.publish_due() == 0
    with at(4e9):
        assert await world.digests.publish_due() == 1
    assert world.said().facts == ["Ana likes tea"]


async def test_what_was_before_leaves_it_when_that_is_forgotten_or_expires(world: World) -> None:
    drink: dict[str, Any] = {"attribute": "drink", "kind": "preference"}
    coffee = await world.put("Ana takes coffee", **drink, at=NOW - 9e6)
    await world.put("Ana takes water", **drink, at=NOW - 9.1e6, expires=4e9)
    await world.put("Ana takes tea", **drink, at=NOW - 9e5)
    await world.latest()
    [told] = world.said().preferences or []
    assert told.startswith("Ana takes tea (before: Ana takes coffee, until ")
    await world.forget(coffee)
    await world.latest()
    [told] = world.said().preferences or []
    assert told.startswith("Ana takes tea (before: Ana takes water, until ")
    with at(4e9):
        assert await world.digests.publish_due() == 1
    assert world.said().preferences == ["Ana takes tea"]


async def an_hour(world: World, instant: float, last: float) -> Memory:
    whole = Measured(count=3, since=instant, until=instant, first=1.0, last=last, min=1.0, max=last)
    return await world.put(
        "in words", kind="summary", tier="summary", tags=["hour"], at=instant, attribute="flow",
        measured=whole, sources=[],
    )  # fmt: skip


async def test_a_period_is_told_when_it_is_over_and_a_late_earlier_one_changes_nothing(world: World) -> None:
    noon = span_at(1_772_366_400.0, "hour")
    await an_hour(world, noon.start + 5, last=4.0)
    with at(noon.end - 1):
        await world.digests.publish_period("acme", ANA, "hour")
        assert HOURLY not in world.retained
    with at(noon.end):
        assert await world.digests.publish_period("acme", ANA, "hour")
        await an_hour(world, noon.start - 3600, last=9.0)
        assert not await world.digests.publish_period("acme", ANA, "hour")
    told = PeriodDigest.load(decode(world.retained[HOURLY]))
    assert (told.since, told.until) == (noon.start, noon.end)
    assert [series.last for series in told.readings or []] == [4.0]


STEPS = range(1, 41)
"""More than there are in a digest's making, or in a forgetting: each is interrupted at each of its steps."""
at_each_step = pytest.mark.parametrize("step", STEPS)


async def settled(world: World) -> None:
    while await world.digests.publish_due():
        pass


@at_each_step
async def test_what_is_forgotten_while_a_digest_is_made_is_not_in_it(world: World, step: int) -> None:
    secret = await world.put("secret")
    await world.put("Ana likes tea")
    world.interrupt_at(step, lambda: world.forget(secret))
    await world.latest()
    assert (b"secret" in world.retained.get(LATEST, b"")) != world.was_interrupted
    await world.forget(secret)
    await settled(world)
    assert world.said().facts == ["Ana likes tea"]


@at_each_step
async def test_a_digest_that_is_made_while_something_is_forgotten_does_not_have_it_in_the_end(
    world: World, step: int
) -> None:
    secret = await world.put("secret")
    await world.put("Ana likes tea")
    await world.latest()
    world.interrupt_at(step, world.latest)
    await world.forget(secret)
    assert b"secret" not in world.retained.get(LATEST, b"")
    await settled(world)
    assert world.said().facts == ["Ana likes tea"]


@at_each_step
async def test_who_forgets_without_our_file_is_seen_in_the_store(
    world: World, step: int, tmp_path: Path
) -> None:
    elsewhere = world.forgetting_by(Published(tmp_path / "elsewhere" / "digests.sqlite3"))
    secret = await world.put("secret")
    world.interrupt_at(step, lambda: world.forget(secret, elsewhere))
    await world.latest()
    assert (b"secret" in world.retained.get(LATEST, b"")) != world.was_interrupted


async def test_every_step_was_interrupted(world: World) -> None:
    secret = await world.put("secret")
    await world.latest()
    assert 10 < world.steps < max(STEPS)
    world.steps = 0
    await world.forget(secret)
    assert 20 < world.steps < max(STEPS)


async def test_what_was_told_by_who_died_before_looking_is_told_anew(world: World) -> None:
    secret = await world.put("secret")
    await world.put("Ana likes tea")

    async def dies(_ids: Any) -> Any:
        raise StoreError("the power went", hint="")

    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(world.store, "known", dies)
        with pytest.raises(StoreError, match="power went"):
            await world.latest()
    assert b"secret" in world.retained[LATEST]
    await world.store.forget([secret.id], 5.0)
    world.published.close()
    assert await world.digests.publish_due() == 1
    assert world.said().facts == ["Ana likes tea"]


async def test_what_changes_faster_than_it_can_be_told_is_taken_back_and_stays_due(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.put("Ana likes tea")
    published = world.publish

    async def and_somebody_doubts_it(topic: str, payload: bytes, *, retain: bool = False) -> None:
        await published(topic, payload, retain=retain)
        world.published.doubt([topic])

    hurried = Digests(
        world.store, world.published, of_tenant=POLICIES.of_tenant, publish=and_somebody_doubts_it
    )
    assert await hurried.publish_latest("acme", ANA)
    assert world.told == [LATEST] * (TRIES_MAX + 1)
    assert world.retained == {}
    assert "faster than it is told" in caplog.text
    assert await world.digests.publish_due() == 1
    assert world.said().facts == ["Ana likes tea"]


async def test_what_is_due_is_told_some_at_a_time(world: World) -> None:
    for n in range(DUE_MAX + 1):
        world.published.stand(f"mem/v1/acme/summary/latest/home{n}")
    assert [await world.digests.publish_due() for _ in range(3)] == [DUE_MAX, 1, 0]
