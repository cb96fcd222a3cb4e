"""workers/removing.py"""

from collections import Counter

import msgpack

from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, a_memory, put, texts
from workers.removing import Removing


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
