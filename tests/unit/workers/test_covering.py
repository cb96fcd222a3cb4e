"""workers/covering.py and overall.py: what readings say of a time of which little but summaries is left."""

import asyncio
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from memory.conditions import EVERYTHING, Filters, scoped
from memory.embedding import Embedder
from memory.figures import PROOFS_MAX
from memory.ledger import Ledger
from memory.lexicon import lexicon
from memory.policies import PortionRules
from memory.portions import Period, Portion, portions_of
from memory.records import ENGLISH, Identity, Memory, Scope
from memory.series import Series
from memory.store_twin import TwinStore
from memory.time_windows import Window
from memory.word_forms import WordForms
from tests.contract.memories import DIMENSION, a_memory, put
from tests.unit.workers.fakes import WordsModel
from workers.condensing import Condensing
from workers.covering import cover
from workers.measuring import Answered, Measuring
from workers.reach import Reach

MONTH = 1_698_796_800
"""Midnight of 2023-11-01 in UTC."""
HOUR_S, DAY_S = 3600, 86_400
NOW = MONTH + 40 * DAY_S
HOME = Scope("acme", "home7/kitchen")
DAYS = 8
KEPT = 8


@dataclass(slots=True)
class House:
    """Some days of a thermometer and of a door, condensed and thinned."""

    store: TwinStore
    condensing: Condensing
    temperatures: list[tuple[float, float]]
    doors: list[tuple[float, str]]
    working: list[Embedder | Ledger] = field(default_factory=list)

    def close(self) -> None:
        """What condenses; what answers goes on."""
        for each in self.working:
            each.close()

    async def condense(self, memories: list[Memory]) -> None:
        """Hours, then days, then the month; what a summary tells is thinned as the summarizer does."""
        for level in range(3):
            portions = dict.fromkeys(portions_of(memory)[level] for memory in memories)
            for portion in portions:
                made = await self.condensing.condense(portion)
                await self.store.remove(list(made.retold))

    async def ask(self, text: str, since: float | None = None, until: float | None = None) -> Answered:
        windows = [] if since is None and until is None else [Window(since, until, "then", hard=True)]
        forms = WordForms(lexicon(ENGLISH).stems)
        return await Measuring(self.store, forms).answered(HOME, EVERYTHING, text, windows, NOW)


def of_entity(at: float, attribute: str, value: float | str, number: int) -> Memory:
    return a_memory(
        entity=HOME.entity, attribute=attribute, value=value, unit=None, at=at, received=at, kind="reading",
        device="box", text=f"kitchen {attribute} {value} {number}", tenant=HOME.tenant,
    )  # fmt: skip


