"""workers/manage.py: what is asked again, and who waits for whom; all else is in tests/broker"""

import asyncio
from pathlib import Path
from typing import Any

import msgpack
import pytest

from memory.audit_log import AuditLog
from memory.embedding import Embedder
from memory.errors import StoreError
from memory.ledger import Ledger
from memory.published import Published
from memory.records import Identity, Scope
from memory.store_twin import TwinStore
from schemas.requests import Forget, Update
from tests.contract.memories import LEXICON, a_memory, embedded
from tests.unit.workers.fakes import WordsModel
from workers.auditing import Auditing, AuditLimits
from workers.changing import Changing
from workers.deadletters import DeadLetters
from workers.forgetting import Forgetting
from workers.manage import Manage

HOME = Scope("acme", "home7")
ALL = Scope("acme", "home7", below=True)


class Unsafe(TwinStore):
    """A store that knows what was flushed, and fails at that when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False
        self.flushes = 0

    async def flush(self) -> None:
        if self.fails:
            raise StoreError("the disk is slow", hint="ask again")
        self.flushes += 1


class World:
    def __init__(self, directory: Path) -> None:
        model = WordsModel()
        self.store = Unsafe()
        self.embedder = Embedder(model, threads=1, cache_texts_max=10)
        self.identity = Identity(1, model.name, model.precision, model.dimension)
        self.published: list[tuple[str, bytes]] = []
        audit = Auditing(
            AuditLog(directory / "audit.sqlite3"), AuditLimits(1.0), lambda _part, _trouble: None
        )
        self.forgetting = Forgetting(
            self.store, auditing=audit, ledger=Ledger(directory / "ledger.sqlite3"),
            digests=Published(directory / "digests.sqlite3"),
            letters=DeadLetters(directory / "letters", 10**6),
            embedders=[self.embedder], publish=self.publish,
        )  # fmt: skip
        self.manage = Manage(
            self.store, self.embedder, LEXICON, auditing=audit, forgetting=self.forgetting,
            changing=Changing(), publish=self.publish,
        )  # fmt: skip

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert payload or retain
        self.published.append((topic, payload))

    async def put(self, **more: Any) -> str:
        memory = a_memory(**more)
        [vector] = await self.embedder.embed([memory.text])
        await self.store.upsert([embedded(memory, vector)])
        return memory.id

    def told(self, event: str) -> list[str]:
        told = [msgpack.unpackb(payload) for topic, payload in self.published if "/stream/" in topic]
        records = [record for each in told for record in (each if isinstance(each, list) else [each])]
        return [
            id_ for record in records if record["y"] == event for id_ in record.get("ms", [record.get("m")])
        ]

    def emptied(self) -> set[str]:
        return {topic for topic, payload in self.published if "/summary/" in topic and not payload}


@pytest.fixture
async def world(tmp_path: Path) -> Any:
    made = World(tmp_path)
    await made.store.open(made.identity)
    yield made
    made.embedder.close()


@pytest.mark.parametrize("named", [True, False])
async def test_forgetting_that_failed_at_its_flush_is_flushed_and_told_when_asked_again(
    world: World, *, named: bool
) -> None:
    memory_id = await world.put(entity="home7/ana", text="secret")
    request = Forget(memories=[memory_id]) if named else Forget(all=True)
    world.store.fails = True
    with pytest.raises(StoreError):
        await world.manage.answer(ALL, "phone", request)
    assert "mem/v1/acme/summary/day/home7/ana" in world.emptied(), "before: a kill must leave none behind"
    with pytest.raises(StoreError):
        await world.manage.answer(ALL, "phone", request)
    assert world.told("forgotten") == []

    world.store.fails = False
    world.published.clear()
    answer: Any = await world.manage.answer(ALL, "phone", request)
    assert (answer.forgotten, world.store.flushes) == (0, 1)
    assert "mem/v1/acme/summary/day/home7" in world.emptied()
    if named:
        assert world.told("forgotten") == [memory_id]
        assert "mem/v1/acme/summary/day/home7/ana" in world.emptied()


async def test_what_others_had_forgotten_is_told_to_nobody_who_guesses_its_id(world: World) -> None:
    memory_id = await world.put(tenant="other", text="secret")
    await world.manage.answer(Scope("other", "home7"), "phone", Forget(all=True))
    world.published.clear()
    await world.manage.answer(HOME, "phone", Forget(memories=[memory_id]))
    assert world.told("forgotten") == []


async def test_an_update_that_failed_at_its_flush_is_flushed_and_told_when_asked_again(world: World) -> None:
    memory_id = await world.put(text="before")
    request = Update(memory=memory_id, text="after")
    world.store.fails = True
    for _ in range(2):
        with pytest.raises(StoreError):
            await world.manage.answer(HOME, "phone", request)
    assert world.told("stored") == []
    world.store.fails = False
    answer: Any = await world.manage.answer(HOME, "phone", request)
    assert (answer.match.text, world.store.flushes) == ("after", 1)
    assert world.told("stored") == [memory_id]


async def test_one_tenants_change_delays_no_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = await world.put(text="ours"), await world.put(tenant="other", text="theirs")
    let_go, forget = asyncio.Event(), world.store.forget

    async def slowly(ids: Any, at: float) -> None:
        if ours in ids:
            await let_go.wait()
        await forget(ids, at)

    monkeypatch.setattr(world.store, "forget", slowly)
    slow = asyncio.create_task(world.manage.answer(HOME, "phone", Forget(all=True)))
    also = asyncio.create_task(world.manage.answer(HOME, "phone", Update(memory=ours, text="back")))
    quick: Any = await world.manage.answer(Scope("other", "home7"), "phone", Forget(memories=[theirs]))
    assert quick.forgotten == 1
    assert not slow.done()
    assert not also.done()
    let_go.set()
    await slow
    with pytest.raises(Exception, match="no memory"):
        await also
