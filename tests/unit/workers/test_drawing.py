"""workers/drawing.py, over the twin store and a model made of words."""

import time
from typing import Any

import pytest

from memory.conditions import EVERYTHING, Filters, Where, scoped
from memory.embedding import Embedder
from memory.lexicon import lexicon
from memory.ranking import DEFAULT, Weights
from memory.records import ENGLISH, Memory, Scope, Words
from memory.store import Scored
from tests.unit.workers.fakes import HOME, NOW, House, numbered
from workers import drawing
from workers.drawing import Drawing, Lean


async def found(
    house: House,
    text: str,
    *,
    filters: Filters = EVERYTHING,
    scope: Scope = HOME,
    weights: Weights = DEFAULT,
    limit: int = 10,
    lean: Lean | None = None,
    past: bool = False,
) -> list[str]:
    """The texts that are found, best first."""
    embedder = Embedder(house.model, threads=1, cache_texts_max=1)
    now = time.time()
    draws = Drawing(house.store, embedder, lexicon(ENGLISH), weights)
    ranked = await draws.ranked(
        scope, scoped(scope, filters, now), text, limit=limit, min_score=0.0, now=now, lean=lean, past=past
    )
    draws.close()
    return [each.memory.text for each in ranked]


async def a_talk(house: House, **more: Any) -> None:
    for seq, text in enumerate(("hello there", "Ben: where is the corkscrew?", "Ana: third drawer", "fine")):
        await house.remember(seq, text, session="s1", seq=seq, kind="turn", **more)


async def test_what_only_words_find_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 2)
    for number in range(10):
        await house.remember(number, "the key hangs there")
    await house.remember(99, "the key of locker 4711 " + "and many other words beside " * 5)
    assert "4711" in (await found(house, "the key 4711", limit=1))[0]


async def test_what_only_meaning_finds_is_found(house: House) -> None:
    await house.remember(1, "are they there")
    assert await found(house, "they are there") == ["are they there"], "stop words alone: BM25 finds nothing"


async def test_each_memory_comes_once(house: House) -> None:
    await a_talk(house)
    texts = await found(house, "where is the corkscrew", limit=100)
    assert sorted(texts) == sorted(set(texts))


async def test_the_answer_is_found_beside_its_question(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 5)
    await a_talk(house)
    for number in range(20, 40):
        await house.remember(number, f"the glass number {number} is there")
    best = await found(house, "where is the corkscrew", limit=2)
    assert "Ana: third drawer" in best


async def test_every_draw_keeps_to_filters_and_scope(house: House) -> None:
    await a_talk(house)
    await a_talk(house, entity="home8")
    await house.remember(9, "a corkscrew is in the garage", session="s1", seq=9, kind="note")
    assert await found(house, "corkscrew", filters=Filters(kinds=["note"])) == [
        "a corkscrew is in the garage"
    ]
    assert await found(house, "corkscrew", scope=Scope("other", "home7")) == []
    in_all = await found(house, "corkscrew", scope=Scope("acme", "home8"), limit=100)
    assert "a corkscrew is in the garage" not in in_all


async def test_a_sentence_is_found_among_copies_of_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 5)
    for number in range(20):
        await house.remember(number, "the alarm was armed", kind="event")
    for number in range(20, 40):
        await house.remember(number, f"hall alarm {number} dB", kind="reading", attribute="alarm")
    await house.remember(99, "the alarm of my clock should be a cello")
    best = await found(house, "the alarm", limit=5)
    assert "the alarm of my clock should be a cello" in best


async def test_a_sentence_is_found_among_summaries_that_have_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 5)
    said = await house.remember(90, "armed")
    for number in range(20):
        day = f"the alarm {number}, the alarm"
        await house.remember(number, day, kind="summary", tier="summary", sources=[said.id])
    await house.remember(99, "the alarm should be a cello")
    best = await found(house, "the alarm", limit=5)
    assert "the alarm should be a cello" in best


@pytest.mark.parametrize(("of_a_reading", "searches"), [(None, [8]), ("alarm", [8, 8])])
async def test_what_is_full_of_copies_is_searched_again_only_for_readings_among_them(
    house: House, monkeypatch: pytest.MonkeyPatch, of_a_reading: str | None, searches: list[int]
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 5)
    monkeypatch.setattr(drawing, "DRAWN_OF_REPEATS", 8)
    for number in range(20):
        await house.remember(number, "the alarm was armed", kind="event")
    if of_a_reading:
        await house.remember(50, "alarm armed, alarm armed", kind="reading", attribute=of_a_reading)
    await house.remember(99, "the alarm of my clock should be a cello and armed")
    limits: list[int] = []
    matching = house.store.matching

    async def watched(where: Where, corpus: Where, words: Words, limit: int) -> Scored:
        limits.append(limit)
        return await matching(where, corpus, words, limit)

    monkeypatch.setattr(house.store, "matching", watched)
    assert await found(house, "the alarm armed", limit=5)
    assert limits == searches


