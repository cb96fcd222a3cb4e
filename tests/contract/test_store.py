"""The contract of `memory.store.MemoryStore`, for every adapter alike."""

import math
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.conditions import EVERYTHING, Between, Equals, Filters, of_whole, scoped
from memory.errors import StoreError, StoreMismatch, StoreRefused
from memory.records import Known, Memory, Recalled, Repeated, Sample, Scope, Version, Words
from memory.store import FACET_VALUES_MAX, MemoryStore
from memory.store_twin import TwinStore
from memory.upkeep import Upkeep
from tests.contract.memories import (
    ALL,
    HOME,
    IDENTITY,
    LEXICON,
    NOW,
    Place,
    a_memory,
    embedded,
    exactly,
    numbered,
    put,
    read_matching,
    read_nearest,
    texts,
    toward,
)

HERE = scoped(HOME, EVERYTHING, NOW)


# Opening, closing, opening again
ANY = (Between("at", None, NOW),)


async def test_an_empty_store_finds_nothing(store: MemoryStore) -> None:
    assert await store.known([str(uuid4())]) == Known()
    assert await read_nearest(store, HERE, toward(0), 10) == []
    assert await store.vectors([str(uuid4())]) == {}
    assert await store.newest(HERE, 10) == []
    assert await store.extremes(HERE, 10, largest=True) == []
    assert await store.samples(HERE, 10) == []
    assert await store.count(HERE) == 0
    assert await store.count_by(HERE, "kind") == {}
    assert await store.points() == 0


async def test_closing_twice_is_harmless(store: MemoryStore) -> None:
    await store.close()
    await store.close()


@pytest.mark.parametrize("when", ["before it is opened", "after it is closed"])
async def test_a_store_that_is_not_open_says_so(place: Place, when: str) -> None:
    store = place()
    if when.startswith("after"):
        await store.open(IDENTITY)
        await store.close()
    asked = [
        lambda: store.known([]),
        lambda: store.upsert([]),
        lambda: store.forget([], NOW),
        store.erase,
        lambda: store.page(HERE, 1),
        lambda: store.samples(HERE, 1),
        lambda: store.extremes(HERE, 1, largest=True),
        lambda: store.revise([]),
        lambda: store.reinforce([]),
        lambda: store.remove([str(uuid4())]),
        lambda: store.kept(Upkeep(ANY), 1),
        store.flush,
        lambda: read_nearest(store, HERE, toward(0), 1),
        lambda: read_matching(store, HERE, HERE, Words(), 1),
        lambda: store.holding(HERE, [], 1),
        lambda: store.similarities(HERE, toward(0), []),
        lambda: store.newest(HERE, 1),
        lambda: store.vectors([]),
        lambda: store.count(HERE),
        lambda: store.count_by(HERE, "kind"),
        lambda: store.values(HERE, "kind"),
        store.points,
    ]
    for ask in asked:
        with pytest.raises(StoreError, match="not open") as refused:
            await ask()
        assert refused.value.hint == "open it first"


async def test_what_was_stored_is_there_after_a_restart(place: Place) -> None:
    memories = [a_memory(meta={"n": n}, tags=["kept"]) for n in range(20)]
    first = place()
    await first.open(IDENTITY)
    await put(first, *memories)
    await first.close()

    second = place()
    await second.open(IDENTITY)
    assert {exactly(memory) for memory in await second.newest(HERE, ALL)} == set(map(exactly, memories))
    assert await texts(second, Filters(meta={"n": 3}, tags=["kept"])) == {memories[3].text}
    await second.close()


@pytest.mark.parametrize(
    "change",
    [{"contract": 2}, {"model": "another/model"}, {"precision": "fp32"}, {"dimension": 8}],
    ids=lambda change: next(iter(change)),
)
async def test_another_identity_is_refused_and_both_are_named(place: Place, change: dict[str, Any]) -> None:
    first = place()
    await first.open(IDENTITY)
    await put(first, a_memory(text="still here"))
    await first.close()

    other = replace(IDENTITY, **change)
    with pytest.raises(StoreMismatch) as refused:
        await place().open(other)
    assert str(IDENTITY) in str(refused.value)
    assert str(other) in str(refused.value)
    assert "MEMBROKER_MODEL" in refused.value.hint

    again = place()
    await again.open(IDENTITY)
    assert await texts(again) == {"still here"}
    await again.close()


# Storing


async def test_known_are_the_stored_of_the_ids_whatever_their_tenant(store: MemoryStore) -> None:
    mine, theirs = a_memory(), a_memory(tenant="other")
    await put(store, mine, theirs)
    asked = [mine.id, theirs.id, str(uuid4()), "no uuid", ""]
    assert await store.known(asked) == Known(stored={mine.id, theirs.id})
    assert await store.known([]) == Known()


async def test_what_was_looked_up_is_looked_up_again_after_each_change(store: MemoryStore) -> None:
    """Ids are asked for over and over: an answer may be remembered, and must never be an old one."""
    memory, other = a_memory(text="the door is open"), a_memory(text="the door is shut")
    ids = [memory.id.upper(), memory.id, other.id]
    assert await store.known(ids) == Known()
    await put(store, memory)
    assert await store.known(ids) == Known({memory.id})
    await store.reinforce([Repeated(memory.id, 2, NOW - 9, NOW, None)])
    await store.revise([replace(memory, text="the door was open")])
    await store.flush()
    assert await store.known(ids) == Known({memory.id})
    await put(store, other)
    await store.forget([memory.id], NOW)
    assert await store.known(ids) == Known({other.id}, {memory.id})
    await store.remove([other.id.upper(), memory.id])
    assert await store.known(ids) == Known(forgotten={memory.id})
    await store.erase()
    assert await store.known(ids) == Known(forgotten={memory.id})
    await put(store, other)
    assert await store.known(ids) == Known({other.id}, {memory.id})


