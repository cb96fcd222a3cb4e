"""Both forms of a data file, and when an answer's value is right."""

from typing import Any

import pytest

from bench.recall_sets import OBSERVER, Question, is_right, observations_in, questions_in

TURN = {
    "id": "D1:1", "session": "session_1", "seq": 2, "when": "1:56 pm on 8 May, 2023", "speaker": "Ana",
    "text": "Look!", "image_caption": "a cat",
}  # fmt: skip
EXPECTED = {"entity": "home7/hall", "attribute": "front_door", "values": {"count": 3}}


def test_a_turn_is_an_observation_of_its_conversation() -> None:
    [turn] = observations_in([{"conversation": "c1", "turns": [TURN], "questions": []}])[OBSERVER]["c1"]
    assert turn["text"] == "Ana: Look! [shares a cat]"
    assert turn["at"] == 1683554162.0


def test_what_was_observed_is_published_as_it_stands_by_its_device_of_its_entity() -> None:
    observation = {"id": "a-1", "at": 5.0, "value": 21.5}
    observed = [{"device": "thermo", "entity": "home7/hall", "observation": observation}]
    assert observations_in([{"conversation": "home7", "observed": observed, "questions": []}]) == {
        "thermo": {"home7/hall": [observation]}
    }


def test_a_question_is_of_its_conversation_unless_it_says_of_whom_and_when() -> None:
    plain = {"question": "Who?", "evidence": ["D1:1"], "category": 4}
    told = plain | {
        "entity": "home7/_all",
        "now": 7.0,
        "tz": "Europe/Berlin",
        "category": "state",
        "expected": EXPECTED,
    }
    unanswered: dict[str, Any] = {"question": "Why?", "evidence": [], "category": 1}
    first, second = questions_in([{"conversation": "c1", "questions": [plain, told, unanswered]}])
    assert first == Question("c1", "Who?", frozenset({"D1:1"}), "single-hop", {}, None)
    assert second.entity == "home7/_all"
    assert second.asker == {"now": 7.0, "tz": "Europe/Berlin"}
    assert second.expected == EXPECTED


@pytest.mark.parametrize(
    ("reading", "right"),
    [
        ({"entity": "home7/hall", "attribute": "front_door", "count": 3}, True),
        ({"entity": "home7/hall", "attribute": "front_door", "asked": "count", "value": 3}, True),
        ({"entity": "home7/hall", "attribute": "front_door", "asked": "last", "value": 3}, False),
        ({"entity": "home7/hall", "attribute": "front_door", "count": 4}, False),
        ({"entity": "home7/garden", "attribute": "front_door", "count": 3}, False),
        ({"entity": "home7/hall", "attribute": "light", "count": 3}, False),
    ],
)
def test_a_reading_is_right_with_the_value_and_of_the_series_expected(
    reading: dict[str, Any],
    right: bool,  # noqa: FBT001 - the case's answer
) -> None:
    assert is_right(EXPECTED, [{"value": None}, reading]) is right


def test_a_count_of_events_is_of_no_series() -> None:
    assert is_right({"values": {"count": 3}}, [{"asked": "count", "count": 3}])
    assert not is_right({"values": {"count": 3}}, [])