def summaries_of(period: Period, count: int) -> list[str]:
    """The ids of the first of either series."""
    length_s = HOUR_S if period == "hour" else DAY_S
    return [
        Portion(HOME.tenant, HOME.entity, period, MONTH + n * length_s, "box", name).summary_id
        for n in range(count)
        for name in ("temperature", "door")
    ]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Built once: nothing in it belongs to a loop."""
    return asyncio.run(_some_days(tmp_path_factory.mktemp("ledger")))


async def _empty(directory: Path) -> House:
    model, store = WordsModel(), TwinStore()
    model.dimension = DIMENSION  # of what `put` stores
    await store.open(Identity(1, model.name, model.precision, model.dimension))
    embedder = Embedder(model, threads=1, cache_texts_max=10)
    ledger = Ledger(directory / "ledger.sqlite3")
    rules = PortionRules(keep_max=KEPT)
    condensing = Condensing(store, embedder, lexicon(ENGLISH), lambda _portion: rules, ledger=ledger)
    return House(store, condensing, [], [], [embedder, ledger])


async def _some_days(directory: Path) -> House:
    made = await _empty(directory)
    chance, store = Random(7), made.store
    temperatures = [(MONTH + n * 1200.0, round(chance.gauss(20, 2), 3)) for n in range(DAYS * 72)]
    doors, state = [], "closed"
    for n in range(DAYS * 24):
        state = chance.choice(["open", "closed"])
        doors.append((MONTH + n * HOUR_S + 5.0, state))
    memories = [of_entity(at, "temperature", value, n) for n, (at, value) in enumerate(temperatures)]
    memories += [of_entity(at, "door", value, n) for n, (at, value) in enumerate(doors)]
    await put(store, *memories)
    made.temperatures, made.doors = temperatures, doors
    await made.condense(memories)
    # Of the first days nothing raw is left, and of the very first no hours.
    old = [each.id for each in memories if each.at < MONTH + 5 * DAY_S]
    await store.remove(old)
    await store.remove(summaries_of("hour", 3 * 24))
    made.close()
    return made


TIMES = [
    (MONTH, MONTH + 30 * DAY_S - 0.001),
    (MONTH + DAY_S, MONTH + 4 * DAY_S - 0.001),
    (MONTH + 3 * DAY_S + 5 * HOUR_S, MONTH + 4 * DAY_S + 3 * HOUR_S - 0.001),
    (MONTH + 6 * DAY_S + 1800, MONTH + 7 * DAY_S),
    (None, None),
]


@pytest.mark.parametrize(("since", "until"), TIMES)
async def test_lowest_mean_highest_and_count_are_those_of_all_there_were(
    house: House, since: float | None, until: float | None
) -> None:
    said = [value for at, value in house.temperatures if (since or 0) <= at <= (until or NOW)]
    answered = await house.ask("how warm was it?", since, until)
    [span] = answered.measured
    assert (span.low, span.high, span.count) == (min(said), max(said), len(said))
    assert span.mean == pytest.approx(sum(said) / len(said), rel=1e-9)
    assert {proof.tier for proof in span.proofs} <= {"raw", "summary"}
    [lowest] = (await house.ask("the lowest temperature", since, until)).measured
    assert (lowest.low, lowest.value) == (min(said), min(said))
    [mean] = (await house.ask("the average temperature", since, until)).measured
    assert mean.mean == pytest.approx(sum(said) / len(said), rel=1e-9)


@pytest.mark.parametrize(("since", "until"), TIMES[:3])
async def test_how_often_a_door_opened_is_told_by_summaries(house: House, since: float, until: float) -> None:
    before = [value for at, value in house.doors if at < since][-1:] or ["closed"]
    said = [value for at, value in house.doors if since <= at <= until]
    turns = sum(was != "open" == is_ for was, is_ in pairwise([*before, *said]))
    [often] = (await house.ask("how often did the door open?", since, until)).measured
    # What was open before the first summary counts as a turn of it: at most one too many.
    assert turns <= (often.count or 0) <= turns + 1


async def test_the_newest_ten_of_what_is_left_prove_it(house: House) -> None:
    [often] = (await house.ask("how often did the door open?", MONTH, MONTH + 30 * DAY_S - 0.001)).measured
    left = [memory for memory in often.proofs if memory.tier == "raw"]
    assert [memory.value for memory in left] == ["open"] * PROOFS_MAX


async def test_what_comes_after_the_summaries_is_counted_with_them(house: House) -> None:
    day = MONTH + 9 * DAY_S
    await put(house.store, *(of_entity(day + n, "temperature", 50.0 + n, 9000 + n) for n in range(3)))
    [highest] = (await house.ask("the highest temperature", MONTH + 7 * DAY_S, day + 9)).measured
    said = [value for at, value in house.temperatures if at >= MONTH + 7 * DAY_S]
    assert (highest.high, highest.count) == (52.0, len(said) + 3)
    assert highest.proof.value == 52.0


async def test_where_nothing_is_summarised_readings_speak_alone(house: House) -> None:
    series = Series("home7/hall", "temperature", "box")
    reach = Reach(house.store, Scope("acme", "home7/hall"), Filters(), NOW)
    assert await cover(reach, series) is None


def told(house: House, since: float, until: float) -> list[float]:
    return [value for at, value in house.temperatures if since <= at <= until]


MOVED = {
    "a day of Berlin, of which no hours are left": ((1, -1), (2, -1), (1, 0), (2, 0)),
    "one of New York": ((1, 5), (2, 5), (1, 0), (2, 0)),
    "of Auckland": ((0, 12), (2, 12), (0, 0), (2, 0)),
    "its hours are left at one end": ((1, 5), (3, 5), (1, 0), (3, 5)),
    "it is mostly within": ((0, 9), (2, 0), (0, 0), (2, 0)),
    "it is mostly outside": ((0, 15), (2, 0), (1, 0), (2, 0)),
    "since is open": (None, (1, 20), None, (2, 0)),
    "a day of India, of which hours are left": ((3, 18.5), (4, 18.5), (3, 18), (4, 18)),
}


@pytest.mark.parametrize(("since", "until", "first", "last"), MOVED.values(), ids=MOVED)
async def test_what_cuts_a_summary_that_is_left_alone_is_moved_to_its_bounds_and_told_so(
    house: House,
    since: tuple[int, float] | None,
    until: tuple[int, float],
    first: tuple[int, float] | None,
    last: tuple[int, float],
) -> None:
    said = told(house, _at(first) or 0, _until(last))
    answered = await house.ask("how warm was it?", _at(since), _until(until))
    [span] = answered.measured
    assert (span.since, span.until, span.snapped) == (_at(first), pytest.approx(_until(last)), True)
    assert (span.low, span.high, span.count) == (min(said), max(said), len(said))
    assert span.mean == pytest.approx(sum(said) / len(said), rel=1e-9)
    assert not answered.more
    [highest] = (await house.ask("the highest temperature", _at(since), _until(until))).measured
    assert (highest.high, highest.value, highest.snapped) == (max(said), max(said), True)
    whole_days = first is None or first[1] == 0
    [often] = (await house.ask("how often did the door open?", _at(since), _until(until))).measured
    states = [value for at, value in house.doors if (often.since or 0) <= at <= (often.until or NOW)]
    turns = sum(was != "open" == is_ for was, is_ in pairwise(["closed", *states]))
    assert often.count == turns
    assert (often.since or 0) <= often.at <= (often.until or NOW)
    # A door that moved before half past is not cut there.
    assert (often.since, often.snapped) == ((_at(first), True) if whole_days else (_at(since), False))


def _at(moment: tuple[int, float] | None) -> float | None:
    return None if moment is None else MONTH + moment[0] * DAY_S + moment[1] * HOUR_S


def _until(moment: tuple[int, float]) -> float:
    return MONTH + moment[0] * DAY_S + moment[1] * HOUR_S - 0.001


@pytest.mark.parametrize(("since", "until"), [((1, 10), (1, 11)), ((1, 6), (1, 22)), ((1, 18), (2, 6))])
async def test_a_part_of_a_day_is_not_told_by_the_day(
    house: House, since: tuple[int, float], until: tuple[int, float]
) -> None:
    for text in ("how warm was it?", "the average temperature", "how often did the door open?"):
        answered = await house.ask(text, _at(since), _until(until))
        assert not answered.measured
        assert answered.more


async def test_what_of_a_part_is_left_is_told_of_the_part(house: House) -> None:
    since, until = MONTH + 2 * DAY_S + 20 * HOUR_S, MONTH + 3 * DAY_S + 4 * HOUR_S - 0.001
    [span] = (await house.ask("how warm was it?", since, until)).measured
    said = told(house, MONTH + 3 * DAY_S, until)
    assert (span.since, span.until, span.count) == (MONTH + 3 * DAY_S, until, len(said))


async def test_where_all_is_left_times_stay_as_they_were_asked(house: House) -> None:
    since, until = MONTH + 5 * DAY_S + 1800, MONTH + 7 * DAY_S - 1800.001
    [span] = (await house.ask("how warm was it?", since, until)).measured
    assert (span.since, span.until, span.snapped) == (since, until, False)
    assert span.count == len(told(house, since, until))


async def test_a_day_that_tells_of_nothing_beyond_is_whole_in_any_zone(tmp_path: Path) -> None:
    house = await _empty(tmp_path)
    readings = [of_entity(MONTH + 10 * HOUR_S + n * 600, "temperature", 20.0 + n, n) for n in range(18)]
    await put(house.store, *readings)
    await house.condense(readings)
    await house.store.remove([*(each.id for each in readings), *summaries_of("hour", 24)])
    for since_h, until_h in ((-1, 23), (5, 29), (10, 13)):
        since, until = MONTH + since_h * HOUR_S, MONTH + until_h * HOUR_S - 0.001
        [span] = (await house.ask("how warm was it?", since, until)).measured
        assert (span.count, span.high, span.since, span.snapped) == (18, 37.0, since, False)
    house.close()


async def test_where_even_days_are_gone_the_month_is_taken_for_a_month_alone(house: House) -> None:
    house = replace(house, store=deepcopy(house.store))
    gone = [*summaries_of("hour", DAYS * 24), *summaries_of("day", DAYS)]
    left = await house.store.newest(scoped(HOME, EVERYTHING, None), 1000)
    await house.store.remove([*gone, *(each.id for each in left if each.tier == "raw")])
    values = [value for _, value in house.temperatures]
    for offset_h in (-1, 5):
        since, until = MONTH + offset_h * HOUR_S, MONTH + 30 * DAY_S + offset_h * HOUR_S - 0.001
        answered = await house.ask("how warm was it?", since, until)
        [span] = answered.measured
        assert (span.low, span.high, span.count) == (min(values), max(values), len(values))
        assert not answered.more
    week = await house.ask("how warm was it?", MONTH + DAY_S, MONTH + 8 * DAY_S - 0.001)
    assert (week.measured, week.more) == ([], True)


async def test_within_a_thinned_hour_what_is_left_of_it_speaks_unless_a_day_is_asked_for(
    tmp_path: Path,
) -> None:
    house = await _empty(tmp_path)
    readings = [of_entity(MONTH + n * 60, "temperature", float(n), n) for n in range(26 * 60)]
    await put(house.store, *readings)
    await house.condense(readings)
    since = MONTH + 600
    [part] = (await house.ask("how warm was it?", since, MONTH + 2 * HOUR_S - 0.001)).measured
    assert (part.since, part.high, part.snapped) == (since, 119.0, False)
    assert 60 < (part.count or 0) < 60 + KEPT
    [day] = (await house.ask("how warm was it?", since, since + DAY_S - 0.001)).measured
    assert (day.since, day.until) == (MONTH, MONTH + DAY_S - 0.001)
    assert (day.low, day.high, day.count) == (0.0, 24 * 60 - 1, 24 * 60)
    house.close()
