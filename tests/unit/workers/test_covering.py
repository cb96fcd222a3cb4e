"""workers/covering.py and overall.py: what readings say of a time of which little but summaries is left."""

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from memory.conditions import EVERYTHING, Filters
from memory.embedding import Embedder
from memory.ledger import Ledger
from memory.lexicon import lexicon
from memory.policies import PortionRules
from memory.portions import Portion, portions_of
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


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Built once: nothing in it belongs to a loop."""
    return asyncio.run(_some_days(tmp_path_factory.mktemp("ledger")))


async def _some_days(directory: Path) -> House:
    chance = Random(7)
    model, store = WordsModel(), TwinStore()
    model.dimension = DIMENSION  # of what `put` stores
    await store.open(Identity(1, model.name, model.precision, model.dimension))
    embedder = Embedder(model, threads=1, cache_texts_max=10)
    ledger = Ledger(directory / "ledger.sqlite3")
    rules = PortionRules(keep_max=KEPT)
    condensing = Condensing(store, embedder, lexicon(ENGLISH), lambda _portion: rules, ledger=ledger)
    temperatures = [(MONTH + n * 1200.0, round(chance.gauss(20, 2), 3)) for n in range(DAYS * 72)]
    doors, state = [], "closed"
    for n in range(DAYS * 24):
        state = chance.choice(["open", "closed"])
        doors.append((MONTH + n * HOUR_S + 5.0, state))
    memories = [of_entity(at, "temperature", value, n) for n, (at, value) in enumerate(temperatures)]
    memories += [of_entity(at, "door", value, n) for n, (at, value) in enumerate(doors)]
    await put(store, *memories)
    made = House(store, condensing, temperatures, doors)
    await made.condense(memories)
    # Of the first days nothing raw is left, and of the very first no hours.
    old = [each.id for each in memories if each.at < MONTH + 5 * DAY_S]
    await store.remove(old)
    hours = [Portion(HOME.tenant, HOME.entity, "hour", MONTH + n * HOUR_S, "box", name).summary_id
             for n in range(3 * 24) for name in ("temperature", "door")]  # fmt: skip
    await store.remove(hours)
    embedder.close()
    ledger.close()
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
