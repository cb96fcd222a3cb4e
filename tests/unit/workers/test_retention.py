"""workers/retention.py, over a real Edge store; why a memory goes is memory/retention.py's."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory.conditions import EVERYTHING, scoped
from memory.errors import StoreError
from memory.measured import Measured
from memory.portions import Portion, portions_of
from memory.records import Memory, Scope
from memory.store import MemoryStore
from memory.store_edge import EdgeStore
from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, a_memory, put
from workers.clock import ACCEPTED_S, Clock
from workers.policies import LivePolicies
from workers.removing import Removing
from workers.retention import Retention

NOW = 1_800_000_000.0
HOUR_S, DAY_S = 3600.0, 86_400.0
SAID = """
defaults: {raw: 7 days, hourly: 90 days, daily: 1 year, worthless_below_importance: 0.2}
tenants:
  long:
    raw: 30 days
    kinds: {fact: {raw: 30 days}, reading: {raw: forever}}
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EdgeStore]:
    opened = EdgeStore(tmp_path / "store")
    await opened.open(IDENTITY)
    yield opened
    await opened.close()


@pytest.fixture
def policies(tmp_path: Path) -> LivePolicies:
    file = tmp_path / "policies.yaml"
    file.write_text(SAID)
    return LivePolicies(file)


async def _quiet(topic: str, payload: bytes) -> None:
    assert topic
    assert payload


def retention(store: MemoryStore, policies: LivePolicies, **instead: Any) -> Retention:
    usual: dict[str, Any] = {"every_s": 0.001, "report": lambda *_: None}
    return Retention(store, policies, Removing(store, _quiet), **(usual | instead))


def observed(days: float, **fields: Any) -> Memory:
    """An observation of so many days ago."""
    at = NOW - days * DAY_S
    usual = {"kind": "event", "at": at, "received": at, "entity": "home7/ana"}
    return a_memory(**(usual | fields))


def reading(days: float, **fields: Any) -> Memory:
    return observed(days, **({"kind": "reading", "value": 21.5, "attribute": "temperature"} | fields))


def summary_of(portion: Portion, at: float, received: float, tag: str) -> Memory:
    return a_memory(
        id=portion.summary_id, tenant=portion.tenant, entity=portion.entity, kind="summary", tier="summary",
        device=portion.device or "d", attribute=portion.attribute, at=at, received=received, tags=[tag],
    )  # fmt: skip


def condensed(memory: Memory, level: int = 0, after_s: float = HOUR_S) -> Memory:
    """The summary that tells of an observation; its hour's, or one above."""
    portion = portions_of(memory)[level]
    return summary_of(portion, memory.at, memory.received + after_s, portion.period)


async def left(store: MemoryStore) -> set[str]:
    found: set[str] = set()
    for tenant in ("acme", "long"):
        for entity in ("home7", "home8"):
            where = scoped(Scope(tenant, entity, below=True), EVERYTHING, None)
            found |= {memory.id for memory in await store.page(where, 10_000)}
    return found


def oracle(rng: random.Random) -> tuple[list[Memory], set[str]]:
    """Memories of every age and kind, and which of them must stay, said without any rule of ours."""
    memories: list[Memory] = []
    stay: set[str] = set()

    def add(memory: Memory, *, stays: bool) -> None:
        memories.append(memory)
        if stays:
            stay.add(memory.id)

    for tenant, raw_days in (("acme", 7), ("long", 30)):
        for number in range(60):
            days, told = rng.choice([1, 6, 8, 29, 31, 400]), rng.random() < 0.5
            importance = rng.choice([None, 0.1, 0.5, 0.8, 1.0])
            words = observed(days, tenant=tenant, session=f"s{number}", importance=importance)
            if told:
                add(condensed(words), stays=True)
            old, important = days > raw_days, (importance or 0.5) >= 0.8
            add(words, stays=not old or important or (importance != 0.1 and not told))
            fact = observed(days, tenant=tenant, kind="fact", session=f"f{number}", importance=0.5)
            add(condensed(fact), stays=True)
            add(fact, stays=tenant == "acme" or not old)
            add(observed(days, tenant=tenant, expires=NOW - 1), stays=False)
            add(observed(days, tenant=tenant, expires=NOW + 1, importance=1.0), stays=True)
    return memories, stay


