"""workers/merging.py"""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from memory.conditions import EVERYTHING, scoped
from memory.errors import StoreError
from memory.ledger import Entry, Ledger
from memory.records import Memory, Scope
from memory.repeats import Rule
from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, a_memory, put
from workers.batch import Batch
from workers.intake import Accepted
from workers.merging import Merging

HOME = Scope("acme", "home7", below=True)
NOON = 1_700_049_600.0


class World:
    """What ingest does with a batch, without embedding: drop what is known, decide, store, accept."""

    def __init__(self, directory: Path) -> None:
        self.store = TwinStore()
        self.ledger = Ledger(directory / "ledger.sqlite3")
        self.merging = self.restarted()

    def restarted(self, bytes_max: int = 10**9) -> Merging:
        """What a new process begins with."""
        self.merging = Merging(self.ledger, self.store, lambda _memory: Rule(), 1000.0, bytes_max)
        return self.merging

    async def observe(self, *observed: Memory, stored: bool = True) -> Batch:
        known = (await self.store.known([each.id for each in observed])).stored
        fresh = {each.id: Accepted(each, False, {}) for each in observed if each.id not in known}
        batch = Batch([], [], fresh)
        self.merging.likely(batch)
        await self.merging.decide(batch)
        if stored:
            await put(self.store, *(taken.memory for taken in batch.fresh.values()))
            self.merging.accept(batch)
        return batch

    async def seen(self) -> dict[str, int]:
        found = await self.store.newest(scoped(HOME, EVERYTHING, None), 100)
        return {memory.text: memory.seen for memory in found}


@pytest.fixture
async def world(tmp_path: Path) -> Any:
    made = World(tmp_path)
    await made.store.open(IDENTITY)
    yield made
    made.ledger.close()


def said(text: str = "the bell rang", **fields: Any) -> Memory:
    return a_memory(**{"text": text, "kind": "event", "at": NOON, "id": str(uuid4()), **fields})


async def test_a_repeat_is_counted_where_it_was_said_first(world: World) -> None:
    first, again, other = said(), said(at=NOON + 9), said("the bell broke")
    batch = await world.observe(first, again, other)
    assert list(batch.fresh) == [first.id, other.id]
    later = await world.observe(said(at=NOON + 20))
    assert [merged.memory for merged in later.merged.values()] == [first.id]
    await world.merging.write()
    [kept] = [each for each in await world.store.newest(scoped(HOME, EVERYTHING, None), 9) if each.seen > 1]
    assert (kept.id, kept.seen, kept.first, kept.at) == (first.id, 3, NOON, NOON + 20)


async def test_a_state_that_comes_with_a_tag_is_not_counted_across_another_state(world: World) -> None:
    def door(value: str, minute: int, *tags: str) -> Memory:
        text = f"door {value}"
        return said(text, value=value, attribute="door", at=NOON + 60 * minute, tags=[*tags])

    observed = [door("open", 0, "alert"), door("closed", 1), door("open", 2, "alert"), door("closed", 3)]
    for each in observed:
        batch = await world.observe(each)
        assert list(batch.fresh) == [each.id]
    batch = await world.observe(door("closed", 4))
    assert [merged.memory for merged in batch.merged.values()] == [observed[-1].id]


async def test_a_resend_is_known_and_counted_once_before_and_after_a_restart(world: World) -> None:
    again = said(at=NOON + 9)
    await world.observe(said(), again)
    for _ in range(2):
        batch = await world.observe(again)
        assert [merged.is_resend for merged in batch.merged.values()] == [True]
        await world.merging.write()
        world.restarted()
    assert await world.seen() == {"the bell rang": 2}


async def test_what_was_stored_before_a_restart_is_repeated_after_it(world: World) -> None:
    await world.observe(said())
    await world.merging.write()
    world.restarted()
    await world.observe(said(at=NOON + 1))
    await world.merging.write()
    assert await world.seen() == {"the bell rang": 2}


