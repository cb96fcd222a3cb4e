"""workers/measuring.py and what it measures by, over the twin store; brute force says what is right."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from memory.records import Memory, Scope
from schemas.replies import MatchesReply, Reading
from schemas.requests import Context, Recall
from tests.unit.workers.fakes import HOME, NOW, House
from workers import occurring, reach, surveying, turning
from workers.latest import TIES_MAX

HOUSE = Scope("acme", "home7", below=True)
HOUR = 3600.0
ASKED_AT = NOW - 100 * HOUR


async def ask(house: House, text: str, scope: Scope = HOUSE, **more: Any) -> MatchesReply:
    reply = await house.ask(Recall(text=text, **more), scope)
    assert isinstance(reply, MatchesReply)
    proofs = [each.memory for each in reply.readings or ()]
    assert [match.memory for match in reply.matches[: len(proofs)]] == list(dict.fromkeys(proofs))
    return reply


async def only(house: House, text: str, scope: Scope = HOUSE, **more: Any) -> Reading:
    [reading] = (await ask(house, text, scope, **more)).readings or ()
    return reading


@pytest.fixture
async def rooms(house: House) -> dict[str, list[Memory]]:
    """A hundred hours of two rooms, and what is told beside."""
    chance = Random(7)
    measured: dict[str, list[Memory]] = {}
    for place, level in (("kitchen", 21.0), ("bedroom", 17.0)):
        measured[place] = [
            await house.remember(
                hour + (1000 if place == "kitchen" else 2000),
                f"{place} temperature",
                entity=f"home7/{place}",
                device=f"thermo-{place}",
                kind="reading",
                attribute="temperature",
                value=round(level + chance.uniform(-3, 3), 1),
                unit="Cel",
                at=ASKED_AT + hour * HOUR,
            )
            for hour in range(100)
        ]
    await house.remember(1, "it was warm in the kitchen, how warm was it?", entity="home7/kitchen")
    return measured


async def test_a_span_is_the_lowest_the_mean_and_the_highest(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    found = await only(house, "how warm was the kitchen?")
    values = [float(memory.value or 0) for memory in rooms["kitchen"]]
    assert (found.asked, found.entity, found.attribute) == ("span", "home7/kitchen", "temperature")
    assert (found.device, found.unit) == ("thermo-kitchen", "Cel")
    assert (found.min, found.max, found.count) == (min(values), max(values), 100)
    assert found.mean == pytest.approx(sum(values) / 100)
    assert found.value == max(values)
    assert (await only(house, "how cold was the kitchen?")).value == min(values)


async def test_both_ends_of_a_span_are_among_the_first_matches(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    reply = await ask(house, "how warm was the kitchen?", limit=2, explain=True)
    values = [float(memory.value or 0) for memory in rooms["kitchen"]]
    assert [match.value for match in reply.matches] == [max(values), min(values)]
    assert [(match.parts or {})["reading"] > 0 for match in reply.matches] == [True, True]


async def test_extremes_of_all_rooms_come_in_their_order(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    coldest = (await ask(house, "what was the coldest day?")).readings or []
    lowest = {place: min(float(memory.value or 0) for memory in rooms[place]) for place in rooms}
    assert [each.min for each in coldest] == sorted(lowest.values())
    assert [each.entity for each in coldest] == sorted(
        (f"home7/{place}" for place in lowest), key=lambda entity: lowest[entity.removeprefix("home7/")]
    )
    assert all(each.count == 100 and each.max is None and each.mean is None for each in coldest)


async def test_only_what_the_times_let_through_is_measured(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    since, until = ASKED_AT + 10 * HOUR, ASKED_AT + 20 * HOUR
    values = [float(memory.value or 0) for memory in rooms["kitchen"] if since <= memory.at <= until]
    found = await only(house, "highest kitchen temperature", since=since, until=until)
    assert (found.max, found.count, found.since, found.until) == (max(values), 11, since, until)
    now = ASKED_AT + 99 * HOUR
    read = await only(house, "average temperature in the kitchen in the last 24 hours", now=now)
    inside = [float(memory.value or 0) for memory in rooms["kitchen"] if now - 24 * HOUR <= memory.at < now]
    assert (read.count, read.since) == (len(inside), now - 24 * HOUR)
    assert read.mean == pytest.approx(sum(inside) / len(inside))
    assert read.value in inside
    assert (await ask(house, "highest kitchen temperature", until=10.0)).readings is None


async def test_which_is_the_warmest_now_is_the_newest_of_each(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    newest = {place: float(rooms[place][-1].value or 0) for place in rooms}
    found = (await ask(house, "which room is the warmest?")).readings or []
    assert [each.value for each in found] == sorted(newest.values(), reverse=True)
    assert {each.asked for each in found} == {"last"}


async def test_a_question_is_answered_in_its_scope_alone(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    assert rooms
    assert (await ask(house, "how warm was it?", HOME)).readings is None
    assert (await ask(house, "how warm was it?", replace(HOUSE, tenant="other"))).readings is None
    bedroom = Scope("acme", "home7/bedroom")
    assert (await only(house, "how warm was it?", bedroom)).entity == "home7/bedroom"
    assert (await only(house, "how warm was it?", devices=["thermo-bedroom"])).entity == "home7/bedroom"
    assert (await ask(house, "how warm was it?", kinds=["note"])).readings is None


async def test_what_has_no_such_attribute_is_answered_as_before(house: House) -> None:
    await house.remember(1, "the welcome was warm", attribute="mood", value="warm")
    reply = await ask(house, "how warm was the welcome?")
    assert reply.readings is None
    assert [match.text for match in reply.matches] == ["the welcome was warm"]


async def test_an_attribute_of_another_name_is_known_by_its_unit(house: House) -> None:
    for number, high in enumerate((12.0, 31.5, 8.0)):
        await house.remember(number, f"day {number}", attribute="high", value=high, unit="Cel")
    await house.remember(9, "wind", attribute="gusts", value=40.0, unit="m/s")
    assert (await only(house, "the hottest day")).max == 31.5


async def test_states_are_no_numbers_and_numbers_no_states(house: House) -> None:
    await house.remember(1, "door", attribute="door", value=True)
    await house.remember(2, "door power", attribute="door_power", value=12.5, unit="W")
    assert (await only(house, "is the door open?")).attribute == "door"
    assert (await only(house, "how often did the door open?")).attribute == "door"
    assert (await ask(house, "what was the average door?")).readings is None


async def reported(house: House, values: str, **changes: Any) -> list[Memory]:
    """One report an hour: `o` open, `c` closed, `?` neither."""
    said = {"o": "open", "c": "closed", "?": "unknown"}
    usual = {"entity": "home7/hall", "attribute": "front_door", "device": "contact", "kind": "reading"}
    return [
        await house.remember(
            100 + hour, f"door {said[each]}", value=said[each], at=ASKED_AT + hour * HOUR, **(usual | changes)
        )
        for hour, each in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "count", "last", "first"),
    [
        ("coocco", 2, 5, 1), ("ooco", 2, 3, 0), ("cc", 0, None, None), ("cooo", 1, 1, 1),
        ("coc??oo", 2, 5, 1), ("ooc", 1, 0, 0), ("ooo", 3, 2, 0), ("??", None, None, None),
    ],
)  # fmt: skip
async def test_turns_to_a_state_are_counted_not_reports(
    house: House, values: str, count: int | None, last: int | None, first: int | None
) -> None:
    reports = await reported(house, values)
    often = (await ask(house, "how often did the front door open?")).readings
    assert (often and often[0].count) == count
    for question, place in (("last", last), ("first", first)):
        found = (await ask(house, f"when did the front door {question} open?")).readings
        assert (found and found[0].memory) == (None if place is None else reports[place].id)
        assert found is None or (found[0].state, found[0].asked) == ("open", question)


async def test_turns_within_a_time_know_what_was_before(house: House) -> None:
    await reported(house, "oooocoo")
    often = "how often did the front door open?"
    assert (await only(house, often, since=ASKED_AT + 2 * HOUR)).count == 1
    assert (await only(house, often, since=ASKED_AT + 2 * HOUR, until=ASKED_AT + 3 * HOUR)).count == 0
    assert (await only(house, often, since=ASKED_AT + 50 * HOUR)).count == 0
    last = "when did the front door last open?"
    assert (await ask(house, last, since=ASKED_AT + 6 * HOUR)).readings is None
    assert (await only(house, last, until=ASKED_AT + 3 * HOUR)).at == ASKED_AT


async def test_every_counted_time_is_a_match_the_newest_first(house: House) -> None:
    reports = await reported(house, "cocococ")
    reply = await ask(house, "how often did the front door open?", limit=3)
    assert [match.memory for match in reply.matches] == [reports[at].id for at in (5, 3, 1)]


async def test_bounds_are_kept_and_said(
    house: House, rooms: dict[str, list[Memory]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rooms
    monkeypatch.setattr(reach, "SAMPLES_PAGE", 7)
    assert (await only(house, "average kitchen temperature")).count == 100
    monkeypatch.setattr(reach.Reach, "__init__", _with_samples(99))
    reply = await ask(house, "how warm was the kitchen?")
    assert reply.more is True
    [span] = reply.readings or ()
    assert (span.mean, span.count) == (None, 100)
    assert span.min is not None
    assert (await ask(house, "average kitchen temperature")).readings is None


def _with_samples(count: int) -> Any:
    made = reach.Reach.__init__

    def init(self: reach.Reach, *args: Any) -> None:
        made(self, *args, count)

    return init


@pytest.mark.parametrize("question", ["the coldest day", "where is it coldest?"])
async def test_of_many_series_those_that_answer_best_are_told(
    house: House, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveying, "ENTITIES_MAX", 20 if question.startswith("where") else 10)
    for number, value in enumerate([*range(15, 0, -1), 40, 41, 42]):
        entity = f"home7/room-{number}"
        await house.remember(number, "t", entity=entity, attribute="temperature", value=float(value))
    reply = await ask(house, question)
    assert [each.value for each in reply.readings or ()][:1] == [1.0]
    assert (len(reply.readings or ()), reply.more) == (surveying.SERIES_MAX, True)


async def test_entities_beyond_what_a_store_counts_are_said_to_be_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        entity = f"home7/room-{number}"
        await house.remember(number, "t", entity=entity, attribute="temperature", value=float(number))
    assert (await ask(house, "which room is the coldest?")).more is None
    monkeypatch.setattr(surveying, "FACET_VALUES_MAX", 4)
    assert (await ask(house, "which room is the coldest?")).more is True
    assert (await ask(house, "who is Ana?")).more is None


async def test_a_last_turn_is_looked_for_page_by_page_up_to_a_bound(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = await reported(house, "c" + "o" * 30)
    monkeypatch.setattr(turning, "WALKED_PAGE", 4)
    assert (await only(house, "when did the front door last open?")).memory == reports[1].id
    monkeypatch.setattr(turning, "WALKED_MAX", 16)
    reply = await ask(house, "when did the front door last open?")
    assert (reply.readings, reply.more) == (None, True)


async def test_what_is_told_of_is_counted_by_its_words(house: House) -> None:
    told = [
        await house.remember(number, text, kind="event", at=NOW - 1000 + number)
        for number, text in enumerate(
            ("Ana watered the plants", "Ben watered the plants", "Ana watered her plants")
        )
    ]
    await house.remember(9, "Ana says she will water the plants", kind="turn")
    often = await only(house, "how often did Ana water the plants?")
    assert (often.asked, often.count, often.memory) == ("count", 2, told[2].id)
    assert (often.attribute, often.entity) == (None, "home7")
    assert (await only(house, "when did Ana last water the plants?")).memory == told[2].id
    assert (await only(house, "when did Ana first water the plants?")).memory == told[0].id
    assert (await only(house, "how often did Ana water the plants?", kinds=["turn"])).count == 1
    assert (await ask(house, "how often did Cleo water the plants?")).readings is None


async def test_a_thing_that_is_named_tells_of_itself_before_others_do(house: House) -> None:
    texts = ("Ding dong", "A visitor is here", "Ding dong", "A visitor is here", "Eleven guests have arrived")
    for number, text in enumerate(texts):
        await house.remember(number, text, kind="event", device="doorbell", at=NOW - 1000 + number)
    await house.remember(9, "Ben repaired the doorbell, which rings again", kind="event", at=NOW)
    often = "how often did the doorbell ring?"
    assert (await only(house, often)).count == 4
    assert (await only(house, often, since=NOW - 998)).count == 2
    assert (await only(house, "when did the doorbell last ring?")).at == NOW - 997
    assert (await only(house, "when did the doorbell first ring?")).at == NOW - 1000
    spoken_of = await only(house, often, devices=["kiosk-1"])
    assert (spoken_of.count, spoken_of.at) == (1, NOW)


async def test_a_state_that_no_table_knows_is_asked_for_by_its_own_word(house: House) -> None:
    reports = [
        await house.remember(number, value, kind="event", attribute="vacuum", value=value, device="v-1")
        for number, value in enumerate(("docked", "cleaning", "stuck", "cleaning", "docked"))
    ]
    cleaned = await only(house, "how often did the vacuum clean?")
    assert (cleaned.count, cleaned.state) == (2, "cleaning")
    assert (await only(house, "when was the floor last swept?")).memory == reports[3].id
    assert (await only(house, "when did the vacuum last get stuck?")).memory == reports[2].id
    assert (await only(house, "what is the vacuum doing?")).value == "docked"
    assert (await ask(house, "when did the vacuum last explode?")).readings is None


async def test_the_cat_is_fed_each_time_that_the_feeder_says_so(house: House) -> None:
    for number, grams in enumerate((30, 25, 30)):
        await house.remember(
            number, "kibble", kind="event", attribute="cat_food", value=grams, device="feeder", unit="g"
        )
    fed = await only(house, "how often was Minka fed?")
    assert (fed.count, fed.state, fed.attribute) == (3, None, "cat_food")


async def test_counting_what_is_told_has_a_bound(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        await house.remember(number, "the bell rang", kind="event")
    monkeypatch.setattr(occurring, "EVENTS_MAX", 4)
    reply = await ask(house, "how often did the bell ring?")
    assert (reply.more, (reply.readings or [])[0].count) == (True, 4)


async def test_of_equals_the_newest_proves(house: House) -> None:
    for number in range(TIES_MAX - 1):
        await house.remember(number, "t", attribute="temperature", value=5.0, at=NOW - 10 * number)
    assert (await only(house, "the coldest day")).at == NOW


async def test_a_context_says_readings_first_each_citing_its_proof(
    house: House, rooms: dict[str, list[Memory]]
) -> None:
    values = [float(memory.value or 0) for memory in rooms["kitchen"]]
    reply = await house.ask(Context(text="how warm was the kitchen?", tz="UTC"), HOUSE)
    title, line, *_ = reply.context.splitlines()
    assert title == "Readings:"
    mean = round(sum(values) / len(values), 2)
    assert line.startswith(
        f"kitchen temperature: {min(values):g} to {max(values):g} °C, mean {mean:g} (100 readings); highest ("
    )
    assert line.endswith(" [1]")
    assert reply.matches[0].memory == (reply.readings or [])[0].memory
    tight = await house.ask(Context(text="how warm was the kitchen?", budget=10), HOUSE)
    assert (tight.context.startswith("Readings:"), tight.tokens <= 10) == (False, True)
    assert tight.readings