@pytest.mark.parametrize("seed", range(3))
async def test_what_must_stay_stays_and_everything_else_goes(
    store: EdgeStore, policies: LivePolicies, seed: int
) -> None:
    memories, stay = oracle(random.Random(seed))
    await put(store, *memories)
    sweeping = retention(store, policies)
    removed = await sweeping.sweep(NOW)
    assert await left(store) == stay
    assert removed == len(memories) - len(stay)
    assert set(sweeping.removing.counters) == {"pruned_expired", "pruned_raw", "pruned_worthless"}
    assert await store.points() == len(stay), "nothing is left in their place"
    assert await sweeping.sweep(NOW) == 0


async def test_readings_go_by_their_summaries_up_to_the_day(store: EdgeStore, policies: LivePolicies) -> None:
    untold, told, late = reading(100), reading(99), reading(98)
    newest = reading(50)
    hours = [condensed(each) for each in (told, late, newest)]
    late = replace(late, received=late.at + 30 * DAY_S)
    hour_told, hour_untold = hours[0], hours[1]
    day = condensed(told, level=1, after_s=DAY_S)
    await put(store, untold, told, late, newest, *hours, day)
    sweeping = retention(store, policies)
    assert await sweeping.sweep(NOW) == 2
    assert await left(store) == {
        untold.id,  # no summary tells of it
        late.id,  # it came after its hour was condensed
        newest.id,  # the current state, however old
        hour_untold.id,  # its day has not been condensed
        hours[2].id,
        day.id,
    }
    assert sweeping.removing.counters == {"pruned_raw": 1, "pruned_hourly": 1}
    assert hour_told.id not in await left(store)


async def test_a_day_tells_of_a_reading_whose_hour_is_gone(store: EdgeStore, policies: LivePolicies) -> None:
    told = reading(100)
    await put(store, told, condensed(told, level=1, after_s=DAY_S), reading(1))
    sweeping = retention(store, policies)
    await sweeping.sweep(NOW)
    assert sweeping.removing.counters == {"pruned_raw": 1}


async def test_a_day_that_is_newer_than_what_came_late_does_not_tell_it_for_its_hour(
    store: EdgeStore, policies: LivePolicies
) -> None:
    on_time = reading(20)
    late = replace(reading(20), received=on_time.received + DAY_S)
    hour, day = condensed(on_time), condensed(on_time, level=1, after_s=2 * DAY_S)
    await put(store, on_time, late, hour, day, reading(1))
    sweeping = retention(store, policies)
    assert await sweeping.sweep(NOW) == 1
    assert late.id in await left(store), "the day was made of the hour, which was not made anew yet"
    await put(store, replace(hour, received=late.received + HOUR_S))
    assert await sweeping.sweep(NOW) == 1
    assert not {on_time.id, late.id} & await left(store)


async def test_an_outlier_stays_with_its_hour_and_goes_with_it(
    store: EdgeStore, policies: LivePolicies
) -> None:
    spike, usual = reading(80, value=85.0), reading(80)
    hour, day = condensed(usual), condensed(usual, level=1, after_s=DAY_S)
    whole = Measured(2, usual.at, usual.at, 21.5, 85.0, outliers=[spike.id])
    await put(store, spike, usual, replace(hour, measured=whole), day, reading(1))
    sweeping = retention(store, policies)
    assert await sweeping.sweep(NOW) == 1
    assert spike.id in await left(store)
    for _ in range(2):
        assert await sweeping.sweep(NOW + 11 * DAY_S) == 1
    assert sweeping.removing.counters == {"pruned_raw": 2, "pruned_hourly": 1}
    assert spike.id not in await left(store)