async def test_a_ledger_without_room_knows_resends_of_what_was_merged_last(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [str(UUID(int=number)) for number in range(9_000)]
    for start in range(0, len(ids), 1_000):
        some = ids[start : start + 1_000]
        world.ledger.write(Entry(merged=dict.fromkeys(some, ids[0])), now=NOON + start)
    room = world.ledger.bytes_used() // 2
    await world.merging.prune(NOON)
    assert len(world.ledger.merged(ids)) == 9_000
    assert not caplog.messages
    await world.restarted(room).prune(NOON)
    known = [*world.ledger.merged(ids)]
    assert 0 < len(known) <= 6_000
    assert set(known) == set(ids[-len(known) :])
    assert world.ledger.bytes_used() <= room
    assert "ledger_bytes_max" in caplog.text
    await world.restarted(1).prune(NOON)
    assert not world.ledger.merged(ids), "there is nothing else to drop, and it ends"


async def test_killed_before_the_ledger_is_written_the_resend_counts(world: World) -> None:
    again = said(at=NOON + 9)
    await world.observe(said())
    await world.merging.write()
    await world.observe(again)
    world.restarted()
    await world.observe(again)
    await world.merging.write()
    assert await world.seen() == {"the bell rang": 2}


async def test_killed_between_ledger_and_store_the_store_is_told_at_the_start(world: World) -> None:
    await world.observe(said())
    await world.merging.write()
    again = said(at=NOON + 9)
    await world.observe(again)
    await world.store.close()
    with pytest.raises(StoreError):
        await world.merging.write()
    await world.store.open(IDENTITY)
    world.restarted()
    assert await world.seen() == {"the bell rang": 1}
    await world.merging.recover()
    assert await world.seen() == {"the bell rang": 2}
    await world.observe(again)
    await world.merging.write()
    assert await world.seen() == {"the bell rang": 2}
    assert world.ledger.untold() != []  # noted with what is written next
    await world.observe(said("another"))
    await world.merging.write()
    assert world.ledger.untold() == []


async def test_a_power_cut_that_took_the_memory_leaves_its_repeats_to_begin_anew(world: World) -> None:
    first, again = said(), said(at=NOON + 9)
    await world.observe(first, again)
    await world.merging.write()
    world.store = TwinStore()
    await world.store.open(IDENTITY)
    world.restarted()
    batch = await world.observe(again, first)
    assert list(batch.fresh) == [again.id]
    await world.merging.write()
    assert await world.seen() == {"the bell rang": 2}


async def test_nothing_is_counted_in_what_was_forgotten_nor_comes_back_by_it(world: World) -> None:
    first, again = said(), said(at=NOON + 9)
    await world.observe(first, again)
    await world.merging.write()
    await world.store.forget([first.id], NOON)
    batch = await world.observe(again)
    assert list(batch.refused) == [again.id]
    batch = await world.observe(said(at=NOON + 20))
    assert len(batch.fresh) == 1
    assert await world.seen() == {"the bell rang": 1}


async def test_what_says_something_else_now_is_repeated_no_more(world: World) -> None:
    first = said()
    await world.observe(first)
    await world.merging.write()
    another = Ledger(world.ledger._sqlite._file)
    another.let_go([first.id])
    another.close()
    assert len((await world.observe(said(at=NOON + 9))).fresh) == 1


async def test_a_state_goes_on_until_it_changes(world: World) -> None:
    states = [
        said(f"door {value}", attribute="door", value=value, at=NOON + n)
        for n, value in enumerate(["open", "open", "closed", "open", "open"])
    ]
    batch = await world.observe(*states)
    assert list(batch.fresh) == [states[0].id, states[2].id, states[3].id]
    await world.merging.write()
    found = await world.store.newest(scoped(HOME, EVERYTHING, None), 9, oldest_first=True)
    assert [(each.value, each.seen, each.at - NOON) for each in found] == [
        ("open", 2, 1), ("closed", 1, 2), ("open", 2, 4),
    ]  # fmt: skip


async def test_what_a_changed_state_had_been_is_still_told(world: World) -> None:
    one, again = (
        said("door open", attribute="door", value="open"),
        said("door open", attribute="door", value="open", at=NOON + 1),
    )
    await world.observe(one, again)
    await world.observe(said("door closed", attribute="door", value="closed", at=NOON + 2))
    await world.merging.write()
    assert await world.seen() == {"door open": 2, "door closed": 1}


async def test_what_was_not_stored_counts_nothing(world: World) -> None:
    first, again = said(), said(at=NOON + 9)
    batch = await world.observe(first, again, stored=False)
    batch.failed[first.id] = "a traceback"
    world.merging.accept(batch)
    await world.merging.write()
    assert world.ledger.merged([again.id]) == {}
    assert len((await world.observe(again)).fresh) == 1


async def test_what_is_likely_is_known_without_looking(world: World) -> None:
    first, again, other = said(), said(at=NOON + 1), said("other")

    def likely(*observed: Memory) -> set[str]:
        return world.merging.likely(Batch([], [], {each.id: Accepted(each, False, {}) for each in observed}))

    assert likely(first, again, other) == {again.id}
    assert likely(again) == set()
    await world.observe(first)
    assert likely(again, other) == {again.id}


async def test_a_write_that_failed_is_made_good_by_the_next(world: World) -> None:
    await world.observe(said())
    await world.merging.write()
    await world.observe(said(at=NOON + 9))
    await world.store.close()
    with pytest.raises(StoreError):
        await world.merging.write()
    await world.store.open(IDENTITY)
    await world.observe(replace(said(at=NOON + 10)))
    await world.merging.write()
    assert await world.seen() == {"the bell rang": 3}
