"""workers/digest_drawing.py"""

from typing import Any

import pytest

from memory.measured import Measured
from memory.portions import span_at
from memory.records import Memory, Scope
from memory.store_twin import TwinStore
from tests.contract.memories import HOME, IDENTITY, NOW, a_memory, put
from workers.digest_drawing import ATTRIBUTES_MAX, Drawn, draw_latest, draw_period

HOUR = span_at(NOW, "hour")


def summary(text: str, tag: str, **more: Any) -> Memory:
    return a_memory(text=text, kind="summary", tier="summary", tags=[tag], **more)


def of_readings(at: float, tag: str = "hour", **more: Any) -> Memory:
    whole = Measured(count=1, since=at, until=at, first=1.0, last=1.0)
    return summary("in words", tag, at=at, attribute="flow", measured=whole, **more)


@pytest.fixture
async def store() -> TwinStore:
    store = TwinStore()
    await store.open(IDENTITY)
    return store


async def test_what_is_stable_the_newest_states_and_gists_of_texts_are_drawn(store: TwinStore) -> None:
    fact, taste = a_memory(kind="fact"), a_memory(kind="preference")
    old, new = (a_memory(kind="reading", attribute="flow", value=n, at=NOW + n) for n in (1, 2))
    session, day = summary("a session", "session", session="s"), summary("a day", "day")
    await put(store, fact, taste, old, new, session, day, of_readings(NOW + 2), of_readings(NOW, "day"))
    drawn = await draw_latest(store, HOME, NOW)
    assert drawn.known == {"fact": [fact], "preference": [taste], "routine": []}
    assert drawn.states == [new], "readings themselves before what is said of them"
    assert drawn.gists == [session, day]


async def test_where_the_readings_are_gone_their_summary_is_drawn(store: TwinStore) -> None:
    whole = of_readings(NOW)
    await put(store, whole)
    assert (await draw_latest(store, HOME, NOW)).states == [whole]


async def test_neither_others_nor_those_below_nor_what_expired_is_drawn(store: TwinStore) -> None:
    of_whom: list[dict[str, Any]] = [
        {"tenant": "other"}, {"entity": "home7/ana"}, {"entity": "home"}, {"expires": NOW}
    ]  # fmt: skip
    for whose in of_whom:
        await put(
            store,
            a_memory(kind="fact", **whose),
            a_memory(kind="reading", attribute="flow", value=1, **whose),
            summary("a session", "session", **whose),
            of_readings(NOW - 9999, **whose),
        )
    assert await draw_latest(store, HOME, NOW) == Drawn({"fact": [], "preference": [], "routine": []})
    assert await draw_period(store, HOME, "hour", NOW) is None


async def test_attributes_are_bounded_and_those_reported_most_are_drawn(store: TwinStore) -> None:
    rare = [a_memory(kind="reading", attribute=f"rare-{n}", value=n) for n in range(ATTRIBUTES_MAX)]
    often = [a_memory(kind="reading", attribute="often", value=n) for n in range(2)]
    await put(store, *rare, *often)
    drawn = await draw_latest(store, HOME, NOW)
    assert len(drawn.states) == ATTRIBUTES_MAX
    assert drawn.states[0].attribute == "often"


async def test_the_last_period_that_is_over_is_drawn_whole(store: TwinStore) -> None:
    before = span_at(HOUR.start - 1, "hour")
    last = [of_readings(before.start), of_readings(before.end - 0.001, device="d-2")]
    await put(store, *last, of_readings(before.start - 1), of_readings(HOUR.start))
    found = await draw_period(store, HOME, "hour", NOW)
    assert found is not None
    assert found[0] == before
    assert {memory.id for memory in found[1]} == {memory.id for memory in last}


async def test_a_day_has_the_gists_of_its_sessions(store: TwinStore) -> None:
    yesterday = span_at(NOW - 86_400, "day")
    day, session = of_readings(yesterday.start, "day"), summary("a", "session", at=yesterday.end - 1)
    await put(store, day, session, of_readings(yesterday.start), summary("b", "session", at=yesterday.end))
    found = await draw_period(store, HOME, "day", NOW)
    assert found == (yesterday, [day, session])


async def test_an_entity_of_eight_levels_is_drawn(store: TwinStore) -> None:
    deep = "/".join("abcdefgh")
    await put(store, fact := a_memory(kind="fact", entity=deep))
    assert (await draw_latest(store, Scope(HOME.tenant, deep), NOW)).known["fact"] == [fact]
