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
    assert await room.take("acme", "home7", 1, 0.0) == 1
    assert await room.take("acme", "home8", 9, 10.0) == 4
    await put(store, a_memory())
    assert await room.take("acme", "home7", 9, 20.0) == 1
    await put(store, a_memory())
    assert await room.take("acme", "home7", 1, 30.0) == 0
    await store.forget([memories[0].id], NOW)
    assert await room.take("acme", "home7", 1, 40.0) == 1, "what is forgotten makes room"


async def test_the_entities_counted_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTITIES_MAX", 2)
    store = TwinStore()
    await store.open(IDENTITY)
    room = Room(store, 1)
    assert [await room.take("acme", f"e{number}", 1, 50.0) for number in range(5)] == [1] * 5
    assert await room.take("acme", "e0", 1, 60.0) == 1, "counted anew: nothing was stored"


def test_what_was_to_be_said_while_we_were_away_is_not_too_fast() -> None:
    pace = Pace(1.0)
    while pace.allows(PHONE, 0.0):
        pass
    pace.away(20.0)
    assert [pace.allows(PHONE, 20.0) for _ in range(27)] == [True] * 25 + [False] * 2
    pace.away(1e9)
    allowed = 0
    while pace.allows(LAMP, 20.0):
        allowed += 1
    assert allowed == limits.AWAY_S_MAX + BURST_S, "for an hour at most"


async def test_a_full_entity_is_counted_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    store = TwinStore()
    await store.open(IDENTITY)
    memory = a_memory()
    await put(store, memory)
    room, counted, count = Room(store, 1), [], store.count
    monkeypatch.setattr(store, "count", lambda where: counted.append(1) or count(where))
    assert [await room.take("acme", "home7", 1, 5.0 + n / 100) for n in range(50)] == [0] * 50
    assert len(counted) == 1
    await store.forget([memory.id], NOW)
    assert await room.take("acme", "home7", 1, 6.1) == 1