async def test_what_has_expired_is_not_found_though_nothing_had_a_moment_ago(store: MemoryStore) -> None:
    where = scoped(HOME, EVERYTHING, NOW)
    lasting = a_memory()
    await put(store, lasting)
    assert [each.id for each in await store.newest(where, ALL)] == [lasting.id]
    await put(store, a_memory(expires=NOW - 1))
    assert [each.id for each in await store.newest(where, ALL)] == [lasting.id]
    assert await store.count(where) == 1


async def test_the_values_there_are_are_looked_for_again_after_each_change(store: MemoryStore) -> None:
    everywhere = scoped(HOME, EVERYTHING, None)
    assert await store.values(everywhere, "device") == []
    await put(store, a_memory(device="bell"))
    assert await store.values(everywhere, "device") == ["bell"]
    await put(store, a_memory(device="door"), a_memory(entity="home8", device="theirs"))
    for _ in range(2):
        assert set(await store.values(everywhere, "device")) == {"bell", "door"}


async def test_a_known_id_takes_the_old_ones_place(store: MemoryStore) -> None:
    old = a_memory(text="old", tags=["was"], meta={"was": 1}, session="s1", expires=NOW - 1)
    await store.upsert([embedded(old, toward(90))])
    new = replace(old, text="new", tags=[], meta=None, session=None, expires=None)
    await store.upsert([embedded(new, toward(0))])

    assert await store.points() == 1
    [found] = await read_nearest(store, HERE, toward(0), 10)
    assert exactly(found.memory) == exactly(new)
    assert found.similarity == pytest.approx(1.0, abs=1e-3)
    for gone in (Filters(tags=["was"]), Filters(meta={"was": 1}), Filters(sessions=["s1"])):
        assert await texts(store, gone) == set()


async def test_a_memory_that_moves_is_gone_where_it_was(store: MemoryStore) -> None:
    memory = a_memory()
    await put(store, memory)
    await put(store, replace(memory, entity="home8"))
    assert await texts(store) == set()
    assert await texts(store, scope=Scope("acme", "home8")) == {memory.text}


async def test_of_one_id_twice_in_a_batch_the_last_is_stored(store: MemoryStore) -> None:
    memory = a_memory(text="first", kind="a")
    last = replace(memory, text="last", kind="b")
    await store.upsert([embedded(memory, toward(0)), embedded(last, toward(60))])
    assert await store.points() == 1
    [found] = await read_nearest(store, HERE, toward(60), 10)
    assert found.memory.text == "last"
    assert found.similarity == pytest.approx(1.0, abs=1e-3)
    assert await store.count_by(HERE, "kind") == {"b": 1}


async def test_a_batch_of_none_stores_none(store: MemoryStore) -> None:
    await store.upsert([])
    assert await store.points() == 0


async def test_a_large_batch_is_stored_whole(store: MemoryStore) -> None:
    memories = [a_memory(session=f"s{n}") for n in range(2_000)]
    await put(store, *memories)
    await store.flush()
    assert await store.points() == await store.count(HERE) == 2_000
    assert len((await store.known([memory.id for memory in memories])).stored) == 2_000
    assert len(await store.count_by(HERE, "session")) == FACET_VALUES_MAX
    assert len(await store.values(HERE, "session")) == FACET_VALUES_MAX


@pytest.mark.parametrize(
    ("vector", "fault"),
    [
        (np.array([1, 0, math.nan, 0], dtype=np.float32), "NaN or infinity"),
        (np.array([1, 0, math.inf, 0], dtype=np.float32), "NaN or infinity"),
        (np.array([1, 0, 0], dtype=np.float32), "shape"),
        (np.array([[1, 0, 0, 0]], dtype=np.float32), "shape"),
    ],
    ids=["nan", "infinity", "too-short", "two-dimensional"],
)
async def test_a_doubtful_vector_is_refused_with_its_batch_and_harms_nothing(
    place: Place, vector: Any, fault: str
) -> None:
    store = place()
    await store.open(IDENTITY)
    await put(store, a_memory(text="before"))
    bad = a_memory(text="bad")
    with pytest.raises(StoreRefused, match=fault) as refused:
        await store.upsert([embedded(a_memory(text="beside"), toward(0)), embedded(bad, vector)])
    assert bad.id in str(refused.value)
    assert await texts(store) == {"before"}
    await put(store, a_memory(text="after"))
    await store.close()

    again = place()
    await again.open(IDENTITY)
    assert await texts(again) == {"before", "after"}
    await again.close()


async def test_what_is_stored_does_not_change_with_what_was_given(store: MemoryStore) -> None:
    memory = a_memory(tags=["kept"], meta={"list": [1]})
    before = exactly(memory)
    await put(store, memory)
    memory.tags.append("later")
    assert memory.meta is not None
    memory.meta["list"].append(2)
    [found] = await store.newest(HERE, 1)
    assert exactly(found) == before


# Forgetting


async def test_what_is_forgotten_is_found_by_nothing_and_known_as_forgotten(store: MemoryStore) -> None:
    mine, kept = a_memory(tags=["x"], session="s"), a_memory()
    await put(store, mine, kept)
    await store.forget([mine.id], NOW)
    assert await texts(store) == {kept.text}
    assert await texts(store, Filters(ids=[mine.id])) == set()
    assert await store.page(HERE, 10) == [kept]
    assert await store.count_by(HERE, "session") == {}
    assert await store.known([mine.id, kept.id]) == Known({kept.id}, {mine.id})


async def test_forgetting_lasts_past_a_restart(place: Place) -> None:
    first = place()
    await first.open(IDENTITY)
    memories = [a_memory() for _ in range(200)]
    await put(first, *memories)
    await first.forget([memory.id for memory in memories[:150]], NOW)
    await first.close()

    again = place()
    await again.open(IDENTITY)
    assert await texts(again) == {memory.text for memory in memories[150:]}
    assert len((await again.known([memory.id for memory in memories])).forgotten) == 150
    await again.close()


