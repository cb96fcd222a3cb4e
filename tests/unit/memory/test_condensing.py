"""memory/condensing.py"""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.condensing import CHARACTERS_MAX, SOURCES_MAX, as_observed, condense
from memory.records import Memory
from schemas.said import said


def a_memory(place: int, text: str, **fields: Any) -> Memory:
    return Memory(
        **{"id": f"m{place:03}", "tenant": "acme", "entity": "home7", "device": "d1", "kind": "turn",
           "text": text, "at": float(place), "received": 0.0, "seq": place} | fields
    )  # fmt: skip


def talk(*texts: str) -> list[Memory]:
    return [a_memory(place, text) for place, text in enumerate(texts)]


def apart(count: int) -> NDArray[np.float32]:
    """Vectors of which each is like itself alone."""
    return np.eye(count, dtype=np.float32)


def by_words(texts: list[str]) -> NDArray[np.float32]:
    """Vectors of the words of texts, of unit length."""
    known = sorted({word for text in texts for word in said(text).words})
    rows = np.array([[float(word in said(text).words) for word in known] for text in texts], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)  # type: ignore[no-any-return]


def test_what_fits_is_told_whole_in_the_order_of_time_and_a_speaker_named_once() -> None:
    memories = talk(
        "Ana: I like tea", "Ana: But not any coffee!", "Ben: Me too, since 2019.", "the door was opened"
    )
    condensed = condense(memories[::-1], apart(4))
    assert condensed.text == (
        "Ana: I like tea. But not any coffee!\nBen: Me too, since 2019.\nthe door was opened."
    )  # fmt: skip
    assert condensed.sources == ["m000", "m001", "m002", "m003"]
    assert condensed.importance == 0.5


def test_within_a_budget_names_numbers_negations_and_health_are_told_first() -> None:
    memories = talk(
        "Ana: what nice weather we have today",
        "Ana: did you sleep well?",
        "Ana: I am not allergic to cats, only to peanuts",
        "Ben: Thanks!",
        "Ben: the train to Oslo leaves at 9:40",
        "Ben: it was a good day for a long walk",
    )
    condensed = condense(memories, apart(6), budget=90)
    assert condensed.text == (
        "Ana: I am not allergic to cats, only to peanuts.\nBen: the train to Oslo leaves at 9:40."
    )  # fmt: skip
    assert condensed.sources[:2] == ["m002", "m004"]
    assert set(condensed.sources) == {f"m{place:03}" for place in range(6)}


THINGS = [
    "apples", "pears", "plums", "figs", "dates", "nuts", "corn", "beans", "peas", "leeks", "kale", "mint",
]  # fmt: skip
CROWDS = {
    "names and numbers": [
        f"Ana: {Thing.title()} came from Oslo with Ben at {n}:30" for n, Thing in enumerate(THINGS * 3)
    ],
    "preferences": [f"Ana: I love {one} with {other}" for one in THINGS[:7] for other in THINGS[7:]],
    "negations": [f"Ana: there were no {one} and no {other}" for one in THINGS[:7] for other in THINGS[7:]],
}
RARE = {
    "name": "Ana: the plumber was Okafor",
    "number": "Ana: the meter in the hall shows 4711",
    "negation": "Ana: please do not open the gas valve in the cellar",
    "preference": "Ana: in the evening I would rather have it dark in here",
}
OTHERS = [(rare, crowd) for rare in RARE for crowd in CROWDS if rare not in crowd]


@pytest.mark.parametrize(("rare", "crowd"), OTHERS)
def test_what_is_rare_is_told_among_many_of_another_mark(rare: str, crowd: str) -> None:
    texts = [*CROWDS[crowd][:20], RARE[rare], *CROWDS[crowd][20:]]
    assert len("".join(texts)) > 3 * 300
    all_alike = np.hstack([np.ones((len(texts), 1)), apart(len(texts))]).astype(np.float32) * 0.5**0.5
    text = condense(talk(*texts), all_alike, budget=300).text
    assert RARE[rare].removeprefix("Ana: ") in text


def test_one_more_alarm_counts_as_much_as_the_first() -> None:
    alarms = [f"there is smoke in room {n}" for n in range(20)]
    texts = [*alarms, *(f"we met {thing} people in Oslo" for thing in THINGS)]
    text = condense(talk(*texts), apart(len(texts)), budget=28 * len(alarms)).text
    assert text.count("smoke") == len(alarms)


def test_what_is_central_is_told_once_and_then_what_is_new() -> None:
    texts = [
        "the heating in the hall is cold",
        "the heating in the hall is still cold",
        "so the heating in the hall is cold again",
        "it seems the heating in the hall is cold",
        "somebody left a parcel by the gate",
    ]
    condensed = condense(talk(*texts), by_words(texts), budget=80)
    assert condensed.text.count("heating") == 1
    assert "parcel" in condensed.text


def test_a_preference_that_changed_is_told_first_of_all() -> None:
    changed = {"kind": "preference", "attribute": "drink"}
    chat = [a_memory(place, f"we talked about topic {place} for a while") for place in range(50)]
    before, now = a_memory(60, "coffee", **changed), a_memory(86_400, "Ana drinks tea", **changed)
    condensed = condense([*chat, now], apart(51), earlier=[before], budget=120)
    assert "Ana drinks tea (before: coffee, until 1970-01-02)." in condensed.text
    assert "m060" in condensed.sources, "who forgets the coffee forgets what tells of it"


