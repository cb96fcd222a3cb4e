"""workers/removing.py"""

from collections import Counter

import msgpack
import pytest

from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, a_memory, put, texts
from workers.removing import FLUSH_MEMORIES, STEP_MEMORIES, Removing


async def test_what_is_removed_is_gone_counted_by_reason_and_told_by_entity() -> None:
    store, told = TwinStore(), []
    await store.open(IDENTITY)

    async def publish(topic: str, payload: bytes) -> None:
        told.append((topic, msgpack.unpackb(payload)))

    removing = Removing(store, publish)
    here = [a_memory() for _ in range(150)]
    there = a_memory(tenant="other", entity="home9/ana")
    kept = a_memory()
    await put(store, *here, there, kept)
    await removing.remove(here, "raw")
    await removing.remove([there], "expired")
    assert await texts(store) == {kept.text}
    assert removing.counters == Counter(pruned_raw=150, pruned_expired=1)
    assert {topic for topic, _ in told} == {"mem/v1/acme/stream/home7", "mem/v1/other/stream/home9/ana"}
    assert {record["y"] for _, record in told} == {"forgotten"}
    assert sorted(id_ for _, record in told for id_ in record["ms"]) == sorted(
        memory.id for memory in (*here, there)
    )


async def test_removing_nothing_says_nothing() -> None:
    store = TwinStore()
    await store.open(IDENTITY)

    async def publish(topic: str, payload: bytes) -> None:
        raise AssertionError((topic, payload))

    removing = Removing(store, publish)
    await removing.remove([], "raw")
    assert removing.counters == Counter()


async def test_no_flush_follows_more_removals_than_it_makes_safe_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = TwinStore()
    await store.open(IDENTITY)
    steps: list[int | None] = []

    async def remove(ids: list[str]) -> None:
        steps.append(len(ids))

    async def flush() -> None:
        steps.append(None)

    async def publish(topic: str, payload: bytes) -> None:
        assert topic
        assert payload

    monkeypatch.setattr(store, "remove", remove)
    monkeypatch.setattr(store, "flush", flush)
    removing = Removing(store, publish)
    await removing.take_out([a_memory().id for _ in range(1_000)])
    await removing.remove([a_memory() for _ in range(700)], "raw")
    await removing.take_out([a_memory().id for _ in range(1_000)])
    await removing.settle()
    assert removing.counters == Counter(pruned_raw=700), "who takes out counts by itself"
    assert sum(filter(None, steps)) == 2_700
    assert max(filter(None, steps)) <= STEP_MEMORIES
    unflushed = [0]
    for step in steps:
        unflushed.append(0 if step is None else unflushed[-1] + step)
    assert max(unflushed) <= FLUSH_MEMORIES
    assert unflushed[-1] == 0