async def test_forgetting_none_or_twice_is_harmless(store: MemoryStore) -> None:
    memory = a_memory()
    await put(store, memory)
    await store.forget([], NOW)
    assert await texts(store) == {memory.text}
    await store.forget([memory.id], NOW)
    await store.forget([memory.id], NOW + 1)
    assert await texts(store) == set()


async def test_erasing_keeps_everything_but_what_was_forgotten(store: MemoryStore) -> None:
    memories = [a_memory(value=n, meta={"n": n}, tags=[f"t{n % 3}"]) for n in range(300)]
    await put(store, *memories)
    gone = [memory.id for memory in memories[::2]]
    await store.forget(gone, NOW)
    await store.erase()
    assert not store.erase_due
    kept = {exactly(memory) for memory in memories[1::2]}
    assert {exactly(memory) for memory in await store.newest(HERE, ALL)} == kept
    assert await texts(store, Filters(tags=["t1"])) == {memory.text for memory in memories[1::6]}
    assert (await store.known(gone)).forgotten == set(gone)
    [nearest] = await read_nearest(store, HERE, toward(0), 1)
    assert nearest.similarity == pytest.approx(1.0, abs=1e-3)


# Page by page


async def test_what_is_removed_leaves_no_trace_and_may_come_again(store: MemoryStore) -> None:
    kept, gone = a_memory(text="the cat"), a_memory(text="the dog", session="s1", value=1)
    await put(store, kept, gone)
    await store.remove([gone.id])
    assert await texts(store) == {"the cat"}
    assert await read_matching(store, HERE, HERE, LEXICON.query("dog"), 9) == []
    assert await store.vectors([gone.id]) == {}
    assert await store.known([kept.id, gone.id]) == Known({kept.id})
    assert await store.points() == 1
    await put(store, gone)
    assert await texts(store) == {"the cat", "the dog"}


async def test_removing_lasts_past_a_restart(place: Place) -> None:
    first = place()
    await first.open(IDENTITY)
    memories = [a_memory() for _ in range(300)]
    await put(first, *memories)
    await first.remove([memory.id for memory in memories[:200]])
    await first.close()
    second = place()
    await second.open(IDENTITY)
    assert await texts(second) == {memory.text for memory in memories[200:]}
    assert await second.points() == 100
    await second.close()


async def test_a_tombstone_is_not_removed(store: MemoryStore) -> None:
    kept, gone = a_memory(), a_memory()
    await put(store, kept, gone)
    await store.forget([gone.id], NOW)
    await store.remove([gone.id, str(uuid4()), "no id"])
    await store.remove([])
    assert await store.known([kept.id, gone.id]) == Known({kept.id}, {gone.id})
    assert await store.points() == 2


async def test_a_caretaker_sees_whole_tenants_page_by_page(store: MemoryStore) -> None:
    ours = [a_memory(entity=f"room-{n % 7}/shelf") for n in range(30)]
    theirs = [a_memory(tenant="other") for _ in range(30)]
    await put(store, *ours, *theirs)
    await store.forget([ours.pop().id], NOW)

    async def seen(upkeep: Upkeep) -> set[str]:
        found: list[str] = []
        while page := await store.kept(upkeep, 4, found[-1] if found else None):
            found += [memory.id for memory in page]
        assert len(found) == len(set(found))
        return set(found)

    assert await seen(Upkeep((of_whole("acme"),))) == {memory.id for memory in ours}
    assert await seen(Upkeep(ANY, (of_whole("acme"), of_whole("a")))) == {memory.id for memory in theirs}
    assert await seen(Upkeep(ANY)) == {memory.id for memory in (*ours, *theirs)}
    old = Between("at", None, ours[10].at)
    assert await seen(Upkeep((of_whole("acme"), old))) == {each.id for each in ours if each.at <= ours[10].at}
    assert await seen(Upkeep((old,), (of_whole("acme"),))) == {each.id for each in theirs}


async def test_a_page_of_a_caretaker_goes_on_after_a_memory_that_is_removed(store: MemoryStore) -> None:
    await put(store, *(a_memory() for _ in range(10)))
    whole = Upkeep((of_whole("acme"),))
    first = await store.kept(whole, 4)
    await store.remove([memory.id for memory in first])
    rest = await store.kept(whole, 10, first[-1].id)
    assert len(rest) == 6
    assert {memory.id for memory in rest} == {memory.id for memory in await store.kept(whole, 10)}


async def test_pages_give_each_memory_once(store: MemoryStore) -> None:
    memories = [a_memory() for _ in range(25)]
    await put(store, *memories, a_memory(tenant="other"))
    pages: list[list[Memory]] = [await store.page(HERE, 10)]
    while pages[-1]:
        pages.append(await store.page(HERE, 10, after=pages[-1][-1].id))
    assert [len(page) for page in pages] == [10, 10, 5, 0]
    together = [memory.id for page in pages for memory in page]
    assert together == sorted(memory.id for memory in memories)


async def test_a_page_goes_on_after_a_memory_that_is_gone(store: MemoryStore) -> None:
    memories = sorted((a_memory() for _ in range(9)), key=lambda memory: memory.id)
    await put(store, *memories)
    await store.forget([memories[3].id], NOW)
    assert [memory.id for memory in await store.page(HERE, 3, after=memories[3].id)] == [
        memory.id for memory in memories[4:7]
    ]


# What was measured

NUMBERS = [21.5, -3, 0, 2**53 + 2, -0.25, 1e300]
NO_NUMBERS = [True, False, "21.5", "", None]


async def test_extremes_are_by_the_number_measured_and_cut_at_the_limit(store: MemoryStore) -> None:
    await put(store, *(a_memory(value=value) for value in (*NUMBERS, *NO_NUMBERS)))
    await put(store, a_memory(value=1e301, tenant="other"), a_memory(value=-1e301, expires=NOW))
    largest = [memory.value for memory in await store.extremes(HERE, 100, largest=True)]
    assert largest == sorted(NUMBERS, reverse=True)
    assert [memory.value for memory in await store.extremes(HERE, 2, largest=True)] == largest[:2]
    smallest = [memory.value for memory in await store.extremes(HERE, 100, largest=False)]
    assert smallest == sorted(NUMBERS)
    assert [type(value) for value in smallest] == [type(value) for value in sorted(NUMBERS)]


