"""workers/rating.py: what waits for what; over a broker it is in tests/broker/test_rating.py"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memory.audit_log import AuditLog
from memory.errors import StoreError
from memory.records import Scope
from schemas.requests import Feedback
from tests.unit.workers.fakes import HOME, House
from workers.auditing import Auditing, AuditLimits
from workers.changing import Changing
from workers.named import named
from workers.rating import Rating
from workers.unanswered import NotFound


class Rated:
    """A house whose memories can be rated."""

    def __init__(self, house: House, log: AuditLog) -> None:
        self.store = house.store
        self.changing = Changing()
        self.auditing = Auditing(log, AuditLimits(1.0), lambda _part, _trouble: None)
        self.rating = Rating(house.store, auditing=self.auditing, changing=self.changing)

    async def rate(self, memory_id: str, *, useful: bool = True, client: str = "phone") -> float:
        reply = await self.rating.rate(HOME, client, Feedback(memory=memory_id, useful=useful))
        assert reply.memory == memory_id
        return reply.importance

    async def dids(self) -> list[tuple[str, str]]:
        return [(deed.did, deed.client) for deed in await self.auditing.read(HOME, None, None, 100)]


@pytest.fixture
async def rated(house: House, tmp_path: Path) -> AsyncIterator[Rated]:
    log = AuditLog(tmp_path / "audit.sqlite3")
    yield Rated(house, log)
    log.close()


async def test_a_vote_that_comes_twice_counts_once_and_is_known_twice(house: House, rated: Rated) -> None:
    memory = await house.remember(1, "tea")
    assert [await rated.rate(memory.id) for _ in range(2)] == [pytest.approx(0.6)] * 2
    assert await rated.dids() == [("rated", "phone")] * 2
    assert (await named(house.store, HOME, memory.id)).votes == {"phone": True}


async def test_who_is_rated_by_is_known_before_it_counts(
    house: House, rated: Rated, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = await house.remember(1, "tea")

    async def write(_deeds: object) -> None:
        raise StoreError("the disk is full", hint="make room")

    monkeypatch.setattr(rated.auditing, "write", write)
    with pytest.raises(StoreError):
        await rated.rate(memory.id)
    monkeypatch.undo()
    assert await rated.rate(memory.id, client="kiosk-1") == pytest.approx(0.6)


async def test_a_vote_waits_for_the_tenants_changes_and_brings_back_nothing_they_forget(
    house: House, rated: Rated
) -> None:
    memory = await house.remember(1, "tea")
    async with rated.changing.of("acme"):
        waiting = asyncio.create_task(rated.rate(memory.id))
        await asyncio.sleep(0)
        assert not waiting.done()
        await rated.store.forget([memory.id], 1.0)
    with pytest.raises(NotFound):
        await waiting
    assert (await rated.store.known([memory.id])).forgotten == {memory.id}


async def test_another_tenants_changes_delay_no_vote(house: House, rated: Rated) -> None:
    memory = await house.remember(1, "tea")
    async with rated.changing.of("other"):
        assert await rated.rate(memory.id, useful=False) == pytest.approx(0.4)


async def test_a_memory_elsewhere_is_not_rated(house: House, rated: Rated) -> None:
    memory = await house.remember(1, "tea", entity="home8")
    for scope in (HOME, Scope("other", "home8")):
        with pytest.raises(NotFound):
            await rated.rating.rate(scope, "phone", Feedback(memory=memory.id, useful=True))
    assert await rated.dids() == []
