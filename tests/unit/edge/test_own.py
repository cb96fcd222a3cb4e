"""edge/own.py"""

from typing import Any

from edge.own import Who, own_matches
from edge.working_set import Noted
from schemas.identity import by_observation_id

ANA = Who("acme", "kiosk-1", "home7/ana")
NOW = 1_795_370_580.0


def noted(number: int, at: float | None = NOW - 60, entity: str = "home7/ana", **fields: Any) -> Noted:
    return Noted(entity, {"i": number, **({"t": "hello"} | fields)}, at)


def test_an_observation_is_the_match_that_it_will_be_once_it_is_stored() -> None:
    fields = {"k": "turn", "s": "visit-1", "n": 3, "g": ["x"], "w": 0.9, "m": {"by": "ana"}}
    [match] = own_matches(ANA, [noted(7, **fields)], NOW)
    assert match.memory == by_observation_id("acme", "home7/ana", "kiosk-1", 7)
    assert match.dump(short=True) == {
        "m": match.memory, "i": 7, "e": "home7/ana", "c": "kiosk-1", "k": "turn", "t": "hello", "a": NOW - 60,
        "s": "visit-1", "n": 3, "g": ["x"], "w": 0.9, "r": "raw", "j": {"by": "ana"},
    }  # fmt: skip


def test_a_reading_without_words_is_said_in_words() -> None:
    reading = Noted("home7/ana", {"i": 1, "v": 36.6, "p": "temperature", "u": "Cel"}, NOW)
    [match] = own_matches(ANA, [reading], NOW)
    assert (match.kind, match.text, match.value) == ("reading", "ana temperature 36.6 °C", 36.6)


def test_nobody_elses_is_there_and_nothing_that_has_lived_out_its_time() -> None:
    others = [noted(1, entity="home7/ben"), noted(2, entity="home7"), noted(3, entity="home7/anabel")]
    aged = [noted(4, x=59.0), noted(5, x=61.0)]
    assert [match.id for match in own_matches(ANA, [*others, *aged], NOW)] == [5]
    household = Who("acme", "kiosk-1", "home7/_all")
    assert [match.id for match in own_matches(household, others, NOW)] == [1, 2, 3]


def test_what_was_observed_before_the_time_was_known_was_just_now_in_its_order() -> None:
    matches = own_matches(ANA, [noted(3, None), noted(1, None), noted(2, None)], NOW)
    assert [match.id for match in matches] == [3, 1, 2]
    assert matches == sorted(matches, key=lambda match: match.at)
    assert NOW - 1 < matches[0].at < matches[-1].at == NOW
