"""memory/ranking.py"""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import Measured
from memory.ranking import DEFAULT, best_sessions, by_themselves, rank, subjects_in, without
from memory.records import Candidate, Memory, Ranked
from memory.voting import VOTES_MOVE_MAX

NOW = 1_760_000_000.0
LONG_AGO = 1_000_000_000.0
_serial = count()


def a_candidate(similarity: float | None = None, words: float | None = None, **said: Any) -> Candidate:
    usual: dict[str, Any] = {
        "id": f"{next(_serial):04}",
        "tenant": "acme",
        "entity": "home7",
        "device": "kiosk-1",
        "kind": "note",
        "text": "x",
        "at": LONG_AGO,
        "received": LONG_AGO,
    }
    return Candidate(Memory(**(usual | said)), similarity=similarity, words=words)


def ranked(*candidates: Candidate, query: str = "what?", **more: Any) -> list[Ranked]:
    return rank(query, candidates, **({"now": NOW, "limit": 100} | more))


def order(*candidates: Candidate, **more: Any) -> list[int]:
    """The places of the candidates, best first."""
    ids = [each.memory.id for each in candidates]
    return [ids.index(each.memory.id) for each in ranked(*candidates, **more)]


def part(name: str, *candidates: Candidate, **more: Any) -> list[float]:
    """What the part of that name brings to each of the candidates."""
    found = {each.memory.id: each.parts.get(name, 0.0) for each in ranked(*candidates, **more)}
    return [found[each.memory.id] for each in candidates]


def turn(seq: int, similarity: float, text: str = "x", *, session: str = "s", **more: Any) -> Candidate:
    return a_candidate(similarity, session=session, seq=seq, text=text, kind="turn", **more)


# Both lists


def test_what_both_lists_found_beats_what_one_did() -> None:
    both, meaning, words = a_candidate(0.8, 9.0), a_candidate(0.9), a_candidate(0.1, 10.0)
    assert order(meaning, words, both)[0] == 2


def test_neither_list_is_trusted_more() -> None:
    meaning, words = a_candidate(0.9, 0.0), a_candidate(0.0, 12.0)
    [one] = part("dense", meaning, words)[:1]
    assert part("words", meaning, words) == [0.0, one]


def test_a_cosine_that_means_nothing_brings_nothing() -> None:
    assert part("dense", a_candidate(0.9), a_candidate(DEFAULT.unrelated), a_candidate(-0.4))[1:] == [
        0.0,
        0.0,
    ]


def test_half_as_near_is_less_than_half_as_good() -> None:
    best, half = part("words", a_candidate(words=10.0), a_candidate(words=5.0))
    assert half < best / 2


# What a score is


@pytest.mark.parametrize("similarity", [1.0, 0.73, 0.2])
def test_the_best_has_the_score_of_its_nearness(similarity: float) -> None:
    assert ranked(a_candidate(similarity))[0].score == pytest.approx(similarity, abs=1e-5)


def test_scores_of_two_queries_can_be_compared() -> None:
    [near] = ranked(a_candidate(0.9, 20.0))
    [far] = ranked(a_candidate(0.3, 1.0))
    assert near.score > far.score


def test_words_alone_make_a_score_too() -> None:
    assert ranked(a_candidate(words=10.0))[0].score == pytest.approx(0.5)


def test_what_is_unrelated_has_no_score_and_min_score_leaves_it_out() -> None:
    assert [each.score for each in ranked(a_candidate(-0.5, text="who?"))] == [0.0]
    near, far = a_candidate(0.9), a_candidate(0.3)
    assert order(near, far, min_score=0.5) == [0]


def test_of_nothing_nothing_is_best() -> None:
    assert ranked() == []


