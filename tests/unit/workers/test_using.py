"""workers/using.py; over a broker it is in tests/broker/test_importance.py"""

import asyncio
from dataclasses import replace

import pytest

from memory.conditions import EVERYTHING, scoped
from memory.errors import StoreError
from memory.records import Scope
from memory.worth import RECALLED_FULL
from schemas.requests import Context, Feedback, Get, Profile, Recall, Recent, Request, State
from tests.unit.workers.fakes import HOME, NOW, House
from workers import using
from workers.changing import Changing
from workers.using import Using


class Used:
    """A house of which it is counted what its answers tell."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.changing = Changing()
        self.using = Using(house.store, self.changing)

    async def ask(self, request: Request, scope: Scope = HOME) -> None:
        self.using.note(scope.tenant, request, await self.house.ask(request, scope))

    async def recalled(self) -> dict[str, int]:
        below = scoped(replace(HOME, below=True), EVERYTHING, None)
        return {each.text: each.recalled for each in await self.house.store.page(below, 1000)}


@pytest.fixture
def used(house: House) -> Used:
    return Used(house)


async def test_it_is_counted_how_many_answers_told_a_memory(house: House, used: Used) -> None:
    await house.remember(1, "tea in the morning", importance=0.5, judged=True)
    await house.remember(2, "a bicycle", entity="home7/ana")
    for request in (Recall(text="tea"), Recall(text="tea"), Context(text="tea")):
        await used.ask(request)
    await used.ask(Recall(text="bicycle", limit=1), replace(HOME, below=True))
    assert await used.recalled() == {"tea in the morning": 0, "a bicycle": 0}, "not written yet"
    await used.using.settle()
    assert await used.recalled() == {"tea in the morning": 3, "a bicycle": 1}
    await used.ask(Recall(text="tea"))
    await used.using.settle()
    await used.using.settle()
    assert await used.recalled() == {"tea in the morning": 4, "a bicycle": 1}
    assert used.using.counters == {"uses_counted": 5}


async def test_who_lists_names_or_rates_memories_had_none_told(house: House, used: Used) -> None:
    memory = await house.remember(1, "tea", kind="preference", attribute="drink")
    for request in (Recent(), Get(memories=[memory.id]), Profile(), State()):
        await used.ask(request)
    matches = await house.ask(Recall(text="tea"))
    used.using.note(HOME.tenant, Feedback(memory=memory.id, useful=True), matches)
    await used.using.settle()
    assert await used.recalled() == {"tea": 0}


async def test_where_the_device_gave_its_importance_and_past_the_last_that_counts_nothing_is_written(
    house: House, used: Used
) -> None:
    await house.remember(1, "tea one", importance=0.5)
    await house.remember(2, "tea two", recalled=RECALLED_FULL - 1)
    for _ in range(3):
        await used.ask(Recall(text="tea"))
    await used.using.settle()
    assert await used.recalled() == {"tea one": 0, "tea two": RECALLED_FULL}


async def test_what_was_forgotten_meanwhile_stays_forgotten_and_what_else_changed_stays(
    house: House, used: Used
) -> None:
    gone, kept = await house.remember(1, "tea one"), await house.remember(2, "tea two")
    await used.ask(Recall(text="tea"))
    async with used.changing.of(HOME.tenant):
        settling = asyncio.create_task(used.using.settle())
        await asyncio.sleep(0)
        await house.store.forget([gone.id], NOW)
        await house.store.revise([replace(kept, votes={"phone": True}, seen=7)])
        assert not settling.done(), "it waits for the tenant's turn"
    await settling
    assert await house.store.page(scoped(HOME, EVERYTHING, None), 9) == [
        replace(kept, votes={"phone": True}, seen=7, recalled=1)
    ]


async def test_between_two_writings_so_many_memories_are_counted_and_no_more(
    house: House, used: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(using, "WAITING_MAX", 2)
    for number in range(4):
        await house.remember(number, f"tea {number}")
    for _ in range(2):
        await used.ask(Recall(text="tea"))
    await used.using.settle()
    assert sorted((await used.recalled()).values()) == [0, 0, 2, 2]
    assert used.using.counters == {"uses_counted": 4, "uses_uncounted": 4}
    await used.ask(Recall(text="tea"))
    await used.using.settle()
    assert sum((await used.recalled()).values()) == 6, "afterwards there is room again"


async def test_many_are_written_together(house: House, used: Used) -> None:
    for number in range(100):
        await house.remember(number, f"tea {number}")
    await used.ask(Recall(text="tea", limit=100))
    await used.using.settle()
    assert list((await used.recalled()).values()) == [1] * 100


async def test_while_the_store_is_away_counts_are_let_go(
    house: House, used: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.remember(1, "tea")
    await used.ask(Recall(text="tea"))

    async def away(*_: object) -> None:
        raise StoreError("away", hint="wait")

    with monkeypatch.context() as patched:
        patched.setattr(house.store, "reinforce", away)
        await used.using.settle()
    await used.using.settle()
    assert await used.recalled() == {"tea": 0}
    assert used.using.counters == {"uses_uncounted": 1}


async def test_it_writes_now_and_then(house: House, used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(using, "WRITE_EVERY_S", 0.001)
    await house.remember(1, "tea")
    await used.ask(Recall(text="tea"))
    running = asyncio.create_task(used.using.run())
    async with asyncio.timeout(10):
        while await used.recalled() != {"tea": 1}:
            await asyncio.sleep(0.001)
    running.cancel()