async def test_what_the_words_find_inside_the_time_asked_for_is_drawn_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 2)
    for number in range(10):
        await house.remember(number, "milk", at=1000.0)
    for number in range(10, 15):
        await house.remember(number, f"is there {number}", at=50.0)
    await house.remember(15, "milk was sour " + "and many other words beside " * 5, at=50.0)
    lean = Lean(scoped(HOME, Filters(until=60.0), None), lambda at: float(at <= 60.0))
    best = await found(house, "is there milk", lean=lean, limit=2, weights=Weights(dense=0.1, time=5.0))
    assert best[0].startswith("milk was sour")


async def test_who_is_asked_of_does_not_drown_what_is_asked(house: House) -> None:
    await house.remember(1, "Ana: I met Ana and Ana")
    await house.remember(2, "Ana: tea, always tea, green tea")
    house.model.calls.clear()
    best = await found(house, "what tea of Ana", limit=1)
    assert best == ["Ana: tea, always tea, green tea"]
    assert sorted(text for call in house.model.calls for text in call) == ["what tea of", "what tea of Ana"]


async def test_without_a_share_for_it_the_question_is_embedded_as_it_is(house: House) -> None:
    await house.remember(1, "Ana: tea")
    house.model.calls.clear()
    await found(house, "what of Ana", weights=Weights(nameless=0.0))
    assert house.model.calls == [["what of Ana"]]


async def test_of_nothing_there_nothing_is_found(house: House) -> None:
    assert await found(house, "anything") == []


async def test_what_lies_in_a_time_that_is_named_is_drawn_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 3)
    for number in range(20):
        await house.remember(number, f"the key hangs there {number}", at=1_000.0)
    await house.remember(99, "the key hangs elsewhere", at=5_000.0)
    assert "the key hangs elsewhere" not in await found(house, "the key hangs")
    inside = Filters(since=4_000.0, until=6_000.0)
    lean = Lean(scoped(HOME, inside, None), lambda at: float(at >= 4_000.0))
    assert "the key hangs elsewhere" in await found(
        house, "the key hangs", lean=lean, weights=Weights(time=5.0)
    )


async def test_a_summary_stands_behind_the_rest_while_what_it_tells_is_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 2)
    said = await house.remember(1, "in the third drawer")
    summary = "where is the corkscrew drawer"
    await house.remember(2, summary, kind="summary", tier="summary", sources=[numbered(7), said.id])
    await house.remember(3, "where is the corkscrew or not")
    asked = "where is the corkscrew"
    assert (await found(house, asked))[0] == "where is the corkscrew or not"
    await house.store.remove([said.id])
    assert (await found(house, asked))[0] == summary


DAY_S = 86_400.0


async def test_the_newest_state_is_found_whatever_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 2)
    drink: dict[str, Any] = {"kind": "fact", "attribute": "drink"}
    await house.remember(1, "the favourite drink is coffee", at=NOW - 400 * DAY_S, **drink)
    await house.remember(2, "tea now", at=NOW - DAY_S, **drink)
    await house.remember(3, "water it was", at=NOW - 800 * DAY_S, **drink)
    await house.remember(4, "juice", entity="home8", at=NOW, **drink)
    for number in range(5, 15):
        await house.remember(number, f"the favourite {number}")
    asked = "what is the favourite drink?"
    assert await found(house, asked, limit=1) == ["tea now"]
    others: list[dict[str, Any]] = [
        {"past": True},
        {"weights": Weights(state=0.0)},
        {"filters": Filters(until=NOW - 2 * DAY_S)},
    ]
    for other in others:
        assert await found(house, asked, limit=1, **other) == ["the favourite drink is coffee"]


async def test_neither_a_summary_nor_what_happened_is_the_newest_state(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_MAX", 1)
    await house.remember(1, "the hall is warm", kind="reading", attribute="temperature", at=NOW - DAY_S)
    await house.remember(
        2, "mean 20", kind="summary", tier="summary", attribute="temperature", at=NOW, tags=["day"]
    )
    await house.remember(3, "it rose", kind="event", attribute="temperature", at=NOW)
    assert await found(house, "the hall is warm", limit=1) == ["the hall is warm"]
    await house.remember(4, "it is cold", kind="reading", attribute="temperature", at=NOW - 1)
    assert await found(house, "the hall is warm", limit=1) == ["it is cold"]


async def test_what_has_no_attribute_costs_no_search_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.remember(1, "the keys")

    async def never(where: Where, limit: int) -> list[Memory]:
        raise AssertionError(where, limit)

    monkeypatch.setattr(house.store, "newest", never)
    assert await found(house, "the keys") == ["the keys"]
