"""workers/prompts.py, over the twin store and a model made of words."""

from datetime import UTC, datetime

import pytest

from memory.records import Scope
from schemas.replies import ContextReply
from schemas.requests import Context, Profile
from tests.unit.workers.fakes import HOME, NOW, House
from workers.fitting import Recounted
from workers.prompts import most_told

HOUSE = Scope("acme", "home7", below=True)


def lines(reply: ContextReply) -> list[str]:
    """What is told, without headings and citations."""
    return [line.rsplit(" [", 1)[0] for line in reply.context.splitlines() if line.endswith("]")]


async def test_a_context_cites_its_matches_in_their_order(house: House) -> None:
    for number, text in enumerate(("the keys hang by the door", "the keys", "Ana likes tea")):
        await house.remember(number, text)
    reply = await house.ask(Context(text="the keys", explain=True, id="q"))
    assert isinstance(reply, ContextReply)
    assert [match.text for match in reply.matches][:2] == ["the keys", "the keys hang by the door"]
    for number, match in enumerate(reply.matches, 1):
        assert f"{match.text} [{number}]" in reply.context
        assert match.parts
    assert reply.tokens == len(reply.context.split()) <= 512
    assert (await house.ask(Context(text="the keys"))).matches[0].parts is None


async def test_a_context_of_nothing_or_for_nothing_is_empty(house: House) -> None:
    empty = await house.ask(Context(text="the keys"))
    assert (empty.context, empty.tokens, empty.matches) == ("", 0, [])
    await house.remember(1, "the keys")
    small = await house.ask(Context(text="the keys", budget=1))
    assert (small.context, small.tokens, small.matches) == ("", 0, [])


@pytest.mark.parametrize(
    ("tenant", "tz", "written"),
    [
        ("acme", None, "8 May 2023 20:30 UTC:"),
        ("acme", "UTC", "8 May 2023 20:30 UTC:"),
        ("acme", "Europe/Berlin", "8 May 2023 22:30:"),
        ("tokyo", None, "9 May 2023 05:30:"),
        ("tokyo", "UTC", "8 May 2023 20:30 UTC:"),
    ],
)
async def test_a_context_writes_times_in_the_askers_zone_else_in_the_households(
    house: House, tenant: str, tz: str | None, written: str
) -> None:
    at = datetime(2023, 5, 8, 20, 30, tzinfo=UTC).timestamp()
    await house.remember(1, "the keys", at=at, tenant=tenant)
    reply = await house.ask(Context(text="the keys", tz=tz), Scope(tenant, "home7"))
    assert reply.context.splitlines()[0] == written


async def test_of_an_attribute_the_newest_is_told_even_if_it_was_not_found(house: House) -> None:
    for number in range(120):
        await house.remember(number, "kitchen temperature", attribute="temperature", value=number, at=number)
    await house.remember(500, "measured anew", attribute="temperature", value=21.5, unit="Cel", at=NOW)
    reply = await house.ask(Context(text="kitchen temperature"))
    assert [match.value for match in reply.matches] == [21.5]
    assert reply.context.startswith("Latest:\nmeasured anew (home7 temperature 21.5 °C) (")


async def test_the_past_of_an_attribute_is_told_below_its_newest_if_asked_for(house: House) -> None:
    await house.remember(1, "the door is open", attribute="door", at=100.0)
    await house.remember(2, "the door is shut", attribute="door", at=200.0)
    assert lines(await house.ask(Context(text="the door"))) == ["the door is shut (1 Jan 1970 00:03 UTC)"]
    for asked in (Context(text="was the door open"), Context(text="the door", since=50.0)):
        told = lines(await house.ask(asked))
        assert told == ["the door is shut (1 Jan 1970 00:03 UTC)", "the door is open"]
    before = await house.ask(Context(text="the door", until=150.0))
    assert lines(before) == ["the door is open (1 Jan 1970 00:01 UTC)"]


async def test_each_entity_below_has_states_of_its_own(house: House) -> None:
    for number, room in enumerate(("kitchen", "bath")):
        await house.remember(number, f"{room} door", entity=f"home7/{room}", attribute="door", at=100.0)
        await house.remember(9 + number, f"{room} door!?", entity=f"home7/{room}", attribute="door", at=NOW)
    reply = await house.ask(Context(text="door"), HOUSE)
    assert {match.text for match in reply.matches} == {"kitchen door!?", "bath door!?"}
    assert (await house.ask(Context(text="door"))).matches == []


async def test_what_says_the_same_by_its_vector_is_told_once(house: House) -> None:
    await house.remember(1, "in the evening ben prefers dim lights")
    await house.remember(2, "ben prefers dim lights in the evening")
    await house.remember(3, "ben prefers no dim lights in the evening")
    assert len(lines(await house.ask(Context(text="ben lights")))) == 2


async def test_only_the_budget_bounds_a_context_unless_a_limit_is_asked_for(house: House) -> None:
    for number in range(30):
        await house.remember(number, f"note {number}")
    assert len((await house.ask(Context(text="note"))).matches) == 30
    assert len((await house.ask(Context(text="note", limit=3))).matches) == 3
    assert len((await house.ask(Context(text="note", budget=20))).matches) < 10
    assert (most_told(Context(text="x")), most_told(Context(text="x", limit=10))) == (100, 10)


async def test_a_shorter_context_cites_only_what_is_left(house: House) -> None:
    for number in range(5):
        await house.remember(number, f"note {number}")
    whole = await house.ask(Context(text="note"))
    assert isinstance(whole, Recounted)
    part = whole.model_copy(update={"id": "q"}).with_first(2)
    assert (part.matches, part.more, part.id) == (whole.matches[:2], True, "q")
    assert part.context.count("[") == 2
    assert part.tokens == len(part.context.split())


async def test_a_profile_is_the_latest_summary_and_what_is_stable(house: House) -> None:
    await house.remember(1, "likes tea", kind="preference", attribute="drink", at=1.0)
    await house.remember(2, "likes coffee", kind="preference", attribute="drink", at=2.0)
    await house.remember(3, "allergic to nuts", kind="fact", importance=0.9)
    await house.remember(4, "has a cat", kind="fact", at=NOW)
    await house.remember(5, "walks at noon", kind="routine")
    await house.remember(6, "said hello", kind="turn")
    await house.remember(7, "the old summary", kind="summary", tier="summary", at=1.0)
    await house.remember(8, "the summary", kind="summary", tier="summary", at=2.0)
    reply = await house.ask(Profile())
    assert reply.summary == "the summary"
    told = [[match.text for match in each] for each in (reply.preferences, reply.facts, reply.routines)]
    assert told == [["likes coffee"], ["allergic to nuts", "has a cat"], ["walks at noon"]]


@pytest.mark.parametrize("scope", [HOME, HOUSE])
async def test_a_profile_without_a_summary_has_none(house: House, scope: Scope) -> None:
    reply = await house.ask(Profile(), scope)
    assert reply.dump(short=False).keys() == {"ok", "op", "took_ms", "preferences", "facts", "routines"}


async def test_the_profile_of_a_house_has_its_own_summary_before_those_of_its_rooms(house: House) -> None:
    await house.remember(1, "of the bath", entity="home7/bath", tier="summary", at=NOW)
    assert (await house.ask(Profile(), HOUSE)).summary == "of the bath"
    assert (await house.ask(Profile(), HOME)).summary is None
    await house.remember(2, "of the house", tier="summary", at=1.0)
    assert (await house.ask(Profile(), HOUSE)).summary == "of the house"