async def test_what_measures_another_number_stands_by_that(store: MemoryStore) -> None:
    memory, other, off = a_memory(value=1), a_memory(value=2), a_memory(value=9)
    await put(store, memory, other, off)
    await put(store, replace(memory, value=3), replace(off, value="off"))
    assert [each.value for each in await store.extremes(HERE, 9, largest=True)] == [3, 2]


async def test_samples_give_what_each_measured_once_page_by_page(store: MemoryStore) -> None:
    memories = [a_memory(value=value, at=0.5 + n) for n, value in enumerate(NUMBERS * 5 + NO_NUMBERS)]
    elsewhere = [a_memory(value=1, tenant="other"), a_memory(value=1, expires=NOW)]
    await put(store, *memories, *(a_memory() for _ in range(20)), *elsewhere)
    pages = [await store.samples(HERE, 10)]
    while pages[-1]:
        pages.append(await store.samples(HERE, 10, after=pages[-1][-1].id))
    assert [len(page) for page in pages] == [10, 10, 10, 4, 0]
    measured = sorted((each for each in memories if each.value is not None), key=lambda each: each.id)
    assert [(each, type(each.value)) for page in pages for each in page] == [
        (Sample(each.id, each.entity, each.device, each.at, each.value, each.received), type(each.value))
        for each in measured
        if each.value is not None
    ]


# Revising


async def test_what_is_revised_is_found_as_it_now_is_by_every_search(store: MemoryStore) -> None:
    old = a_memory(text="the boiler", tags=["was"], meta={"was": 1}, session="s1", value=1, importance=0.5)
    await store.upsert([embedded(old, toward(30)), embedded(a_memory(text="beside", value=5), toward(80))])
    new = replace(old, tags=[], meta=None, session=None, value=9, importance=0.75, expires=NOW + 1)
    await store.revise([new])
    [nearest] = await read_nearest(store, HERE, toward(30), 1)
    assert exactly(nearest.memory) == exactly(new)
    assert nearest.similarity == pytest.approx(1.0, abs=1e-3)
    [boiler] = await read_matching(store, HERE, HERE, LEXICON.query("boiler"), 9)
    assert exactly(boiler.memory) == exactly(new)
    [largest] = await store.extremes(HERE, 1, largest=True)
    assert exactly(largest) == exactly(new)
    for gone in (Filters(tags=["was"]), Filters(meta={"was": 1}), Filters(sessions=["s1"])):
        assert await texts(store, gone) == set()
    assert await texts(store, now=NOW + 1) == {"beside"}


async def test_votes_are_kept_in_the_order_in_which_they_were_given(store: MemoryStore) -> None:
    memory = a_memory()
    await put(store, memory)
    for votes in ({"zoe": True, "ana": False, "Ben.2": True}, {"ana": False, "zoe": False}, {}):
        await store.revise([replace(memory, votes=votes)])
        [found] = await store.page(HERE, 1)
        assert list(found.votes.items()) == list(votes.items())


async def test_what_is_not_there_is_not_revised_into_being(store: MemoryStore) -> None:
    kept, gone, never = a_memory(), a_memory(), a_memory()
    theirs = a_memory(tenant="other")
    await put(store, kept, gone, theirs)
    await store.forget([gone.id], NOW)
    await store.revise([])
    await store.revise([replace(gone, importance=1.0), never, replace(kept, importance=1.0)])
    await store.revise([replace(theirs, tenant=HOME.tenant)])
    assert await store.page(HERE, 10) == [replace(kept, importance=1.0)]
    assert await store.known([gone.id, never.id]) == Known(forgotten={gone.id})
    assert await store.points() == 3


async def test_many_are_revised_and_stay_so_past_a_restart(place: Place) -> None:
    first = place()
    await first.open(IDENTITY)
    memories = [a_memory() for _ in range(300)]
    await put(first, *memories)
    await first.revise([replace(memory, seen=2) for memory in memories[:290]])
    await first.close()
    again = place()
    await again.open(IDENTITY)
    found = [memory.seen for memory in await again.page(HERE, ALL)]
    assert (found.count(2), found.count(1)) == (290, 10)
    await again.close()


async def test_what_was_said_again_is_counted_and_timed_and_else_the_same(store: MemoryStore) -> None:
    one, other = a_memory(text="the bell rang", at=NOW - 50, value=3), a_memory(at=NOW - 40)
    await put(store, one, other)
    await store.reinforce([Repeated(one.id, seen=4, first=NOW - 50, at=NOW - 10, expires=None)])
    assert await store.newest(HERE, 9) == [replace(one, seen=4, first=NOW - 50, at=NOW - 10), other]
    assert await store.newest(scoped(HOME, Filters(since=NOW - 11), NOW), 9) != []
    [sample] = await store.samples(HERE, 9)
    assert (sample.seen, sample.first, sample.at) == (4, NOW - 50, NOW - 10)
    await store.reinforce([Repeated(one.id, seen=5, first=NOW - 50, at=NOW - 9, expires=NOW)])
    assert await store.newest(HERE, 9) == [other]


async def test_how_often_a_memory_was_told_is_counted_and_else_it_is_the_same(store: MemoryStore) -> None:
    one, other = a_memory(value=3, importance=0.4, judged=True, votes={"p": True}), a_memory(at=NOW - 40)
    await put(store, one, other)
    await store.reinforce([Recalled(one.id, 4), Repeated(one.id, 2, first=1.0, at=NOW - 10, expires=None)])
    told = replace(one, recalled=4, seen=2, first=1.0, at=NOW - 10)
    assert await store.newest(HERE, 9) == [told, other]
    [sample] = await store.samples(HERE, 9)
    assert (sample.recalled, sample.judged, sample.votes) == (4, True, {"p": True})
    assert (sample.seen, sample.importance) == (2, 0.4)


