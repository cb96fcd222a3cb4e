"""workers/answers.py, over the twin store and a model made of words."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from broker_bridge.topics import Topic
from memory.records import Scope
from memory.store import FACET_VALUES_MAX
from schemas.replies import StateReply, StatsReply
from schemas.requests import REQUESTS, Context, Get, Profile, Recall, Recent, Request, State, Stats
from schemas.wire import Invalid
from tests.unit.workers.fakes import HOME, NOW, House, numbered
from workers.answers import scope_of, to_match
from workers.unanswered import NotFound, NotServed

HOUSE = Scope("acme", "home7", below=True)
KITCHEN = Scope("acme", "home7/kitchen")


async def test_recall_answers_the_nearest_first_with_a_score(house: House) -> None:
    for number, text in enumerate(("the keys hang by the door", "the keys", "Ana likes tea")):
        await house.remember(number, text)
    reply = await house.ask(Recall(text="the keys"))
    assert [match.text for match in reply.matches][:2] == ["the keys", "the keys hang by the door"]
    scores = [match.score for match in reply.matches]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(1.0, abs=1e-3)
    assert all(0 <= score <= 1 for score in scores)


async def test_what_is_recent_counts_from_the_askers_clock(house: House) -> None:
    await house.remember(1, "the keys")
    now, in_ten_years = [
        (await house.ask(Recall(text="the keys", explain=True, now=asked))).matches[0].parts["recency"]
        for asked in (NOW, NOW + 10 * 365 * 86_400.0)
    ]
    assert in_ten_years < now / 100


async def test_recall_keeps_to_limit_and_min_score_and_explains_when_asked(house: House) -> None:
    for number in range(5):
        await house.remember(number, "the keys")
    await house.remember(9, "something else")
    assert len(await house.texts(Recall(text="the keys", limit=3))) == 3
    assert await house.texts(Recall(text="the keys", min_score=0.6)) == ["the keys"] * 5
    [plain] = (await house.ask(Recall(text="the keys", limit=1))).matches
    [explained] = (await house.ask(Recall(text="the keys", limit=1, explain=True))).matches
    assert plain.parts is None
    assert explained.parts
    assert explained.score == plain.score


async def test_recent_answers_the_newest_first_and_later_in_its_session_first(house: House) -> None:
    await house.remember(1, "old", at=10.0)
    await house.remember(2, "second", at=20.0, seq=2)
    await house.remember(3, "third", at=20.0, seq=3)
    await house.remember(4, "no seq", at=20.0)
    assert await house.texts(Recent(limit=3)) == ["third", "second", "no seq"]
    assert house.model.calls == []


async def test_filters_are_pushed_down_to_the_store(house: House) -> None:
    await house.remember(
        1, "wanted", kind="turn", device="watch", session="s", tags=["a", "b"], meta={"n": 1}, at=50.0
    )
    await house.remember(2, "other", at=60.0)
    for wanted in (
        {"kinds": ["turn", "x"]}, {"devices": ["watch"]}, {"sessions": ["s"]}, {"tags": ["a", "b"]},
        {"meta": {"n": 1.0}}, {"until": 55.0}, {"since": 50.0, "until": 50.0},
    ):  # fmt: skip
        assert await house.texts(Recent(**wanted)) == ["wanted"]
        assert await house.texts(Recall(text="other", **wanted)) == ["wanted"]
    assert await house.texts(Recent(kinds=["turn"], devices=["kiosk-1"])) == []
    assert await house.texts(Recent(tags=["a", "c"])) == []


async def test_a_negative_bound_counts_back_from_now(house: House) -> None:
    await house.remember(1, "an hour ago", at=time.time() - 3600)
    await house.remember(2, "just now", at=time.time() - 1)
    assert await house.texts(Recent(since=-600.0)) == ["just now"]
    assert await house.texts(Recent(until=-600.0)) == ["an hour ago"]


EVERY_READ = [
    Recall(text="secret"), Recent(), State(), State(attributes=["temperature"]), Get(memories=[numbered(1)]),
    Stats(), Context(text="secret"), Profile(),
]  # fmt: skip


@pytest.mark.parametrize("request_", EVERY_READ, ids=lambda request: request.op)
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"tenant": "other"},
        {"entity": "home70"},
        {"entity": "home7/kitchen"},
        {"entity": "home"},
        {"expires": NOW - 1},
    ],
    ids=repr,
)
async def test_no_op_sees_another_tenant_or_entity_or_what_has_expired(
    house: House, request_: Request, elsewhere: dict[str, Any]
) -> None:
    await house.remember(1, "secret", attribute="temperature", value=1, kind="fact", **elsewhere)
    try:
        said = str((await house.ask(request_)).dump(short=False))
    except NotFound:
        return
    assert "secret" not in said
    assert "temperature" not in said
    assert numbered(1) not in said
    assert "'count': 1" not in said


async def test_all_below_sees_the_whole_house_and_no_neighbour(house: House) -> None:
    await house.remember(1, "house")
    await house.remember(2, "kitchen", entity="home7/kitchen")
    await house.remember(3, "oven", entity="home7/kitchen/oven")
    await house.remember(4, "neighbour", entity="home70")
    assert set(await house.texts(Recent(), HOUSE)) == {"house", "kitchen", "oven"}
    assert await house.texts(Recent(), HOME) == ["house"]
    assert await house.texts(Recent(), KITCHEN) == ["kitchen"]


async def test_get_answers_in_the_order_of_asking_each_once_and_passes_over_what_is_none(
    house: House,
) -> None:
    await house.remember(1, "one")
    await house.remember(2, "two")
    asked = [numbered(2), "no id", numbered(9), numbered(1), numbered(2), numbered(1).upper(), ""]
    assert await house.texts(Get(memories=asked)) == ["two", "one"]


@pytest.mark.parametrize("memories", [["x"], [numbered(9)], [numbered(1)[:-1]], ["*"], [""]])
async def test_get_says_when_none_is_there(house: House, memories: list[str]) -> None:
    await house.remember(1, "one")
    with pytest.raises(NotFound, match="`memories`"):
        await house.ask(Get(memories=memories))


async def test_state_answers_the_newest_of_each_attribute(house: House) -> None:
    await house.remember(1, "old", attribute="temperature", value=20.0, unit="Cel", at=10.0)
    await house.remember(2, "new", attribute="temperature", value=21.5, unit="Cel", at=20.0)
    await house.remember(3, "late but older", attribute="temperature", value=19.0, at=15.0)
    await house.remember(4, "door", attribute="door", value=True, at=5.0, entity="home7/hall")
    reply = await house.ask(State(), HOUSE)
    assert isinstance(reply, StateReply)
    assert {name: (entry.value, entry.at, entry.entity) for name, entry in reply.state.items()} == {
        "temperature": (21.5, 20.0, "home7"),
        "door": (True, 5.0, "home7/hall"),
    }
    only = await house.ask(State(attributes=["door", "none such"]), HOUSE)
    assert list(only.state) == ["door"]


async def test_stats_count_by_kind_tier_and_device_and_span_the_time(house: House) -> None:
    await house.remember(1, "a", kind="turn", at=10.0)
    await house.remember(2, "b", kind="turn", device="watch", at=30.0)
    await house.remember(3, "c", tier="summary", at=20.0)
    reply = await house.ask(Stats())
    assert isinstance(reply, StatsReply)
    assert (reply.count, reply.first, reply.last) == (3, 10.0, 30.0)
    assert (reply.kinds, reply.devices) == ({"turn": 2, "note": 1}, {"kiosk-1": 2, "watch": 1})
    assert reply.tiers == {"raw": 2, "summary": 1}


@pytest.mark.parametrize(("devices", "more"), [(FACET_VALUES_MAX - 1, None), (FACET_VALUES_MAX + 1, True)])
async def test_stats_say_where_they_count_only_the_most_frequent(
    house: House, devices: int, *, more: bool | None
) -> None:
    for number in range(devices):
        await house.remember(number, "a", device=f"d{number}")
    reply = await house.ask(Stats())
    assert isinstance(reply, StatsReply)
    assert (reply.more, reply.count) == (more, devices)


async def test_of_nothing_there_is_an_answer_too(house: House) -> None:
    assert await house.texts(Recall(text="x")) == await house.texts(Recent()) == []
    assert (await house.ask(State())).state == {}
    empty = await house.ask(Stats())
    assert (empty.count, empty.first, empty.kinds) == (0, None, {})


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
async def test_an_op_is_answered_or_said_not_to_be(house: House, kind: type[Request]) -> None:
    served = {Recall, Recent, Context, State, Profile, Get, Stats}
    if kind in served:
        house.answers.check_served(kind)
    else:
        with pytest.raises(
            NotServed, match="this version serves recall, recent, context, state, profile, get, stats"
        ):
            house.answers.check_served(kind)


async def test_a_match_holds_everything_that_is_remembered(house: House) -> None:
    memory = await house.remember(
        1, "warm", observation_id=7, value=False, unit="1", attribute="on", session="s", seq=0, tags=["t"],
        importance=0.0, meta={"a": None}, tier="summary", seen=3, expires=NOW + 60,
    )  # fmt: skip
    match = to_match(memory, score=0.5, parts={"dense": 0.5})
    assert match.dump(short=False) == {
        "memory": numbered(1), "id": 7, "entity": "home7", "device": "kiosk-1", "kind": "note",
        "text": "warm", "value": False, "unit": "1", "attribute": "on", "at": memory.at, "score": 0.5,
        "session": "s", "seq": 0, "tags": ["t"], "importance": 0.0, "tier": "summary", "seen": 3,
        "meta": {"a": None}, "parts": {"dense": 0.5},
    }  # fmt: skip


async def test_what_was_seen_once_and_has_no_tags_does_not_say_so(house: House) -> None:
    said = to_match(await house.remember(1, "plain")).dump(short=False)
    assert not {"seen", "tags", "score", "id", "value"} & said.keys()


@pytest.mark.parametrize(
    ("topic", "scope"),
    [
        ("mem/v1/acme/query/kiosk-1/home7", HOME),
        ("mem/v1/acme/query/kiosk-1/home7/_all", HOUSE),
        ("mem/v1/acme/query/kiosk-1/home7/kitchen", KITCHEN),
    ],
)
def test_the_scope_of_a_request_is_its_topics(topic: str, scope: Scope) -> None:
    assert scope_of(Topic.parse(topic).address) == scope


async def test_recall_leans_to_a_time_in_its_words_by_the_askers_clock(house: House) -> None:
    the_eighth = datetime(2023, 5, 8, tzinfo=UTC).timestamp()
    await house.remember(1, "the door opened", at=the_eighth + 23 * 3600)
    await house.remember(2, "the door opened", at=the_eighth + 12 * 3600)
    await house.remember(3, "the door opened")
    question = Recall(text="who opened the door yesterday", now=the_eighth + 39 * 3600)
    reply = await house.ask(question)
    assert [match.memory for match in reply.matches][2] == numbered(3), "cut it does not: days are told later"
    assert {match.memory for match in reply.matches[:2]} == {numbered(1), numbered(2)}
    [read] = reply.time or []
    assert (read.words, read.since, read.hard) == (
        "yesterday",
        datetime(2023, 5, 8, tzinfo=UTC).timestamp(),
        True,
    )
    reply = await house.ask(question.model_copy(update={"tz": "Europe/Berlin"}))
    assert reply.matches[0].memory == numbered(2), "at the other it was the ninth there"


async def test_times_are_of_the_households_zone_where_the_request_names_none(house: House) -> None:
    noon = datetime(2023, 5, 9, 12, tzinfo=UTC).timestamp()
    question = Recall(text="who opened the door yesterday", now=noon)

    async def since(tenant: str, **more: str) -> float | None:
        reply = await house.ask(question.model_copy(update=more), Scope(tenant, "home7"))
        [read] = reply.time or []
        return read.since

    assert await since("acme") == datetime(2023, 5, 8, tzinfo=UTC).timestamp()
    assert await since("tokyo") == datetime(2023, 5, 7, 15, tzinfo=UTC).timestamp()
    assert await since("tokyo", tz="UTC") == await since("acme")


async def test_recall_is_not_bound_by_words_where_the_request_says_since(house: House) -> None:
    await house.remember(1, "the door opened", at=10.0)
    reply = await house.ask(Recall(text="who opened the door yesterday", since=5.0, until=20.0))
    assert [match.memory for match in reply.matches] == [numbered(1)]
    assert [each.words for each in reply.time or []] == ["yesterday"]


@pytest.mark.parametrize(
    ("text", "first"),
    [("when did the door last open? the latest", 9), ("when did the door open for the first time", 0)],
)
async def test_recall_of_the_latest_and_of_the_first_is_steered_there(
    house: House, text: str, first: int
) -> None:
    for number in range(10):
        await house.remember(number, "the door did open", at=1_000_000.0 + number)
    assert (await house.ask(Recall(text=text))).matches[0].memory == numbered(first)


async def test_recall_without_a_time_in_its_words_says_nothing_of_time(house: House) -> None:
    await house.remember(1, "the keys")
    assert (await house.ask(Recall(text="where may the keys be"))).time is None


async def test_a_time_zone_that_is_none_is_the_askers_error(house: House) -> None:
    with pytest.raises(Invalid, match="`tz`: no time zone"):
        await house.ask(Recall(text="the keys", tz="Europe/Atlantis"))


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (Recall(text="the favourite drink of Ana"), "Ana takes tea"),
        (Recall(text="what was the favourite drink of Ana"), "the favourite drink of Ana is coffee"),
        (Recall(text="the favourite drink of Ana originally"), "the favourite drink of Ana is coffee"),
        (Recall(text="the favourite drink of Ana", since=1.0), "the favourite drink of Ana is coffee"),
    ],
    ids=["now", "the past", "the oldest", "a bound"],
)
async def test_recall_puts_the_newest_state_before_its_past_unless_that_is_asked_for(
    house: House, asked: Recall, first: str
) -> None:
    drink: dict[str, Any] = {"kind": "fact", "attribute": "drink"}
    await house.remember(1, "the favourite drink of Ana is coffee", at=NOW - 400 * 86_400.0, **drink)
    await house.remember(2, "Ana takes tea", at=NOW - 86_400.0, **drink)
    texts = await house.texts(asked)
    assert texts[0] == first
    assert len(texts) == 2


async def test_a_reading_that_answers_comes_before_the_newest_one(house: House) -> None:
    for number, value in enumerate((25.0, 18.0), 1):
        await house.remember(
            number, f"home7 temperature {value} °C", kind="reading", attribute="temperature", value=value
        )
    [texts, _] = [await house.texts(Recall(text=f"{each} temperature")) for each in ("highest", "lowest")]
    assert texts[0] == "home7 temperature 25.0 °C"
