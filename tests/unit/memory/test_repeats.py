"""memory/repeats.py"""

from dataclasses import replace
from typing import Any

import pytest

from memory.records import Memory
from memory.repeats import Claim, Rule, claim, is_repeat, replaces, standing
from memory.versions import is_plain_reading
from schemas.reading_words import reading_words
from tests.contract.memories import a_memory

NOON = 1_700_049_600.0
RULE = Rule()


def event(text: str = "the bell rang", **fields: Any) -> Memory:
    return a_memory(**{"text": text, "kind": "event", "at": NOON, **fields})


def reading(value: float | str, **fields: Any) -> Memory:
    text = reading_words("home7", "temperature", value, None)
    return a_memory(
        **{"text": text, "kind": "reading", "attribute": "temperature", "value": value, "at": NOON, **fields}
    )


def claimed(memory: Memory, rule: Rule = RULE) -> Claim | None:
    return claim(memory, rule, is_plain=is_plain_reading(memory))


def says_again(one: Memory, other: Memory, rule: Rule = RULE) -> bool:
    said, before = claimed(other, rule), claimed(one, rule)
    assert said is not None
    assert before is not None
    return said.slot == before.slot and is_repeat(other, said, standing(one, before))


@pytest.mark.parametrize(
    "again", ["the bell rang", "The bell  rang.", "THE BELL RANG!", "the\u00a0bell rang"]
)
def test_the_same_words_are_a_repeat_however_they_are_written(again: str) -> None:
    assert says_again(event(), event(again, at=NOON + 60))


@pytest.mark.parametrize(
    "other", ["the bell did not ring", "the bell rang?", "the bell rang 2 times", "bell"]
)
def test_other_words_are_not(other: str) -> None:
    assert not says_again(event(), event(other))


@pytest.mark.parametrize(
    "differently",
    [
        {"tenant": "other"}, {"entity": "home7/ana"}, {"device": "kiosk-2"}, {"kind": "alarm"},
        {"session": "visit-2"}, {"tags": ["loud"]}, {"meta": {"door": 2}}, {"expires": NOON + 99},
        {"attribute": "bell"},
    ],
)  # fmt: skip
def test_what_another_says_or_of_another_or_with_more_is_not(differently: dict[str, Any]) -> None:
    assert not says_again(event(), event(**differently))


@pytest.mark.parametrize(
    "differently",
    [{"session": "visit-2"}, {"tags": ["loud"]}, {"meta": {"rssi": -70}}, {"expires": NOON + 99},
     {"unit": "Cel"}, {"kind": "alarm"}],
)  # fmt: skip
def test_a_state_with_more_beside_it_takes_the_place_of_the_one_before(differently: dict[str, Any]) -> None:
    before, now = claimed(reading("open")), claimed(reading("open", at=NOON + 60, **differently))
    assert before is not None
    assert now is not None
    assert now.slot == before.slot
    assert not says_again(reading("open"), reading("open", at=NOON + 60, **differently))


def test_what_is_true_for_long_has_a_place_for_each_kind() -> None:
    one, other = (claimed(event("tea", kind=kind, attribute="drink")) for kind in ("preference", "fact"))
    assert one is not None
    assert other is not None
    assert one.slot != other.slot


def test_the_same_words_are_one_memory_while_they_go_on_and_a_state_one_an_hour() -> None:
    assert says_again(event(), event(at=NOON + 3600))
    assert says_again(event(), event(at=NOON - 3600))
    assert not says_again(event(), event(at=NOON + 3601))
    late = NOON + 12 * 3600 - 60
    assert not says_again(event(at=late), event(at=late + 60))
    assert says_again(reading(21.5), reading(21.5, at=NOON + 3599))
    assert not says_again(reading(21.5), reading(21.5, at=NOON + 3600))


@pytest.mark.parametrize("kind", ["preference", "fact", "routine"])
def test_what_is_true_for_long_is_one_memory_for_ever(kind: str) -> None:
    assert says_again(event("likes tea", kind=kind), event("likes tea", kind=kind, at=NOON + 10**8))


@pytest.mark.parametrize("of_an_episode", [{"kind": "turn"}, {"kind": "summary"}, {"seq": 3, "session": "s"}])
def test_what_has_its_place_in_an_episode_is_never_one(of_an_episode: dict[str, Any]) -> None:
    assert claimed(event(**of_an_episode)) is None


def test_where_merging_is_off_nothing_is() -> None:
    assert claimed(event(), Rule(merge=False)) is None


def test_a_state_that_changed_is_none_and_a_deadband_says_what_a_change_is() -> None:
    assert not says_again(reading(21.5), reading(21.6))
    assert says_again(reading(21.5), reading(21.6), Rule(deadband=0.11))
    assert not says_again(reading(21.5), reading(21.6), Rule(deadband=0.09))
    assert says_again(reading("open"), reading("open"))
    assert not says_again(reading("open"), reading("closed"))


def test_a_number_is_neither_a_text_nor_true() -> None:
    assert not says_again(reading(1.0), replace(reading(1.0), value=True))
    assert not says_again(reading("1"), reading(1.0))


def test_words_given_with_a_reading_count() -> None:
    assert not says_again(reading(21.5), reading(21.5, text="the kitchen is at 21.5, the window is open"))


def test_numbers_are_ignored_where_the_rule_says_so() -> None:
    one, other = event("battery at 41 %"), event("battery at 40.5 %")
    assert not says_again(one, other)
    assert says_again(one, other, Rule(ignore_numbers=True))


def test_a_late_state_is_a_memory_of_its_own_and_late_words_are_not() -> None:
    inside = NOON + 1800
    assert not says_again(reading(21.5, at=inside), reading(21.5, at=inside - 60))
    assert says_again(event(at=inside), event(at=inside - 60))


def test_nothing_repeats_itself() -> None:
    one = event()
    assert not says_again(one, one)


def test_a_repeat_is_counted_and_stretches_the_time() -> None:
    one = event()
    said = claimed(one)
    assert said is not None
    stands = standing(one, said).repeated(event(at=NOON + 5)).repeated(event(at=NOON - 5))
    assert (stands.seen, stands.first, stands.at, stands.expires) == (3, NOON - 5, NOON + 5, None)


def test_it_is_remembered_as_long_as_the_one_that_is_longest() -> None:
    one = event(expires=NOON + 10)
    said = claimed(one)
    assert said is not None
    stands = standing(one, said).repeated(event(expires=NOON + 30)).repeated(event(expires=NOON + 20))
    assert stands.expires == NOON + 30


def test_the_newest_has_the_slot() -> None:
    one = reading(21.5)
    said = claimed(one)
    assert said is not None
    assert replaces(one, None)
    assert replaces(reading(22.0, at=NOON + 1), standing(one, said))
    assert not replaces(reading(22.0, at=NOON - 1), standing(one, said))
