"""The set made up from a seed: what it says of its own answers is so."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bench.home.asking import EVIDENCE_MAX
from bench.home.days import NOW
from bench.home.month import DEVELOPED_ON, PUBLISHED, conversations
from schemas.observation import Observation

SEEDS = (DEVELOPED_ON, PUBLISHED, 3)
COPIED_WORDS = 4
"""In a row: a question that shares so many with its evidence is found by copying."""


@pytest.fixture(scope="module", params=SEEDS)
def home(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    [conversation] = conversations(request.param)
    return conversation


def observed(home: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {each["observation"]["id"]: each for each in home["observed"]}


def expecting(home: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return ((asked, asked["expected"]) for asked in home["questions"] if "expected" in asked)


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[\w']+", text.lower())
    return {tuple(words[place : place + COPIED_WORDS]) for place in range(len(words) - COPIED_WORDS + 1)}


def counted(home: Mapping[str, Any], expected: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The observations that an expectation is of, oldest first, by looking at every one."""
    found = [
        each["observation"]
        for each in home["observed"]
        if each["entity"] == expected["entity"]
        and each["observation"].get("attribute") == expected["attribute"]
        and expected.get("since", 0.0) <= each["observation"]["at"] <= expected.get("until", NOW)
        and expected.get("state", each["observation"]["value"]) == each["observation"]["value"]
    ]
    return sorted(found, key=lambda each: each["at"])


def test_the_same_seed_makes_the_same_set_and_another_makes_another() -> None:
    assert conversations(1) == conversations(1)
    assert conversations(1) != conversations(2)


def test_there_is_enough_of_both_and_half_is_of_time_state_counts_and_devices(
    home: Mapping[str, Any],
) -> None:
    categories = Counter(asked["category"] for asked in home["questions"])
    assert 15_000 <= len(home["observed"]) <= 25_000
    assert categories.total() >= 150
    assert sum(categories[each] for each in ("time", "state", "count", "device")) >= categories.total() / 2
    assert set(categories) > {"readings", "preference", "fact", "routine", "change", "episode"}


def test_every_observation_is_one_and_ids_are_not_twice(home: Mapping[str, Any]) -> None:
    for each in home["observed"]:
        Observation.load(each["observation"])
        assert each["observation"]["at"] <= NOW
    assert len(observed(home)) == len(home["observed"])


def test_all_evidence_is_there_and_there_is_not_too_much_of_it(home: Mapping[str, Any]) -> None:
    there = observed(home)
    for asked in home["questions"]:
        assert 1 <= len(set(asked["evidence"])) == len(asked["evidence"]) <= EVIDENCE_MAX, asked["question"]
        assert all(each in there for each in asked["evidence"])


def test_evidence_is_within_the_entity_asked(home: Mapping[str, Any]) -> None:
    there = observed(home)
    for asked in home["questions"]:
        scope = asked["entity"].removesuffix("_all")
        assert all(there[each]["entity"].startswith(scope.rstrip("/")) for each in asked["evidence"])


def test_no_question_is_asked_twice_or_in_the_words_of_its_evidence(home: Mapping[str, Any]) -> None:
    there = observed(home)
    assert len({asked["question"] for asked in home["questions"]}) == len(home["questions"])
    for asked in home["questions"]:
        for each in asked["evidence"]:
            text = there[each]["observation"].get("text", "")
            assert not runs_of_words(asked["question"]) & runs_of_words(text), asked["question"]


def test_every_expected_value_is_that_of_a_count_by_hand(home: Mapping[str, Any]) -> None:
    by_hand = {
        "min": lambda found: min(each["value"] for each in found),
        "max": lambda found: max(each["value"] for each in found),
        "last": lambda found: found[-1]["value"],
        "at": lambda found: found[-1]["at"],
        "count": len,
    }
    for asked, expected in expecting(home):
        if "attribute" in expected:
            found = counted(home, expected)
            assert expected["values"] == {name: by_hand[name](found) for name in expected["values"]}, asked


def test_a_count_has_all_that_is_counted_as_evidence_and_an_extreme_the_one_that_proves_it(
    home: Mapping[str, Any],
) -> None:
    there = observed(home)
    for asked, expected in expecting(home):
        values, evidence = expected["values"], [there[each]["observation"] for each in asked["evidence"]]
        if "count" in values:
            assert len(evidence) == values["count"]
        for extreme in {"min", "max"} & set(values):
            proving = [each for each in counted(home, expected) if each["value"] == values[extreme]]
            assert [each for each in evidence if each in proving] == proving, asked["question"]