async def test_the_current_state_stays_and_goes_once_there_is_a_newer_one(
    store: EdgeStore, policies: LivePolicies
) -> None:
    old = reading(20)
    await put(store, old, condensed(old))
    sweeping = retention(store, policies)
    assert await sweeping.sweep(NOW) == 0
    await put(store, reading(1))
    assert await sweeping.sweep(NOW) == 1
    assert old.id not in await left(store)


async def test_what_was_forgotten_stays_forgotten(store: EdgeStore, policies: LivePolicies) -> None:
    gone = observed(10, expires=NOW - 1)
    await put(store, gone)
    await store.forget([gone.id], NOW)
    await retention(store, policies).sweep(NOW)
    assert (await store.known([gone.id])).forgotten == {gone.id}


async def test_storing_and_asking_go_on_while_it_removes(store: EdgeStore, policies: LivePolicies) -> None:
    await put(store, *(observed(1, expires=NOW - 1) for _ in range(1_000)))
    sweeping = asyncio.create_task(retention(store, policies).sweep(NOW))
    added: set[str] = set()
    turns = 0
    while not sweeping.done():
        memory = observed(0)
        await put(store, memory)
        added.add(memory.id)
        assert added <= await left(store)
        turns += 1
        await asyncio.sleep(0)
    assert sweeping.result() == 1_000
    assert turns > 10, "others had their turn"
    assert await left(store) == added


async def test_a_changed_file_holds_at_the_next_sweep(store: EdgeStore, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("defaults: {raw: 7 daz}")
    live = LivePolicies(file)
    memory = observed(10, importance=0.0, session="s")
    await put(store, memory, condensed(memory))
    sweeping = retention(store, live)
    assert await sweeping.sweep(NOW) == 0, "a file that was never right removes nothing"
    file.write_text("defaults: {raw: 7 days}")
    live.look()
    assert await sweeping.sweep(NOW) == 1


class AwayStore(TwinStore):
    """Away at first."""

    tries = 0

    async def kept(self, *_: Any) -> list[Memory]:
        self.tries += 1
        if self.tries == 1:
            raise StoreError("the store is away", hint="wait")
        return []


async def test_a_store_that_is_away_is_reported_and_swept_later() -> None:
    said: list[str | None] = []
    done = asyncio.Event()

    def report(part: str, trouble: str | None) -> None:
        assert part == "retention"
        said.append(trouble)
        if trouble is None:
            done.set()

    store = AwayStore()
    await store.open(IDENTITY)
    running = asyncio.create_task(retention(store, LivePolicies(None), report=report).run())
    await done.wait()
    running.cancel()
    assert said == ["the store is away. wait", None]


async def test_what_an_earlier_version_stored_waits_for_its_renewal(
    store: EdgeStore, policies: LivePolicies, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, observed(1, expires=NOW - 1))
    monkeypatch.setattr(EdgeStore, "renewal_due", True)
    sweeping = retention(store, policies)
    assert await sweeping.sweep(NOW) == 0
    monkeypatch.undo()
    assert await sweeping.sweep(NOW) == 1


async def test_while_the_clock_is_not_to_be_trusted_nothing_is_removed(policies: LivePolicies) -> None:
    wall, steady = [NOW], [0.0]
    clock = Clock(lambda: wall[0], lambda: steady[0])
    store = TwinStore()
    await store.open(IDENTITY)
    memory = observed(0, expires=NOW + DAY_S)
    await put(store, memory)
    wall[0] += 365 * DAY_S
    running = asyncio.create_task(retention(store, policies, clock=clock).run())
    await _looked(clock)
    assert await left(store) == {memory.id}
    for each in (wall, steady):
        each[0] += ACCEPTED_S + 1  # it stays where it jumped to: it is believed
    while await left(store):
        await asyncio.sleep(0)
    running.cancel()


async def _looked(clock: Clock) -> None:
    """Until somebody has asked the clock a few times more."""
    asked = 0
    ask = clock.now

    def now() -> float:
        nonlocal asked
        asked += 1
        return ask()

    clock.now = now  # type: ignore[method-assign]
    while asked < 3:
        await asyncio.sleep(0)
