"""workers/limits.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, NOW, a_memory, put
from workers import limits
from workers.limits import BURST_S, Pace, Room

PHONE, LAMP = ("acme", "phone"), ("acme", "lamp")


def test_without_a_limit_everything_is_allowed() -> None:
    pace = Pace(None)
    assert all(pace.allows(PHONE, 0.0) for _ in range(10_000))


def test_a_burst_is_allowed_and_then_so_many_a_second() -> None:
    pace = Pace(2.0)
    assert [pace.allows(PHONE, 0.0) for _ in range(12)] == [True] * int(2 * BURST_S) + [False] * 2
    assert not pace.allows(PHONE, 0.4)
    assert pace.allows(PHONE, 0.5)
    assert not pace.allows(PHONE, 0.5)


def test_one_clients_flood_is_not_anothers() -> None:
    pace = Pace(1.0)
    while pace.allows(PHONE, 0.0):
        pass
    assert pace.allows(LAMP, 0.0)
    assert pace.allows(("other tenant", "phone"), 0.0)


def test_less_than_one_a_second_is_one_at_a_time() -> None:
    pace = Pace(0.1)
    assert [pace.allows(PHONE, at) for at in (0.0, 1.0, 9.9, 10.1)] == [True, False, False, True]


@given(st.lists(st.floats(0, 2), max_size=200), st.floats(0.5, 20))
def test_never_more_than_the_rate_and_one_burst(waits: list[float], rate: float) -> None:
    pace, now, allowed = Pace(rate), 0.0, 0
    for wait in waits:
        now += wait
        allowed += pace.allows(PHONE, now)
    assert allowed <= now * rate + max(1.0, rate * BURST_S) + 1e-6


def test_the_clients_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CLIENTS_MAX", 3)
    pace = Pace(0.2)
    for number in range(10):
        assert pace.allows(("acme", f"c{number}"), 0.0)
    assert not pace.allows(("acme", "c9"), 0.0), "the last ones are still known"
    assert pace.allows(("acme", "c0"), 0.0)


async def test_an_entity_takes_what_it_has_room_for() -> None:
    store = TwinStore()
    await store.open(IDENTITY)
    memories = [a_memory() for _ in range(3)]
    await put(store, *memories, a_memory(entity="home8"), a_memory(tenant="other"))
    room = Room(store, 5)
    assert await room.take("acme", "home7", 1) == 1
    assert await room.take("acme", "home8", 9) == 4
    await put(store, a_memory())
    assert await room.take("acme", "home7", 9) == 1
    await put(store, a_memory())
    assert await room.take("acme", "home7", 1) == 0
    await store.forget([memories[0].id], NOW)
    assert await room.take("acme", "home7", 1) == 1, "what is forgotten makes room"


async def test_the_entities_counted_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTITIES_MAX", 2)
    store = TwinStore()
    await store.open(IDENTITY)
    room = Room(store, 1)
    assert [await room.take("acme", f"e{number}", 1) for number in range(5)] == [1] * 5
    assert await room.take("acme", "e0", 1) == 1, "counted anew: nothing was stored"