def test_the_limit_cuts_and_equals_are_newest_first_then_by_id() -> None:
    old, new, other = (a_candidate(0.5, at=at) for at in (1.0, 2.0, 2.0))
    assert order(old, new, other) == [1, 2, 0]
    assert order(old, other, new) == [2, 1, 0]
    assert len(ranked(old, new, other, limit=2)) == 2


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(-1, 1),
            st.none() | st.floats(0, 50),
            st.none() | st.integers(0, 5),
            st.text(max_size=30),
            st.none() | st.floats(0, 1),
            st.integers(1, 10**6),
        ),
        max_size=12,
    ),
    st.text(max_size=30),
)
def test_whatever_comes_scores_are_from_0_to_1_and_parts_add_up(
    found: list[tuple[Any, ...]], query: str
) -> None:
    candidates = [
        a_candidate(
            similarity,
            words,
            seq=seq,
            session=None if seq is None else "s",
            text=text or "x",
            importance=importance,
            seen=seen,
        )
        for similarity, words, seq, text, importance, seen in found
    ]
    result = ranked(*candidates, query=query)
    assert len(result) == len(candidates)
    assert [each.score for each in result] == sorted((each.score for each in result), reverse=True)
    for each in result:
        assert 0 <= each.score <= 1
        assert each.score == pytest.approx(min(1.0, max(0.0, sum(each.parts.values()))), abs=1e-4)


# A session


def test_a_turn_that_asks_lends_to_its_answer() -> None:
    question, answer, later = turn(1, 0.9, "where is it?"), turn(2, 0.2), turn(9, 0.2)
    assert order(question, answer, later).index(1) < order(question, answer, later).index(2)
    asked = part("neighbours", question, answer)[1]
    told = part("neighbours", turn(1, 0.9, "it is there"), turn(2, 0.2))[1]
    assert asked > told > 0


def test_only_the_turns_beside_it_lend_and_only_in_one_session_of_one_entity() -> None:
    lent = part("neighbours", turn(1, 0.9), turn(3, 0.5), turn(2, 0.5, session="other"))
    assert lent == [0.0, 0.0, 0.0]
    assert part("neighbours", turn(1, 0.9), turn(2, 0.5, entity="home8"))[1] == 0.0


def test_an_episode_lifts_its_turns_fading_with_distance() -> None:
    _, near, far, elsewhere = part(
        "episode", turn(1, 0.9), turn(3, 0.2), turn(40, 0.2), turn(2, 0.2, session="other")
    )
    assert near > far > elsewhere


def test_the_best_sessions_are_those_of_the_best_turns() -> None:
    found = [
        turn(1, 0.3, session="b"),
        turn(1, 0.9, session="a"),
        turn(2, 0.5, session="c"),
        a_candidate(1.0),
    ]
    assert best_sessions(found, 2) == ["a", "c"]


def test_by_themselves_neither_time_nor_importance_counts() -> None:
    far, near = a_candidate(0.3, at=NOW, importance=1.0), a_candidate(0.9)
    assert by_themselves([far, near]) == [near.memory, far.memory]


# What a text brings


def test_a_question_tells_less_than_a_statement() -> None:
    asks, asks_too, tells = (
        a_candidate(0.5, text="is it blue?"),
        a_candidate(0.5, text="so? [laughs]"),
        a_candidate(0.5),
    )
    assert part("asks", asks, asks_too, tells)[2] == 0.0
    assert order(asks, asks_too, tells)[0] == 2


def test_what_is_said_by_whom_the_query_names_comes_first() -> None:
    ana, ben = a_candidate(0.5, text="Ana: I like tea"), a_candidate(0.5, text="Ben: I like tea")
    assert order(ben, ana, query="what does Ana like?") == [1, 0]
    assert order(ben, ana, query="what does ben's sister like?") == [0, 1]


def test_a_query_without_the_names_keeps_the_rest() -> None:
    assert subjects_in("What did Ana say to Ben?", ["Ana: hi", "Ben: hi", "Eve: hi", "no subject"]) == {
        "ana",
        "ben",
    }
    assert without("What is Ana's favourite tea, ana?", {"ana"}) == "What is favourite tea, ?"
    assert without("Ana?", {"ana"}) == "Ana?"


def test_numbers_names_and_quoted_words_of_the_query_count_letter_by_letter() -> None:
    query = 'where is the key of room 12, the "old mill" one, says Miso'
    there, part_of_it, not_it = (
        a_candidate(0.5, text="Miso has the key of room 12 in the old mill"),
        a_candidate(0.5, text="the key of room 12"),
        a_candidate(0.5, text="room 120 and misology"),
    )
    all_three, one, none = part("exact", there, part_of_it, not_it, query=query)
    assert all_three > one > none == 0.0


