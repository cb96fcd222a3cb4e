"""workers/condensing.py"""

import contextlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memory.condensing import SOURCES_MAX
from memory.ledger import Entry
from memory.policies import PortionRules
from memory.portions import Pace, portions_of
from memory.records import Identity, Repeated
from tests.unit.workers.kitchen import NOON, Kitchen, figures, hour_of, many
from workers import condensing, portion_sources

DAY = 86_400.0


@pytest.fixture
async def world(tmp_path: Path) -> Any:
    made = Kitchen(tmp_path)
    await made.store.open(Identity(1, made.model.name, made.model.precision, made.model.dimension))
    yield made
    made.embedder.close()
    made.ledger.close()


async def test_an_hour_is_told_with_its_figures_words_and_proofs(world: Kitchen) -> None:
    readings = await many(world, 5)
    made = await world.condense(hour_of(readings[0]))
    summary = made.summary
    assert summary is not None
    assert figures(summary) == (5, 20.0, 20.4, 20.0, 20.4)
    assert (summary.kind, summary.tier, summary.tags, summary.unit, summary.device) == (
        "summary", "summary", ["hour"], "Cel", "thermo",
    )  # fmt: skip
    assert (summary.first, summary.at) == (readings[0].at, readings[-1].at)
    assert "5 readings" in summary.text
    assert set(summary.sources) >= {readings[0].id, readings[-1].id}
    assert (made.is_done, made.retold) == (True, [])
    assert [each.id for each in await world.there(tier="summary")] == [summary.id]


async def test_made_again_it_takes_its_own_place(world: Kitchen) -> None:
    portion = hour_of((await many(world))[0])
    one, other = await world.condense(portion), await world.condense(portion)
    assert figures(one.summary) == figures(other.summary)
    assert len(await world.there(tier="summary")) == 1


async def test_what_a_summary_tells_is_thinned_but_for_what_is_important(world: Kitchen) -> None:
    alarm = await world.read(20.55, 55.0, importance=0.9)
    readings = await many(world)
    await world.condense(hour_of(readings[0]))
    left = {each.id for each in await world.raws()}
    assert len(left) == 11
    assert {alarm.id, readings[0].id, readings[-1].id} <= left


async def test_late_ones_before_thinning_are_counted_with_all_others(world: Kitchen) -> None:
    readings = await many(world, 5)
    await world.condense(hour_of(readings[0]))
    late = await world.read(7.0, 5.0, received=0.0)
    assert figures((await world.condense(hour_of(late))).summary) == (6, 7.0, 20.4, 20.0, 20.4)


async def test_late_ones_after_thinning_are_added_once_whenever_they_were_received(world: Kitchen) -> None:
    readings = await many(world)
    portion = hour_of(readings[0])
    await world.condense(portion)
    for n, received in enumerate([NOON, 4e9, 0.0]):
        await world.read(30.0 + n, 700.0 + n, received=received)
        for _ in range(2):
            made = await world.condense(portion)
            assert figures(made.summary) == (61 + n, 20.0, 30.0 + n, 20.0, 30.0 + n)
    assert len(await world.raws()) == 10


async def test_a_late_one_in_between_changes_neither_the_first_nor_the_last(world: Kitchen) -> None:
    readings = await many(world)
    await world.condense(hour_of(readings[0]))
    late = await world.read(50.0, 15.0)
    assert figures((await world.condense(hour_of(late))).summary) == (61, 20.0, 50.0, 20.0, 25.9)


async def test_a_repeat_that_is_counted_in_what_stayed_is_added(world: Kitchen) -> None:
    readings = await many(world)
    portion = hour_of(readings[0])
    await world.condense(portion)
    await world.store.reinforce([Repeated(readings[-1].id, 4, readings[-1].at, readings[-1].at + 60, None)])
    assert figures((await world.condense(portion)).summary)[0] == 63
    assert figures((await world.condense(portion)).summary)[0] == 63


class Killed(Exception):
    """As if the process had ended there."""


async def kill() -> None:
    raise Killed


@pytest.mark.parametrize("is_thinned", [False, True])
@pytest.mark.parametrize("step", range(1, 25))
async def test_killed_at_any_step_nothing_is_counted_twice(
    world: Kitchen,
    step: int,
    is_thinned: bool,  # noqa: FBT001 - a case
) -> None:
    portion = hour_of((await many(world))[0])
    if is_thinned:
        await world.condense(portion)
    await world.read(40.0, 800.0)
    world.interrupt_at(step, kill)
    with contextlib.suppress(Killed):
        await world.condense(portion)
    world.interrupt_no_more()
    for _ in range(2):
        assert figures((await world.condense(portion)).summary) == (61, 20.0, 40.0, 20.0, 40.0)
    assert len(await world.raws()) == 10


