"""edge/recollecting.py"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.answers import LOCAL, Freshness
from edge.knowing import Known
from edge.recollecting import latest, recollect
from schemas.replies import Failure, Match
from schemas.requests import Listing, Recall, Recent

NOW = 1_795_370_580.0
DAY_S = 86_400.0


def a_match(text: str, ago: float = 60.0, kind: str = "note", **fields: Any) -> Match:
    told: dict[str, Any] = {"memory": text, "entity": "home7/kitchen", "device": "kiosk-1"}
    return Match(text=text, kind=kind, at=NOW - ago, **(told | fields))


def a_reading(value: float, ago: float, attribute: str = "temperature", **fields: Any) -> Match:
    told: dict[str, Any] = {"memory": f"{attribute} {value}", "entity": "home7/kitchen", "device": "sensor-1"}
    told |= {"text": f"kitchen {attribute} {value} °C", "unit": "Cel", "attribute": attribute}
    return Match(kind="reading", value=value, at=NOW - ago, **(told | fields))


def found(request: Listing, *own: Match, **known: Any) -> list[str | None]:
    answer = recollect(request, Known("home7/kitchen", own, **known), now=NOW)
    return [match.text for match in answer.matches]


def test_what_says_more_of_the_question_comes_first_and_what_says_nothing_is_no_match() -> None:
    pool = (a_match("the window is broken"), a_match("the kitchen windows were left open"), a_match("tea"))
    assert found(Recall(text="Which kitchen window was open?"), *pool) == [pool[1].text, pool[0].text]
    assert found(Recall(text="What about the garage?"), *pool) == []


def test_of_like_matches_the_newer_comes_first_and_an_old_fact_is_found() -> None:
    old, new = a_match("the key is in the drawer", 400 * DAY_S), a_match("the key is in the hall", 60.0)
    assert found(Recall(text="where is the key"), old, new) == [new.text, old.text]
    assert found(Recall(text="is the key in the drawer"), old, new)[0] == old.text


@pytest.mark.parametrize("question", ["kitchen temperature", "temperature in Cel", "21.4 °C", "KITCHEN 21.4"])
def test_readings_are_found_by_place_attribute_value_and_unit(question: str) -> None:
    told = a_reading(21.4, 60.0, text="it is nice here")
    assert found(Recall(text=question), a_match("tea"), told) == [told.text]


@pytest.mark.parametrize("request_", [Recent(), Recall(text="What did I?")], ids=["recent", "no words"])
def test_without_words_the_newest_come_first_and_have_no_scores(request_: Listing) -> None:
    pool = (a_match("old", 9.0), a_match("new", 1.0), a_match("between", 5.0))
    answer = recollect(request_, Known("home7/kitchen", pool), now=NOW)
    assert [match.text for match in answer.matches] == ["new", "between", "old"]
    assert {match.score for match in answer.matches} == {None}


def test_filters_limit_and_least_score_hold() -> None:
    pool = (
        a_match("tea one", kind="fact"),
        a_match("tea two"),
        a_match("tea, and other things to drink", 5.0),
    )
    assert found(Recall(text="tea", kinds=["fact"]), *pool) == ["tea one"]
    assert len(found(Recall(text="tea", limit=2), *pool)) == 2
    assert found(Recall(text="tea", since=-10.0), *pool) == [pool[2].text]
    assert found(Recall(text="tea", since=-10.0, now=NOW + 100), *pool) == []
    scores = [match.score or 0 for match in recollect(Recall(text="tea"), Known("e", pool), now=NOW).matches]
    assert len(found(Recall(text="tea", min_score=scores[0]), *pool)) == scores.count(scores[0])
    assert found(Recall(text="tea", min_score=1.0), *pool) == []


def test_what_the_memory_found_for_the_very_same_question_is_found_again_whatever_its_words() -> None:
    meant, said = a_match("the heater is humming", score=0.9), a_match("it is cold")
    asked = Recall(text="why is it so cold?")
    assert found(asked, said, answered=(meant,)) == [said.text]
    assert found(asked, said, answered=(meant,), before={meant.memory: 0.9}) == [meant.text, said.text]


def test_an_answer_says_how_fresh_it_is_and_why_the_memory_did_not_answer() -> None:
    away = Failure(code=503, error="the store is away", hint="ask again later")
    stale = recollect(Recent(), Known("e", since=5.0), now=NOW, failure=away)
    assert (stale.freshness, stale.failure, stale.matches) == (Freshness("stale", 5.0), away, ())
    assert recollect(Recent(), Known("e"), now=NOW).freshness is LOCAL


def test_the_latest_is_the_newest_of_each_attribute_wherever_it_is_known() -> None:
    own = (a_reading(21.0, 50.0), a_reading(40.0, 90.0, "humidity"))
    known = Known("e", own, answered=(a_reading(22.0, 20.0),), digest=(a_reading(23.0, 70.0),))
    assert [match.value for match in latest(known.pool)] == [22.0, 40.0]


def test_each_entity_has_a_newest_of_its_own() -> None:
    hall = a_reading(18.0, 10.0, entity="home7/hall", memory="hall")
    assert len(latest([a_reading(21.0, 50.0), hall])) == 2


TEXTS = st.lists(st.sampled_from(["tea", "cup", "window", "open", "kitchen", "Ana", "21.4"]), min_size=1).map(
    " ".join
)
MATCHES = st.builds(
    lambda text, n, ago: a_match(text, ago, memory=f"{n}"), TEXTS, st.integers(0, 99), st.floats(-9, 1e9)
)


@given(TEXTS, st.lists(MATCHES, unique_by=lambda match: match.memory), st.integers(1, 100))
def test_scores_fall_from_1_to_0_within_the_limit_whatever_the_order_of_what_is_known(
    question: str, pool: list[Match], limit: int
) -> None:
    asked = Recall(text=question, limit=limit)
    matches = recollect(asked, Known("e", tuple(pool)), now=NOW).matches
    scores = [match.score or 0.0 for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len({match.memory for match in matches}) == len(matches) <= limit
    assert matches == recollect(asked, Known("e", tuple(pool[::-1])), now=NOW).matches


DRINK = {"kind": "fact", "attribute": "beverage"}
COFFEE = a_match("Ana's favourite drink in the world is coffee", 400 * DAY_S, **DRINK)
TEA = a_match("Ana has tea now", DAY_S, **DRINK)


def test_the_newest_state_of_an_attribute_stands_before_its_past_whatever_its_words() -> None:
    other = a_match("a drink stands on the table")
    asked = Recall(text="what is the favourite drink in the world?")
    assert found(asked, other, COFFEE, TEA) == [TEA.text, COFFEE.text, other.text]
    assert found(asked, COFFEE, answered=(TEA,), before={COFFEE.memory: 0.9}) == [TEA.text, COFFEE.text]


@pytest.mark.parametrize(
    "asked",
    [Recall(text="what was the favourite drink?"), Recall(text="favourite drink", since=-500 * DAY_S)],
    ids=["in its words", "by a bound"],
)
def test_asked_for_the_past_a_state_has_no_place_but_its_own(asked: Recall) -> None:
    assert found(asked, COFFEE, TEA) == [COFFEE.text]


def test_what_is_of_another_entity_of_no_attribute_or_a_summary_takes_no_place() -> None:
    asked = Recall(text="favourite drink")
    elsewhere = TEA.model_copy(update={"entity": "home7/ben", "memory": "of Ben"})
    summary = TEA.model_copy(update={"tier": "summary", "memory": "a summary"})
    for other in (elsewhere, summary, a_match("tea", 1.0)):
        assert found(asked, COFFEE, other) == [COFFEE.text]
    summary = COFFEE.model_copy(update={"tier": "summary", "memory": "a summary"})
    assert found(asked, summary, TEA) == [summary.text]