async def test_what_is_not_there_is_not_counted_into_being(store: MemoryStore) -> None:
    kept, gone, never = a_memory(at=1), a_memory(), a_memory()
    await put(store, kept, gone)
    await store.forget([gone.id], NOW)
    await store.reinforce([])
    await store.reinforce([Repeated(each.id, 2, 1.0, 2.0, None) for each in (gone, never, kept)])
    await store.reinforce([Recalled(each.id, 1) for each in (gone, never)])
    assert await store.page(HERE, 10) == [replace(kept, seen=2, first=1.0, at=2.0)]
    assert await store.known([gone.id, never.id]) == Known(forgotten={gone.id})
    assert await store.points() == 2


# What a memory is, it stays


WHOLE = a_memory(
    observation_id="o-1",
    value=21.5,
    unit="Cel",
    attribute="temperature",
    session="s1",
    seq=7,
    tags=["b", "a"],
    importance=0.25,
    expires=NOW + 1,
    meta={"room": "kitchen"},
    tier="summary",
    seen=3,
    sources=[str(uuid4())],
    judged=True,
    recalled=2,
    written=NOW - 5,
    written_by="kiosk-2",
    versions=[
        Version(kind="note", text="after the first", at=NOW - 9, by="kiosk-2", written=NOW - 8, tags=["a"]),
        Version(kind="note", text="first", at=NOW - 9, by="kiosk-1", written=NOW - 9, value=1, meta={"n": 1}),
    ],
)

ROUND_TRIPS: dict[str, dict[str, Any]] = {
    "nothing optional": {},
    "everything": {name: getattr(WHOLE, name) for name in WHOLE.__slots__ if name != "id"},
    "largest integers": {"value": 2**63 - 1, "seq": 2**63 - 1, "observation_id": 2**63 - 1},
    "smallest integer": {"value": -(2**63), "observation_id": -(2**63)},
    "zeros and empties": {"value": 0, "seq": 0, "importance": 0.0, "observation_id": 0, "meta": {}},
    "integer 1": {"value": 1, "meta": {"v": 1}},
    "float 1.0": {"value": 1.0, "meta": {"v": 1.0}},
    "true": {"value": True, "meta": {"v": True}},
    "false": {"value": False, "meta": {"v": False}},
    "text 1": {"value": "1", "meta": {"v": "1"}},
    "text of no letters": {"value": "", "text": " "},
    "float with all its digits": {"value": 0.1 + 0.2, "at": 1_760_000_000.1234567, "received": 1e-300},
    "largest float": {"value": 1.7976931348623157e308},
    "before 1970": {"at": -1.5},
    "nested meta": {"meta": {"a.b": {"c[0]": [1, 1.0, True, None, {"d": []}]}, "": {}, "n": None}},
    "meta named like our own fields": {"meta": {"tenant": "other", "within": ["x"], "at": 0}},
    "unicode": {"text": "höme 家 🦊 e\u0301", "device": "küche", "tags": ["家", "🦊"]},
    "control characters": {"text": "\x00\x01\x1f\x7f\u2028\ufeff\r\n\t", "session": "\x00", "unit": "\\\"'"},
    "text like a uuid": {"session": "550e8400-e29b-41d4-a716-446655440000"},
    "text like a date": {"session": "2024-01-01T00:00:00Z", "value": "1e5"},
    "longest text": {"text": "ü" * 4096},
}


@pytest.mark.parametrize("changes", ROUND_TRIPS.values(), ids=ROUND_TRIPS.keys())
async def test_every_field_comes_back_exactly(store: MemoryStore, changes: dict[str, Any]) -> None:
    memory = a_memory(**changes)
    await put(store, memory)
    where = scoped(Scope(memory.tenant, memory.entity), EVERYTHING, NOW)
    [newest] = await store.newest(where, 1)
    [nearest] = await read_nearest(store, where, toward(0), 1)
    assert exactly(newest) == exactly(nearest.memory) == exactly(memory)


# Whose a memory is


STORED_FOR = [
    ("acme", "home7"),
    ("acme", "home70"),
    ("acme", "Home7"),
    ("acme", "home"),
    ("acme", "home7/ana"),
    ("acme", "home7/anabel"),
    ("acme", "home7/ana/kitchen"),
    ("acme", "ana"),
    ("acme2", "home7"),
    ("acm", "home7/ana"),
    ("home7", "acme"),
]

SCOPES = {
    "an entity": (Scope("acme", "home7"), {"acme home7"}),
    "an entity below": (Scope("acme", "home7/ana"), {"acme home7/ana"}),
    "an entity and all below": (
        Scope("acme", "home7", below=True),
        {"acme home7", "acme home7/ana", "acme home7/anabel", "acme home7/ana/kitchen"},
    ),
    "a middle entity and all below": (
        Scope("acme", "home7/ana", below=True),
        {"acme home7/ana", "acme home7/ana/kitchen"},
    ),
    "a leaf and all below": (Scope("acme", "home7/ana/kitchen", below=True), {"acme home7/ana/kitchen"}),
    "the same entity of another tenant": (Scope("acme2", "home7", below=True), {"acme2 home7"}),
    "an entity nobody has": (Scope("acme", "home9", below=True), set()),
    "a tenant nobody is": (Scope("ac", "home7", below=True), set()),
    "a prefix that is no level": (Scope("acme", "hom", below=True), set()),
    "nothing": (Scope("", "", below=True), set()),
    "a wildcard": (Scope("acme", "#", below=True), set()),
}