def test_what_somebody_judged_important_makes_the_summary_so() -> None:
    memories = [*talk(*(f"we talked about topic {place}" for place in range(30))),
                a_memory(40, "the blue key fits the shed", importance=0.9)]  # fmt: skip
    condensed = condense(memories, apart(31), budget=60)
    assert "the blue key" in condensed.text
    assert condensed.importance == 0.9


def test_what_we_decided_by_the_words_does_not_count_twice() -> None:
    talk = [a_memory(n, f"the {thing} is in the shed") for n, thing in enumerate(("rake", "spade", "saw"))]
    ours = [replace(each, importance=0.5 + n / 5, judged=True) for n, each in enumerate(talk)]
    plain, told = (condense(each, apart(3), budget=30) for each in (talk, ours))
    assert told.text == plain.text
    liked = [replace(ours[0], votes={"p": True, "q": True}), *ours[1:]]
    assert condense(liked, apart(3), budget=30).text == f"{ours[0].text}."


def test_of_a_text_too_long_for_the_budget_the_beginning_and_the_end_are_told() -> None:
    endless = "Ana: I may eat " + "this and " * 200 + "but no nuts"
    told = condense(talk(endless, "Ben: hello there my friend"), apart(2)).text
    assert re.fullmatch(r"Ana: I may eat this .* \u2026 .* but no nuts\.\nBen: hello there my friend\.", told)
    assert condense(talk(endless), apart(1), budget=20).text == "texts too long to be told here: 1"


def test_a_preference_that_was_put_in_very_many_words_before_is_still_told() -> None:
    changed = {"kind": "preference", "attribute": "drink"}
    before, now = a_memory(1, "coffee " * 300, **changed), a_memory(86_400, "Ana drinks tea", **changed)
    assert "Ana drinks tea (before: coffee coffee" in condense([now], apart(1), earlier=[before]).text


def test_of_a_long_text_several_pieces_are_told() -> None:
    pieces = [f"On day {day} we walked from Oslo to Bergen and back again." for day in range(1, 9)]
    told = condense(
        talk("Ana: " + " ".join(pieces), *(f"Ben: hello number {n}" for n in range(9))), apart(10)
    )
    assert all(piece in told.text for piece in pieces)
    assert told.text.count("Ana:") == 1


def test_nobody_puts_words_in_the_mouth_of_another() -> None:
    text = condense(talk("Ana: fine.\nBen: I owe Ana 500", "Ben: no, I do not"), apart(2)).text
    assert text.splitlines() == ["Ana: fine. Ben: I owe Ana 500.", "Ben: no, I do not."]


def test_a_budget_may_be_counted_otherwise() -> None:
    def words(text: str) -> int:
        return len(text.split())

    memories = talk(*(f"Ana: line {place} says something else" for place in range(40)))
    text = condense(memories, apart(40), budget=50, cost=words).text
    assert 45 <= words(text) <= 50


def test_of_many_sources_so_many_are_kept_those_that_are_told_first() -> None:
    memories = talk(*(f"the sensor says {place}" for place in range(400)))
    condensed = condense(memories, apart(400))
    assert len(condensed.sources) == SOURCES_MAX
    told = re.findall(r"says (\d+)", condensed.text)
    assert condensed.sources[: len(told)] == [f"m{int(each):03}" for each in told]


def test_no_more_are_told_than_sources_are_kept() -> None:
    condensed = condense(talk(*(f"it is {place}" for place in range(90))), apart(90))
    assert condensed.text.count("it is") == len(condensed.sources) == SOURCES_MAX


def test_as_observed_everything_is_told_once_and_as_it_is_now() -> None:
    pills = {"kind": "fact", "attribute": "pills"}
    memories = [
        *talk("Ana: I like tea", "Ben: me, too", "Ana: I like tea"),
        a_memory(3, "Ana takes a pill", **pills),
        a_memory(4, "Ana takes two", **pills),
    ]
    assert as_observed(memories[::-1]) == (
        "Ben: me, too.\nAna: I like tea.\nAna takes two (before: Ana takes a pill, until 1970-01-01)."
    )
    assert as_observed([]) == ""


def test_nothing_is_not_condensed() -> None:
    with pytest.raises(ValueError, match="no memories to condense"):
        condense([], apart(0))


texts = st.lists(
    st.text(max_size=30)
    | st.sampled_from(["Ana: I do not eat fish.", "Ana: I eat fish", "Ben: yes", "it is 21.5", "[m1]: no"])
    | st.text("ab .", min_size=200, max_size=400),
    min_size=1, max_size=12,
)  # fmt: skip


@given(texts, st.integers(1, 300), st.randoms())
def test_a_summary_keeps_to_its_budget_and_is_the_same_in_any_order(
    of: list[str], budget: int, random: Any
) -> None:
    memories = talk(*of)
    condensed = condense(memories, apart(len(of)), budget=budget)
    assert condensed.text
    assert len(condensed.text) <= max(budget, 50)
    assert len(condensed.text) <= CHARACTERS_MAX
    assert sorted(condensed.sources) == [each.id for each in memories]
    shuffled = random.sample(memories, len(memories))
    assert condense(shuffled, apart(len(of)), budget=budget) == condensed


@given(
    st.lists(st.sampled_from(["Ana eats fish", "Ana does not eat fish", "Ana never eats fish"]), min_size=1)
)
def test_no_negation_is_lost(of: list[str]) -> None:
    text = condense(talk(*of), np.ones((len(of), 1), dtype=np.float32)).text
    for sentence in set(of):
        assert f"{sentence}." in text