async def test_killed_while_thinning_the_rest_goes_uncounted(world: Kitchen) -> None:
    portion = hour_of((await many(world))[0])
    made = await world.condensing.condense(portion)
    assert made.summary is not None
    entry = Entry(dict[bytes, Any](), dict.fromkeys(made.retold, made.summary.id))
    world.ledger.write(replace(entry, counted=made.counted, counted_at=made.summary.received), NOON)
    await world.store.remove(made.retold[:20])
    again = await world.condense(portion)
    assert figures(again.summary)[0] == 60
    assert len(await world.raws()) == 10


async def test_without_its_ledger_only_what_came_since_is_added(world: Kitchen) -> None:
    portion = hour_of((await many(world))[0])
    await world.condense(portion)
    world.ledger.uncount([each.id for each in await world.raws()])
    assert figures((await world.condense(portion)).summary)[0] == 60
    await world.read(40.0, 800.0, received=4e9)
    for _ in range(2):
        assert figures((await world.condense(portion)).summary)[0] == 61


async def test_more_than_is_read_together_is_counted_in_other_rounds(
    world: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (portion_sources, condensing):
        monkeypatch.setattr(module, "SAMPLES_MAX", 25)
    portion = hour_of((await many(world))[0])
    rounds = 1
    while not (made := await world.condense(portion)).is_done:
        rounds += 1
    assert figures(made.summary) == (60, 20.0, 25.9, 20.0, 25.9)
    assert 3 <= rounds <= 6
    world.rules = PortionRules(keep_max=1000)
    assert (await world.condense(portion)).is_done


async def test_a_day_is_made_of_hours_and_a_month_of_days_each_within_its_bounds(world: Kitchen) -> None:
    first, last = NOON - 12 * 3600, NOON + 12 * 3600 - 0.001
    for n, at in enumerate([first - 1, first, NOON, last, last + 0.002]):
        await world.all(hour_of(await world.read(float(n), at - NOON)))
    portions = portions_of(await world.read(2.5, 60.0))
    summaries = await world.all(portions[0])
    assert figures(summaries[0]) == (2, 2.0, 2.5, 2.0, 2.5)
    assert figures(summaries[1]) == (4, 1.0, 3.0, 1.0, 3.0)
    assert figures(summaries[2]) == (6, 0.0, 4.0, 0.0, 4.0)
    assert [each.tags for each in summaries if each is not None] == [["hour"], ["day"], ["month"]]


async def test_which_readings_are_outliers_is_kept_when_the_others_are_gone(world: Kitchen) -> None:
    spike = await world.read(85.0, 605.0)
    portion = hour_of((await many(world))[0])
    made = await world.condense(portion)
    assert made.summary is not None
    assert made.summary.measured is not None
    assert made.summary.measured.outliers == [spike.id]
    await world.store.remove([each.id for each in await world.raws() if each.id != spike.id])
    await world.read(21.0, 800.0)
    summary = (await world.condense(portion)).summary
    assert figures(summary)[:3] == (62, 20.0, 85.0)
    assert summary is not None
    assert summary.measured is not None
    assert spike.id in summary.measured.outliers
    [_, day, _] = await world.all(portion)
    assert day is not None
    assert day.measured is not None
    assert day.measured.outliers == []


async def test_a_month_ends_where_the_calendar_says(world: Kitchen) -> None:
    november = 1_701_388_799.0
    for at in (november, november + 1):
        await world.all(hour_of(await world.read(1.0, at - NOON)))
    assert len([each for each in await world.there(tier="summary") if each.tags == ["month"]]) == 2


async def test_a_merged_state_weighs_as_often_as_it_was_said(world: Kitchen) -> None:
    await world.read(10.0, 100.0, first=NOON, seen=9)
    other = await world.read(20.0, 200.0)
    summary = (await world.condense(hour_of(other))).summary
    assert figures(summary) == (10, 10.0, 20.0, 10.0, 20.0)
    assert summary is not None
    assert summary.measured is not None
    assert summary.measured.mean == pytest.approx(11.0)
    assert summary.first == NOON


async def test_what_has_a_time_to_live_or_is_stable_or_a_summary_already_is_in_none(world: Kitchen) -> None:
    reading = await world.read(1.0)
    await world.read(90.0, expires=5e9)
    await world.read(91.0, kind="config")
    await world.read(92.0, kind="summary")
    assert figures((await world.condense(hour_of(reading))).summary) == (1, 1.0, 1.0, 1.0, 1.0)
    said = await world.put(text="the bell rang", kind="event")
    await world.put(text="secret code", kind="event", expires=5e9)
    await world.put(text="prefers tea", kind="preference")
    await world.put(text="a summary already", kind="summary")
    told = (await world.condense(portions_of(said)[0])).summary
    assert told is not None
    assert "bell" in told.text
    assert not [word for word in ("secret", "tea", "already") if word in told.text]


async def test_readings_of_no_attribute_are_a_series_of_their_own(world: Kitchen) -> None:
    nameless, named = await world.read(1.0, attribute=None), await world.read(2.0)
    assert figures((await world.condense(hour_of(nameless))).summary)[:2] == (1, 1.0)
    assert figures((await world.condense(hour_of(named))).summary)[:2] == (1, 2.0)


async def test_texts_and_switches_are_told_by_how_long_they_held_late_ones_too(world: Kitchen) -> None:
    world.rules = PortionRules(keep_max=4)
    for n in range(40):
        await world.read("open" if n < 20 else "shut", 30.0 * n, attribute="door")
    lit = await world.read(True, attribute="lit")
    portion = hour_of(await world.read("open", 1300.0, attribute="door"))
    await world.condense(portion)
    await world.read("open", 1400.0, attribute="door")
    summary = (await world.condense(portion)).summary
    assert summary is not None
    assert summary.measured is not None
    assert summary.measured.count == 42
    assert {each.value: (each.count, each.times) for each in summary.measured.values} == {
        "open": (22, 2), "shut": (20, 1),
    }  # fmt: skip
    assert sum(each.held_s for each in summary.measured.values) <= 3600.0
    told = (await world.condense(hour_of(lit))).summary
    assert told is not None
    assert told.measured is not None
    assert [each.value for each in told.measured.values] == [True]


async def test_time_beyond_a_threshold_never_is_more_than_the_hour(world: Kitchen) -> None:
    world.rules = PortionRules((21.0,), keep_max=10)
    readings = await many(world)
    await world.condense(hour_of(readings[0]))
    late = await world.read(25.0, 605.0)
    summary = (await world.condense(hour_of(late))).summary
    assert summary is not None
    assert summary.measured is not None
    [beyond] = summary.measured.beyond
    assert 3000.0 < beyond.above_s + beyond.below_s <= 3600.0


async def test_what_came_after_its_hours_were_pruned_changes_no_day(world: Kitchen) -> None:
    one, other = await world.read(1.0), await world.read(2.0, 3600.0)
    await world.all(hour_of(one))
    _, day, _ = await world.all(hour_of(other))
    assert figures(day)[0] == 2
    await world.store.remove([one.id, hour_of(one).summary_id])
    late = await world.read(9.0, 7200.0)
    await world.condense(hour_of(late))
    above = hour_of(late).above
    assert above is not None
    made = await world.condense(above)
    assert (made.summary, made.is_late) == (None, True)
    assert [figures(each)[0] for each in await world.there(tier="summary") if "day" in each.tags] == [2]


async def test_of_nothing_nothing_is_made(world: Kitchen) -> None:
    reading, said = await world.read(1.0), await world.put(text="the bell rang", kind="event")
    await world.store.remove([reading.id, said.id])
    for portion in (*portions_of(reading), *portions_of(said)):
        made = await world.condense(portion)
        assert (made.summary, made.is_done, made.is_late) == (None, True, False)
    assert await world.there() == []


async def test_a_summary_that_its_owner_forgot_is_not_made_again_and_nothing_is_thinned(
    world: Kitchen,
) -> None:
    readings = await many(world)
    summary = (await world.condensing.condense(hour_of(readings[0]))).summary
    assert summary is not None
    await world.forget(summary)
    made = await world.condense(hour_of(readings[0]))
    assert (made.summary, made.retold, made.is_done) == (None, (), True)
    assert len(await world.raws()) == 60
    assert await world.there(tier="summary") == []


async def test_what_is_forgotten_takes_all_that_tell_it_and_they_come_back_without_it(world: Kitchen) -> None:
    readings = [await world.read(20.0, 10.0 * n) for n in range(5)]
    secret = await world.read(99.0, 60.0)
    elsewhere = await world.read(21.0, 7200.0)
    await world.all(hour_of(secret))
    assert figures((await world.all(hour_of(elsewhere)))[2])[:3] == (7, 20.0, 99.0)
    await world.forget(secret)
    assert {each.tags[0] for each in await world.there(tier="summary")} == {"hour"}
    due = world.ledger.due(4e9, Pace(), 99)
    assert set(due) == set(portions_of(secret))
    for portion in sorted(due, key=lambda each: ("hour", "day", "month").index(each.period)):
        await world.condense(portion)
    found = {
        each.tags[0]: figures(each)[:3] for each in await world.there(tier="summary") if each.at < NOON + 99
    }
    assert found == {"hour": (5, 20.0, 20.0)}
    assert [figures(each)[:3] for each in await world.there(tier="summary") if "month" in each.tags] == [
        (6, 20.0, 21.0)
    ]
    assert len(readings) == 5


async def test_where_an_hour_has_nothing_left_its_day_is_made_of_the_others(world: Kitchen) -> None:
    secret, other = await world.read(99.0), await world.read(20.0, 7200.0)
    for each in (secret, other):
        await world.all(hour_of(each))
    await world.forget(secret)
    for portion in portions_of(secret):
        await world.condense(portion)
    told = {each.tags[0]: figures(each)[:3] for each in await world.there(tier="summary")}
    assert told == dict.fromkeys(("hour", "day", "month"), (1, 20.0, 20.0))


@pytest.mark.parametrize("period", ["hour", "hour, thinned", "day", "text"])
@pytest.mark.parametrize("step", range(1, 33))
async def test_what_is_forgotten_while_it_is_condensed_is_in_no_summary(
    world: Kitchen, step: int, period: str
) -> None:
    if period == "text":
        secret = await world.put(text="the secret is 99", kind="event")
        await world.put(text="the bell rang", kind="event")
        portion = portions_of(secret)[0]
    else:
        await many(world, 60 if "thinned" in period else 5)
        portion = portions_of(await world.read(20.0))[0]
        if "thinned" in period:
            await world.condense(portion)
        secret = await world.read(99.0, 30.5)
        if period == "day":
            await world.all(portion)
            assert portion.above is not None
            portion = portion.above
    world.interrupt_at(step, lambda: world.forget(secret))
    made = await world.condense(portion)
    if not world.was_interrupted:
        world.interrupt_no_more()
        await world.forget(secret)
    assert not [each for each in await world.there(tier="summary") if "99" in each.text]
    due = world.ledger.due(4e9, Pace(), 99)
    assert made.is_done <= bool(set(portions_of(secret)) & set(due))
    for _ in range(2):
        for each in portions_of(secret):
            await world.condense(each)
    summaries = await world.there(tier="summary")
    assert summaries
    assert not [each for each in summaries if "99" in each.text]


def turns(count: int) -> list[dict[str, Any]]:
    return [
        {"text": f"Ana: we talked of matter {n}", "kind": "turn", "session": "s1", "seq": n, "at": NOON + n}
        for n in range(count)
    ]


@pytest.mark.parametrize("told", ["not yet", "told", "thinned"])
@pytest.mark.parametrize("step", range(1, 41))
async def test_what_is_condensed_while_something_is_forgotten_does_not_tell_it(
    world: Kitchen,
    step: int,
    told: str,
) -> None:
    portion = hour_of((await many(world, 60 if told == "thinned" else 5))[0])
    if told != "not yet":
        await world.all(portion)
    secret = await world.read(99.0, 30.5)
    if told != "not yet":
        await world.all(portion)

    async def condense() -> None:
        for each in portions_of(secret):
            await world.condense(each)

    world.interrupt_at(step, condense)
    await world.forget(secret)
    assert not [each for each in await world.there(tier="summary") if "99" in each.text]
    assert world.was_interrupted == (step <= world.steps)
    assert portion in world.ledger.due(4e9, Pace(), 99)
    await condense()
    assert not [each for each in await world.there(tier="summary") if "99" in each.text]
    assert {each.tags[0] for each in await world.there(tier="summary")} == {"hour", "day", "month"}


async def test_when_the_clock_goes_back_late_ones_are_still_counted_once(
    world: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    portion = hour_of((await many(world))[0])
    await world.condense(portion)
    monkeypatch.setattr(condensing, "time", SimpleNamespace(time=lambda: NOON))
    for n in range(2):
        await world.read(40.0, 800.0 + n)
        for _ in range(2):
            assert figures((await world.condense(portion)).summary)[0] == 61 + n


async def test_every_step_was_interrupted(world: Kitchen) -> None:
    portion = hour_of((await many(world))[0])
    for _ in range(2):
        await world.read(30.0, 900.0)
        world.interrupt_at(0, kill)
        await world.condense(portion)
        assert 12 < world.steps < 24


async def test_a_session_that_goes_on_is_told_anew_in_the_same_place(world: Kitchen) -> None:
    said = [await world.put(**turn) for turn in turns(3)]
    [portion] = portions_of(said[0])
    one = (await world.condense(portion)).summary
    await world.put(text="Ana: I am allergic to peanuts", kind="turn", session="s1", seq=9, at=NOON + 99)
    other = (await world.condense(portion)).summary
    assert one is not None
    assert other is not None
    assert one.id == other.id
    assert "peanuts" in other.text
    assert (other.session, other.tags, other.at, other.first) == ("s1", ["session"], NOON + 99, NOON)
    assert len(await world.there(tier="summary")) == 1


async def test_of_a_very_long_session_everything_is_read(
    world: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portion_sources, "TEXTS_MAX", 20)
    monkeypatch.setattr(portion_sources, "PAGE", 8)
    said = [await world.put(**turn) for turn in turns(60)]
    [portion] = portions_of(said[0])
    for text in ("never give me peanuts", "my bank is Santander in Porto"):
        one = await world.put(text=f"Ana: {text}", kind="turn", session="s1", at=NOON - 9)
        summary = (await world.condense(portion)).summary
        assert summary is not None
        assert text in summary.text, "the oldest of all, and not the most important"
        assert one.id in summary.sources
        assert (summary.first, summary.at) == (NOON - 9, NOON + 59)
        assert len(summary.sources) <= 20


async def test_of_a_very_long_session_that_is_forgotten_meanwhile_nothing_is_told(
    world: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portion_sources, "TEXTS_MAX", 20)
    monkeypatch.setattr(portion_sources, "PAGE", 8)
    said = [await world.put(**turn) for turn in turns(60)]
    vectors, forgotten = world.store.vectors, list(said)

    async def forgetting(ids: list[str]) -> Any:
        while forgotten:
            await world.forget(forgotten.pop())
        return await vectors(ids)

    monkeypatch.setattr(world.store, "vectors", forgetting)
    made = await world.condense(portions_of(said[0])[0])
    assert made.summary is None
    assert await world.there() == []


async def test_a_preference_that_changed_says_what_it_was_before(world: Kitchen) -> None:
    before = await world.put(text="Ana likes tea", kind="preference", attribute="drink", at=NOON - 10 * DAY)
    now = await world.put(text="Ana likes coffee", kind="preference", attribute="drink", session="s1")
    summary = (await world.condense(portions_of(now)[0])).summary
    assert summary is not None
    assert "coffee" in summary.text
    assert "tea" in summary.text
    assert before.id in summary.sources
    await world.forget(before)
    assert set(world.ledger.due(4e9, Pace(), 9)) == {portions_of(now)[0]}
    summary = (await world.condense(portions_of(now)[0])).summary
    assert summary is not None
    assert "tea" not in summary.text


async def test_what_is_pruned_takes_no_source_from_what_is_told_now(world: Kitchen) -> None:
    said = [await world.put(**turn) for turn in turns(condensing.GONE_MAX)]
    [portion] = portions_of(said[0])
    await world.condense(portion)
    await world.store.remove([each.id for each in said])
    now = [
        await world.put(text=f"Ana: met {n} at noon", kind="turn", session="s1", seq=n, at=NOON + n)
        for n in range(100, 100 + 2 * SOURCES_MAX)
    ]
    summary = (await world.condense(portion)).summary
    assert summary is not None
    there = {each.id for each in now}
    assert len(there.intersection(summary.sources)) >= SOURCES_MAX - 1, "the summary before is one"
    assert {each.id for each in said} <= set(summary.sources)


async def test_what_is_told_of_pruned_turns_is_not_lost_when_the_session_goes_on(
    world: Kitchen,
) -> None:
    pruned = await world.put(text="Ana is allergic to peanuts", kind="turn", session="s1")
    [portion] = portions_of(pruned)
    await world.condense(portion)
    await world.store.remove([pruned.id])
    for n, text in enumerate(["the bell rang at noon", "Ben wants a red bicycle"]):
        await world.put(text=text, kind="turn", session="s1", at=NOON + 9 + n)
        summary = (await world.condense(portion)).summary
        assert summary is not None
        assert "peanuts" in summary.text
        assert summary.first == NOON
    assert "bicycle" in summary.text