@pytest.mark.parametrize(("scope", "expected"), SCOPES.values(), ids=SCOPES.keys())
async def test_a_scope_shows_its_own_and_no_others(
    store: MemoryStore, scope: Scope, expected: set[str]
) -> None:
    stored = [
        a_memory(tenant=tenant, entity=entity, text=f"{tenant} {entity}") for tenant, entity in STORED_FOR
    ]
    await put(store, *stored)
    assert await texts(store, scope=scope) == expected
    counted = await store.count_by(scoped(scope, EVERYTHING, NOW), "kind")
    assert sum(counted.values()) == len(expected)
    every_id = Filters(ids=[memory.id for memory in stored])
    assert await texts(store, every_id, scope=scope) == expected


async def test_many_tenants_each_see_their_own(store: MemoryStore) -> None:
    tenants = [f"tenant-{n}" for n in range(100)]
    await put(store, *(a_memory(tenant=tenant, text=f"{tenant} {n}") for n in range(3) for tenant in tenants))
    for tenant in tenants:
        own = await texts(store, scope=Scope(tenant, HOME.entity, below=True))
        assert own == {f"{tenant} {n}" for n in range(3)}
    assert await store.points() == 300


# What a request wants


FINE = 1_760_000_000.123456
META_KEY = "a.b \"c\" 'd' [0] = é"

FILTERS: dict[str, tuple[Filters, list[dict[str, Any]], list[dict[str, Any]]]] = {
    "since, the very instant": (
        Filters(since=FINE),
        [{"at": FINE}, {"at": math.nextafter(FINE, math.inf)}],
        [{"at": math.nextafter(FINE, 0)}],
    ),
    "until, the very instant": (
        Filters(until=FINE),
        [{"at": FINE}, {"at": math.nextafter(FINE, 0)}, {"at": -5.0}],
        [{"at": math.nextafter(FINE, math.inf)}],
    ),
    "since and until": (
        Filters(since=10, until=20),
        [{"at": 10.0}, {"at": 20.0}],
        [{"at": 9.9}, {"at": 20.1}],
    ),
    "since after until": (Filters(since=20, until=10), [], [{"at": 15.0}]),
    "one kind": (Filters(kinds=["fact"]), [{"kind": "fact"}], [{"kind": "facts"}, {"kind": "Fact"}]),
    "any of two kinds": (
        Filters(kinds=["fact", "routine"]),
        [{"kind": "fact"}, {"kind": "routine"}],
        [{"kind": "reading"}],
    ),
    "no kind at all": (Filters(kinds=[]), [], [{"kind": "fact"}]),
    "all of two tags": (
        Filters(tags=["a", "b"]),
        [{"tags": ["a", "b"]}, {"tags": ["c", "b", "a"]}],
        [{"tags": ["a"]}, {"tags": ["b"]}, {"tags": []}, {"tags": ["ab"]}],
    ),
    "devices": (
        Filters(devices=["k1", "k2"]),
        [{"device": "k1"}, {"device": "k2"}],
        [{"device": "k"}, {"device": "k12"}],
    ),
    "sessions": (
        Filters(sessions=["s1", "s2"]),
        [{"session": "s1"}, {"session": "s2"}],
        [{"session": "s"}, {"session": None}],
    ),
    "attribute": (
        Filters(attribute="temperature"),
        [{"attribute": "temperature"}],
        [{"attribute": "temp"}, {"attribute": None}],
    ),
    "tier": (Filters(tier="summary"), [{"tier": "summary"}], [{"tier": "raw"}]),
    "several conditions at once": (
        Filters(kinds=["fact"], tags=["a"], meta={"x": 1}, since=1),
        [{"kind": "fact", "tags": ["a"], "meta": {"x": 1}}],
        [
            {"kind": "fact", "tags": ["a"], "meta": {"x": 2}},
            {"kind": "fact", "tags": [], "meta": {"x": 1}},
            {"kind": "other", "tags": ["a"], "meta": {"x": 1}},
            {"kind": "fact", "tags": ["a"], "meta": {"x": 1}, "at": 0.5},
        ],
    ),
    "meta, all entries": (
        Filters(meta={"a": 1, "b": 2}),
        [{"meta": {"a": 1, "b": 2, "c": 3}}],
        [{"meta": {"a": 1}}, {"meta": {"a": 2, "b": 1}}, {"meta": None}, {"meta": {}}],
    ),
    "meta, numbers by value": (
        Filters(meta={"n": 1}),
        [{"meta": {"n": 1}}, {"meta": {"n": 1.0}}],
        [{"meta": {"n": True}}, {"meta": {"n": "1"}}, {"meta": {"n": 1.5}}, {"meta": {"n": [1]}}],
    ),
    "meta, a float": (
        Filters(meta={"n": 0.5}),
        [{"meta": {"n": 0.5}}],
        [{"meta": {"n": 5}}, {"meta": {"n": "0.5"}}],
    ),
    "meta, a large integer": (
        Filters(meta={"n": 2**63 - 1}),
        [{"meta": {"n": 2**63 - 1}}],
        [{"meta": {"n": 2**63 - 2}}, {"meta": {"n": float(2**63 - 1)}}],
    ),
    "meta, true": (
        Filters(meta={"n": True}),
        [{"meta": {"n": True}}],
        [{"meta": {"n": 1}}, {"meta": {"n": "true"}}, {"meta": {"n": False}}],
    ),
    "meta, null": (
        Filters(meta={"n": None}),
        [{"meta": {"n": None}}],
        [{"meta": {}}, {"meta": {"n": "null"}}],
    ),
    "meta, nested": (
        Filters(meta={"n": {"x": [1, {"y": 2.0}], "z": None}}),
        [{"meta": {"n": {"z": None, "x": [1.0, {"y": 2}]}}}],
        [{"meta": {"n": {"x": [1, {"y": 2.0}]}}}, {"meta": {"n": {"x": [{"y": 2}, 1], "z": None}}}],
    ),
    "meta, a key of dots, quotes and spaces": (
        Filters(meta={META_KEY: "v"}),
        [{"meta": {META_KEY: "v"}}],
        [{"meta": {"a": {"b": "v"}}}, {"meta": {META_KEY + " ": "v"}}],
    ),
    "unicode and control characters": (
        Filters(sessions=["\x00🦊\n"], tags=["家\u2028"], meta={"é": "\x1f"}),
        [{"session": "\x00🦊\n", "tags": ["家\u2028"], "meta": {"é": "\x1f"}}],
        [
            {"session": "🦊", "tags": ["家\u2028"], "meta": {"é": "\x1f"}},
            # Composed and decomposed letters are different bytes, so different keys.
            {"session": "\x00🦊\n", "tags": ["家\u2028"], "meta": {"e\u0301": "\x1f"}},
        ],
    ),
    "ids": (Filters(ids=[numbered(1), numbered(2)]), [{"id": numbered(1)}], [{"id": numbered(3)}]),
    "ids in another form": (
        Filters(ids=[numbered(1).upper(), numbered(2).replace("-", "")]),
        [{"id": numbered(1)}, {"id": numbered(2)}],
        [{"id": numbered(3)}],
    ),
    "ids of another tenant": (
        Filters(ids=[numbered(1), numbered(2)]),
        [{"id": numbered(1)}],
        [{"id": numbered(2), "tenant": "other"}],
    ),
    "ids that are none": (Filters(ids=["1", "no uuid", "", "\x00"]), [], [{"id": numbered(1)}]),
    "no id at all": (Filters(ids=[]), [], [{"id": numbered(1)}]),
    "nothing that is expired": (
        EVERYTHING,
        [{"expires": math.nextafter(NOW, math.inf)}, {"expires": None}, {"expires": NOW + 1e9}],
        [{"expires": NOW}, {"expires": NOW - 0.001}, {"expires": 0.0}],
    ),
    "ids of the expired": (Filters(ids=[numbered(1)]), [], [{"id": numbered(1), "expires": NOW - 1}]),
}