def test_a_subject_is_no_exact_match() -> None:
    assert part("exact", a_candidate(0.5, text="Ana: hi"), query="what of Ana") == [0.0]


def test_longer_texts_say_more_up_to_a_bound() -> None:
    short, long, longer = (a_candidate(0.5, text="word " * words) for words in (2, 40, 400))
    brief, full, fuller = part("length", short, long, longer)
    assert brief < full == fuller


# What changes with time, and by itself


def test_of_like_matches_the_newer_comes_first_by_the_half_life_of_its_kind() -> None:
    yesterday = NOW - 86_400
    new, old = a_candidate(0.5, at=NOW), a_candidate(0.5, at=LONG_AGO)
    assert order(old, new) == [1, 0]
    reading, fact = (a_candidate(0.5, at=yesterday, kind=kind) for kind in ("reading", "fact"))
    of_reading, of_fact = part("recency", reading, fact)
    assert of_reading < of_fact
    assert of_reading == pytest.approx(part("recency", a_candidate(0.5, at=NOW), reading)[0] / 2, rel=0.05)


def test_what_comes_from_the_future_is_as_new_as_now() -> None:
    now, ahead = part("recency", a_candidate(0.5, at=NOW), a_candidate(0.5, at=NOW + 86_400))
    assert now == ahead


def test_recency_lifts_nothing_unlike() -> None:
    assert order(a_candidate(0.9, at=LONG_AGO), a_candidate(0.3, at=NOW, importance=1.0, seen=1024)) == [0, 1]


def test_what_was_of_use_decides_between_like_matches_however_often_that_is_said_by_a_little() -> None:
    votes = {f"c-{number}": True for number in range(60)}
    plain, liked = a_candidate(0.5), a_candidate(0.5, votes=votes)
    assert order(plain, liked) == [1, 0]
    _, moved = part("importance", plain, liked)
    assert 0 < moved <= DEFAULT.importance * VOTES_MOVE_MAX
    assert order(plain, a_candidate(0.5, importance=1.0, votes=votes)) == [1, 0]
    assert order(a_candidate(0.9), a_candidate(0.3, votes=votes)) == [0, 1]


def test_importance_and_repetition_decide_between_like_matches() -> None:
    plain, important, little = (a_candidate(0.5, importance=weight) for weight in (None, 1.0, 0.0))
    assert order(little, plain, important) == [2, 1, 0]
    once, often = a_candidate(0.5), a_candidate(0.5, seen=64)
    assert order(once, often) == [1, 0]


def test_weights_can_be_set() -> None:
    words, meaning = a_candidate(0.1, 10.0), a_candidate(0.9)
    assert order(words, meaning, weights=replace(DEFAULT, dense=0.9)) == [1, 0]
    assert order(words, meaning, weights=replace(DEFAULT, dense=0.1)) == [0, 1]


def test_what_was_observed_when_the_query_says_counts_for_more() -> None:
    then, at_another_time = a_candidate(0.5, at=100.0), a_candidate(0.55, at=200.0)
    assert order(then, at_another_time) == [1, 0]
    assert order(then, at_another_time, closeness=lambda at: float(at == 100.0)) == [0, 1]
    assert part("time", then, at_another_time)[0] == 0.0


def test_asked_for_the_latest_or_the_first_like_matches_are_in_that_order() -> None:
    early, late, between = (a_candidate(0.5, at=LONG_AGO + at) for at in (0.0, 2.0, 1.0))
    assert order(early, late, between, steer=1) == [1, 2, 0]
    assert order(early, late, between, steer=-1) == [0, 2, 1]
    assert part("order", early, late, between) == [0.0, 0.0, 0.0]


def test_asked_for_the_latest_what_is_unlike_stays_behind() -> None:
    assert order(a_candidate(0.9, at=1.0), a_candidate(0.3, at=2.0), steer=1) == [0, 1]


# Said again


def test_what_was_said_already_comes_after_what_was_not() -> None:
    copies = [a_candidate(0.8, text="Ben left") for _ in range(3)]
    other = a_candidate(0.7, text="Ben has a cold")
    assert order(*copies, other)[:2] == [0, 3]