@pytest.mark.parametrize(("filters", "wanted", "unwanted"), FILTERS.values(), ids=FILTERS.keys())
async def test_a_filter_keeps_what_is_wanted_and_nothing_else(
    store: MemoryStore, filters: Filters, wanted: list[dict[str, Any]], unwanted: list[dict[str, Any]]
) -> None:
    kept = [a_memory(**changes) for changes in wanted]
    left = [a_memory(**changes) for changes in unwanted]
    await put(store, *left, *kept)
    assert await texts(store, filters) == {memory.text for memory in kept}


# In which order


async def test_nearest_is_by_cosine_similarity_and_cut_at_the_limit(store: MemoryStore) -> None:
    angles = [120, 0, 180, 45, 90]
    await store.upsert([embedded(a_memory(text=str(angle)), toward(angle)) for angle in angles])
    found = await read_nearest(store, HERE, toward(0), 10)
    assert [candidate.memory.text for candidate in found] == ["0", "45", "90", "120", "180"]
    expected = [math.cos(math.radians(angle)) for angle in sorted(angles)]
    assert [candidate.similarity for candidate in found] == pytest.approx(expected, abs=1e-3)
    assert [candidate.memory.text for candidate in await read_nearest(store, HERE, toward(170), 2)] == [
        "180",
        "120",
    ]


async def test_memories_are_read_by_id_as_they_are_now(store: MemoryStore) -> None:
    whole, other, gone, removed = a_memory(tags=["a"], value=21.5), a_memory(), a_memory(), a_memory()
    await put(store, whole, other, gone, removed)
    await store.forget([gone.id], NOW)
    await store.remove([removed.id])
    await store.reinforce([Repeated(other.id, 2, NOW - 9, NOW, None)])
    found = await store.memories([whole.id, other.id, gone.id, removed.id, str(uuid4())])
    assert found.keys() == {whole.id, other.id}
    assert exactly(found[whole.id]) == exactly(whole)
    assert found[other.id].seen == 2
    assert await store.memories([]) == {}


async def test_a_nearer_memory_of_another_home_takes_no_place(store: MemoryStore) -> None:
    await store.upsert([embedded(a_memory(entity="home8"), toward(0)) for _ in range(20)])
    await store.upsert([embedded(a_memory(text="mine"), toward(80))])
    assert [candidate.memory.text for candidate in await read_nearest(store, HERE, toward(0), 1)] == ["mine"]


async def test_what_has_expired_is_left_out_however_many_have(store: MemoryStore) -> None:
    await put(store, *(a_memory(text=f"kept {n}", expires=NOW + 1) for n in range(3)))
    for expired in (0, 1, 1200):
        await put(store, *(a_memory(text="over", expires=NOW - 1) for _ in range(expired)))
        await put(store, *(a_memory(text="theirs", entity="home8", expires=NOW - 1) for _ in range(expired)))
        assert await texts(store) == {"kept 0", "kept 1", "kept 2"}


async def test_each_thing_that_must_not_be_is_left_out_by_itself(store: MemoryStore) -> None:
    await put(store, a_memory(text="kept"), a_memory(kind="reading"), a_memory(expires=NOW - 1))
    where = replace(HERE, must_not=(*HERE.must_not, Equals("kind", "reading"), Equals("kind", "none")))
    assert [memory.text for memory in await store.newest(where, 10)] == ["kept"]
    assert await store.count(where) == 1


async def test_vectors_are_those_of_the_memories_that_are_there(store: MemoryStore) -> None:
    near, far, gone = a_memory(), a_memory(), a_memory()
    await store.upsert([embedded(near, toward(10)), embedded(far, toward(80)), embedded(gone, toward(20))])
    await store.forget([gone.id], NOW)
    found = await store.vectors([far.id, near.id, gone.id, str(uuid4()), "no id"])
    assert found.keys() == {near.id, far.id}
    assert float(found[near.id] @ toward(10)) == pytest.approx(1.0, abs=1e-3)
    assert float(found[near.id] @ found[far.id]) == pytest.approx(math.cos(math.radians(70)), abs=1e-3)
    assert await store.vectors([]) == {}