def test_each_time_the_same_is_said_more_is_taken_up_to_the_weight() -> None:
    taken = part("again", *(a_candidate(0.8, text="Ben left") for _ in range(9)))
    assert taken[0] == 0.0
    assert taken == sorted(taken, reverse=True)
    assert 0 < -taken[1] < -taken[2] < -taken[8] <= DEFAULT.again


def test_the_newest_of_copies_is_the_one_that_stands_first() -> None:
    old, new = (a_candidate(0.8, text="Ben left", at=LONG_AGO + day) for day in (0, 1))
    assert order(old, new) == [1, 0]


def test_values_of_one_series_say_the_same_and_those_of_two_do_not() -> None:
    first, second = (
        a_candidate(
            0.8, kind="reading", attribute="temperature", text=f"hall temperature {value} °C", value=value
        )
        for value in (20.5, 21.0)
    )
    elsewhere = a_candidate(
        0.8, kind="reading", attribute="temperature", entity="home7/hall", text="x", value=20.5
    )
    taken = part("again", first, second, elsewhere)
    assert sorted(each == 0 for each in taken) == [False, True, True]
    assert taken[2] == 0


def test_summaries_of_one_series_say_the_same_as_its_readings_do() -> None:
    whole = Measured(count=9, since=LONG_AGO, until=LONG_AGO + 60, first=1, last=2)
    hours = [
        a_candidate(0.8, kind="summary", tier="summary", attribute="alarm", text=f"armed {n}", measured=whole)
        for n in range(3)
    ]
    told = a_candidate(0.7, kind="summary", tier="summary", attribute="alarm", text="of words")
    taken = part("again", *hours, told)
    assert [each == 0 for each in sorted(taken, reverse=True)] == [True, True, False, False]
    assert taken[3] == 0


# Told by who was there


def test_a_summary_stands_behind_what_it_tells_of_whether_that_was_found_or_only_is_there() -> None:
    summary = a_candidate(0.9, text="Ana and the key", kind="summary", tier="summary", sources=["gone", "s"])
    other = a_candidate(0.8, text="a key")
    assert order(summary, other) == [0, 1]
    assert order(summary, other, there=frozenset({"s"})) == [1, 0]
    told = replace(other, memory=replace(other.memory, id="s"))
    assert order(summary, told) == [1, 0]


def test_an_event_is_the_same_by_its_words_alone() -> None:
    began, ended = (a_candidate(0.8, kind="event", attribute="washer", text=text) for text in ("on", "off"))
    assert part("again", began, ended) == [0, 0]


# States


def drink(similarity: float | None, text: str, days_ago: float, **more: Any) -> Candidate:
    said = {"kind": "fact", "attribute": "drink", "text": text, "at": NOW - days_ago * 86_400}
    return a_candidate(similarity, **(said | more))


COFFEE = drink(0.9, "Ana's favourite drink in the world is coffee", 400)
TEA = drink(0.3, "Ana drinks tea now", 1)


def test_the_newest_state_stands_where_the_best_of_its_attribute_would_and_its_past_behind_it() -> None:
    other = a_candidate(0.6, text="Ana has a cup")
    assert order(COFFEE, other, TEA)[0] == 2
    assert order(COFFEE, other, TEA, past=True) == [0, 1, 2]
    before, _, now = part("state", COFFEE, other, TEA)
    assert before < 0 < now
    assert part("state", COFFEE, other, TEA, past=True) == [0.0, 0.0, 0.0]
    assert ranked(COFFEE, TEA)[0].score == ranked(COFFEE, past=True)[0].score


def test_the_past_stays_in_its_own_order_and_is_found() -> None:
    water = drink(0.5, "water it was", 900)
    assert order(water, COFFEE, TEA) == [2, 1, 0]


def test_the_newest_that_matches_best_gains_nothing() -> None:
    now, before = part("state", drink(0.9, "Ana drinks tea", 1), drink(0.5, "Ana drank coffee", 400))
    assert before < 0 == now


def test_the_limit_does_not_cut_the_state_and_leave_its_past() -> None:
    assert [each.memory for each in ranked(COFFEE, TEA, limit=1)] == [TEA.memory]


def test_a_state_that_no_search_found_stands_there_too() -> None:
    assert order(COFFEE, drink(None, "only tea", 1)) == [1, 0]


def test_said_elsewhere_in_the_same_words_it_is_the_state_all_the_same() -> None:
    copy = a_candidate(0.95, text=TEA.memory.text)
    assert order(COFFEE, TEA, copy).index(1) < order(COFFEE, TEA, copy).index(0)


@pytest.mark.parametrize(
    "other",
    [
        {"entity": "home7/ben"},
        {"attribute": "food"},
        {"attribute": None},
        {"tier": "summary"},
        {"kind": "event"},
    ],
    ids=["another entity", "another attribute", "no attribute", "a summary", "what happened"],
)
def test_another_takes_no_place_and_gives_none(other: dict[str, Any]) -> None:
    for old, new in ((COFFEE, drink(0.3, "tea", 1, **other)), (drink(0.9, "coffee", 400, **other), TEA)):
        assert order(old, new) == [0, 1]
        assert part("state", old, new) == [0.0, 0.0]


def test_of_readings_the_newest_comes_first_whichever_device_says_it() -> None:
    warm, cold = (
        a_candidate(
            similarity, kind="reading", attribute="temperature", device=device, value=value,
            text=f"hall temperature {value} °C", at=at,
        )
        for similarity, device, value, at in ((0.8, "one", 25.0, 1.0), (0.7, "other", 18.0, 2.0))
    )  # fmt: skip
    assert order(warm, cold) == [1, 0]
    assert order(warm, cold, proofs=[warm.memory.id])[0] == 0


def test_without_its_weight_a_state_is_like_any_other() -> None:
    assert order(COFFEE, TEA, weights=replace(DEFAULT, state=0.0)) == [0, 1]


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(-1, 1),
            st.none() | st.floats(0, 50),
            st.none() | st.sampled_from("ab"),
            st.sampled_from(["raw", "summary"]),
            st.integers(0, 3),
            st.text(max_size=3),
        ),
        max_size=12,
    )
)
def test_whatever_comes_no_state_is_behind_its_past(found: list[tuple[Any, ...]]) -> None:
    candidates = [
        a_candidate(
            similarity, words, kind="fact", attribute=attribute, tier=tier, at=LONG_AGO + at, text=text or "x"
        )
        for similarity, words, attribute, tier, at, text in found
    ]
    best = ranked(*candidates)
    newest: dict[str, float] = {}
    for each in best:
        memory = each.memory
        if memory.attribute is not None and memory.tier == "raw":
            assert memory.at <= newest.setdefault(memory.attribute, memory.at)
        assert each.score == pytest.approx(min(1.0, max(0.0, sum(each.parts.values()))), abs=1e-4)


# Proofs


def test_what_proves_an_answer_by_number_is_first_in_its_order_whatever_it_sounds_like() -> None:
    query = 'what did Ana say of "tea" on the 3rd?'
    talk = [turn(seq, 1.0, f'Ana: "tea" 3rd {"word " * 50}', importance=1.0, seen=2000) for seq in range(5)]
    one, two, three = (a_candidate(text="kitchen temperature 21 °C") for _ in range(3))
    best = ranked(*talk, one, query=query, proofs=[one.memory.id], steer=1, closeness=lambda _: 1.0)
    assert best[0].memory == one.memory
    best = ranked(*talk, one, two, three, query=query, proofs=[two.memory.id, three.memory.id, one.memory.id])
    assert [each.memory for each in best[:3]] == [two.memory, three.memory, one.memory]
    assert [each.score for each in best] == sorted((each.score for each in best), reverse=True)
    for each in best:
        assert sum(each.parts.values()) == pytest.approx(each.score, abs=1e-4)


def test_a_proof_scores_though_nothing_is_near_and_not_without_its_weight() -> None:
    far, proof = a_candidate(-0.2), a_candidate(-0.3)
    assert ranked(far, proof, proofs=[proof.memory.id])[0].score == pytest.approx(1.0)
    unweighed = ranked(far, proof, proofs=[proof.memory.id], weights=replace(DEFAULT, reading=0.0))
    assert {each.score for each in unweighed} == {0.0}