async def test_newest_is_by_at_and_cut_at_the_limit(store: MemoryStore) -> None:
    times = [5.0, -1.0, FINE, math.nextafter(FINE, math.inf), 0.5, 3.25]
    await put(store, *(a_memory(at=at) for at in times))
    assert [memory.at for memory in await store.newest(HERE, 10)] == sorted(times, reverse=True)
    assert [memory.at for memory in await store.newest(HERE, 10, oldest_first=True)] == sorted(times)
    assert [memory.at for memory in await store.newest(HERE, 1)] == [max(times)]
    assert [memory.at for memory in await store.newest(HERE, 2, oldest_first=True)] == sorted(times)[:2]


async def test_memories_of_one_instant_are_all_listed(store: MemoryStore) -> None:
    await put(store, *(a_memory(at=7.0, text=str(n)) for n in range(30)))
    assert await texts(store) == {str(n) for n in range(30)}
    assert len(await store.newest(HERE, 12)) == 12


# How many


async def test_count_by_counts_each_value_of_the_scope_alone(store: MemoryStore) -> None:
    devices = [f"kiosk-{n}" for n in range(25)]
    await put(store, *(a_memory(device=device) for n, device in enumerate(devices) for _ in range(n + 1)))
    await put(store, a_memory(device="elsewhere", entity="home70"), a_memory(device="gone", expires=NOW - 1))
    assert await store.count_by(HERE, "device") == {device: n + 1 for n, device in enumerate(devices)}
    assert set(await store.values(HERE, "device")) == set(devices)
    assert await store.values(scoped(Scope("nobody", "home7"), EVERYTHING, NOW), "device") == []


async def test_count_by_leaves_out_what_has_no_value_and_counts_each_of_several(store: MemoryStore) -> None:
    await put(
        store,
        a_memory(tags=["a", "b"], attribute="temperature"),
        a_memory(tags=["a", "家 \x01"], attribute="temperature"),
        a_memory(tier="summary"),
    )
    assert await store.count_by(HERE, "tags") == {"a": 2, "b": 1, "家 \x01": 1}
    assert await store.count_by(HERE, "attribute") == {"temperature": 2}
    assert await store.count_by(HERE, "tier") == {"summary": 1}
    assert await store.count_by(HERE, "session") == {}


# Whatever is remembered and asked


_serial = count()

VALUES = st.sampled_from([1, 1.0, 2, True, False, None, "1", "", {"a": 1}, {"a": 1.0}, [1, 2], [], 0.5])
META = st.dictionaries(st.sampled_from(["k", "k.l", 'k"']), VALUES, max_size=2)
TIMES = st.sampled_from([-1.0, 0.0, 1.0, 1.5, math.nextafter(1.5, 2), 2.0, 1e9])
ENTITIES = st.sampled_from(["home7", "home70", "home7/ana", "home7/anabel", "home7/ana/bed"])
SESSIONS, TAGS = ["s1", "s2"], ["a", "b", "c"]


def some(values: list[str]) -> st.SearchStrategy[list[str] | None]:
    return st.none() | st.lists(st.sampled_from(values), max_size=2, unique=True)


MEMORIES = st.lists(
    st.fixed_dictionaries(
        {
            "tenant": st.sampled_from(["x", "y"]),
            "entity": ENTITIES,
            "device": st.sampled_from(["k1", "k2"]),
            "kind": st.sampled_from(["fact", "reading"]),
            "at": TIMES,
            "session": st.none() | st.sampled_from(SESSIONS),
            "attribute": st.none() | st.sampled_from(["t", "h"]),
            "tags": st.lists(st.sampled_from(TAGS), max_size=3, unique=True),
            "expires": st.none() | TIMES,
            "meta": st.none() | META,
        }
    ),
    min_size=1,
    max_size=12,
)
ASKED = st.builds(
    Filters,
    since=st.none() | TIMES,
    until=st.none() | TIMES,
    kinds=some(["fact", "reading"]),
    tags=some(TAGS),
    devices=some(["k1", "k2"]),
    sessions=some(SESSIONS),
    meta=st.none() | META,
    attribute=st.none() | st.sampled_from(["t", "h"]),
)
REQUESTS = st.lists(
    st.tuples(st.sampled_from(["x", "y"]), ENTITIES, st.booleans(), ASKED, TIMES), min_size=1, max_size=6
)


@settings(
    max_examples=50,  # all in one store: twice as many take four times as long
    deadline=None,
    # One store for all examples on purpose: what earlier ones left must stay out of sight.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stored=MEMORIES, requests=REQUESTS)
async def test_every_adapter_finds_what_the_twin_finds(
    store: MemoryStore, stored: list[dict[str, Any]], requests: list[Any]
) -> None:
    example = next(_serial)
    memories = [a_memory(**(changes | {"tenant": f"{example}{changes['tenant']}"})) for changes in stored]
    twin = TwinStore()
    await twin.open(IDENTITY)
    await put(twin, *memories)
    await put(store, *memories)
    for tenant, entity, below, filters, now in requests:
        scope = Scope(f"{example}{tenant}", entity, below)
        where = scoped(scope, filters, now)
        assert await texts(store, filters, scope=scope, now=now) == await texts(
            twin, filters, scope=scope, now=now
        )
        for field in ("kind", "session", "tags", "attribute"):
            assert await store.count_by(where, field) == (counted := await twin.count_by(where, field))
            assert set(await store.values(where, field)) >= set(counted)
    await assert_same_memories(store, twin, {memory.tenant for memory in memories})


async def assert_same_memories(store: MemoryStore, twin: TwinStore, tenants: set[str]) -> None:
    for tenant in tenants:
        where = scoped(Scope(tenant, "home7", below=True), EVERYTHING, -2.0)
        found: list[Memory] = await store.newest(where, ALL)
        assert {exactly(memory) for memory in found} == {
            exactly(memory) for memory in await twin.newest(where, ALL)
        }
