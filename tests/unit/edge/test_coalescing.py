"""edge/coalescing.py"""

import logging
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.coalesce_rules import Coalesce
from edge.coalescing import WAITING_BYTES_MAX, WINDOWS_MAX, Coalescer
from edge.observed import Fields, size
from edge.observing import ALARM
from schemas.limits import META_BYTES_MAX, TEXT_BYTES_MAX, UNIT_CHARACTERS_MAX
from tests.unit.edge.observations import Observed, observed, reading


def all_texts(several: list[Fields]) -> Fields:
    return {"t": " ".join(each["t"] for each in several)}


def said(*texts: str, **fields: Any) -> list[Observed]:
    return [observed(t=text, ticks_s=float(number), **fields) for number, text in enumerate(texts)]


def taken(coalescer: Coalescer[Observed], several: list[Observed], now_s: float = 0.0) -> list[Observed]:
    return [one for each in several for one in coalescer.take(each, now_s)]


def texts(several: list[Observed]) -> list[str]:
    return [each.fields["t"] for each in several]


def test_what_no_rule_names_goes_on_at_once() -> None:
    [one] = said("a")
    assert Coalescer().take(one, 0) == [one]
    assert Coalescer([Coalesce(all_texts, kind="motion")]).take(one, 0) == [one]


def test_a_window_becomes_one_when_its_time_has_come() -> None:
    coalescer = Coalescer([Coalesce(all_texts, window_s=10)])
    several = said("a", "b", "c")
    assert [coalescer.take(each, now_s) for now_s, each in enumerate(several)] == [[], [], []]
    assert coalescer.due_next_s == 10, "from the first on, however many follow"
    assert coalescer.due(9.9) == []
    [one] = coalescer.due(10)
    assert one.fields == {"t": "a b c", "i": several[2].fields["i"]}
    assert (one.entity, one.ticks_s, one.boot) == ("home7/hall", 2.0, "boot")
    assert coalescer.counts == {
        "coalesced": 2, "saved_bytes": sum(size(each.fields) for each in several) - size(one.fields),
    }  # fmt: skip
    assert (coalescer.due_next_s, coalescer.flush()) == (None, [])


def test_a_window_becomes_one_when_it_is_full() -> None:
    coalescer = Coalescer([Coalesce(all_texts, count_max=2)])
    assert texts(taken(coalescer, said("a", "b", "c"))) == ["a b"]
    assert texts(coalescer.flush()) == ["c"]


def test_a_window_whose_time_has_come_takes_no_more() -> None:
    coalescer = Coalescer([Coalesce(all_texts, window_s=10)])
    first, second = said("a", "b")
    assert coalescer.take(first, 0) == []
    assert texts(coalescer.take(second, 10)) == ["a"]
    assert coalescer.due_next_s == 20


def test_an_alarm_never_waits() -> None:
    coalescer = Coalescer([Coalesce(all_texts)])
    [alarm] = said("fire", importance=ALARM)
    assert taken(coalescer, [*said("a"), alarm]) == [alarm]
    assert texts(coalescer.flush()) == ["a"]


def test_what_is_made_is_as_urgent_as_the_most_urgent_or_as_the_rule_says() -> None:
    urgent = [*said("a", importance=0.7), *said("b", importance=0.1)]
    coalescer = Coalescer([Coalesce(all_texts)])
    taken(coalescer, urgent)
    assert [one.importance for one in coalescer.flush()] == [0.7]
    escalating = Coalescer([Coalesce(lambda several: all_texts(several) | {"w": ALARM})])
    taken(escalating, urgent)
    assert [one.importance for one in escalating.flush()] == [ALARM]


def test_a_rule_is_told_the_time_where_it_is_known_and_cannot_change_it() -> None:
    given: list[Fields] = []

    def into(several: list[Fields]) -> Fields:
        given.extend(several)
        return several[0]

    coalescer = Coalescer([Coalesce(into)])
    taken(coalescer, [observed(t="a", at=5.0), observed(t="b"), observed(t="c", at=7.0)])
    [one] = coalescer.flush()
    assert [each.get("a") for each in given] == [5.0, None, 7.0]
    assert (one.at, one.fields["t"], "a" in one.fields) == (7.0, "a", False)


def test_entities_sessions_and_what_is_not_alike_are_apart() -> None:
    coalescer = Coalescer([Coalesce(all_texts, alike=lambda fields: fields["t"][0])])
    taken(
        coalescer,
        [*said("a1", "b1"), *said("a2", entity="home7/kitchen"), *said("a3", s="visit"), *said("a4")],
    )
    assert texts(coalescer.flush()) == ["a1 a4", "b1", "a2", "a3"]


def test_the_first_rule_takes_it() -> None:
    coalescer = Coalescer([Coalesce(all_texts, kind="motion"), Coalesce(lambda _: None)])
    taken(coalescer, [*said("a", "b", k="motion"), *said("c")])
    assert texts(coalescer.flush()) == ["a b"]
    assert coalescer.counts["not_worth_telling"] == 1


def raises(_: Any) -> Any:
    raise RuntimeError("the rule is broken")


def spoils(several: list[Fields]) -> Fields:
    several[0]["m"]["list"].append("spoilt")
    raise RuntimeError("the rule is broken")


@pytest.mark.parametrize(
    "into",
    [
        raises,
        spoils,
        lambda _: "no map",
        lambda _: {"m": {}},
        lambda _: {"t": 7},
        lambda _: {"t": "x" * (TEXT_BYTES_MAX + 1)},
        lambda _: {"t": "x", "m": {"much": "x" * META_BYTES_MAX}},
        lambda _: {"t": "x", "w": "high"},
        lambda _: {"t": "x", "w": 1.1},
        lambda _: {"t": "x", "g": {1, 2}},
        lambda _: {"t": "x", "u": "x" * (UNIT_CHARACTERS_MAX + 1)},
        lambda _: {"v": math.nan},
        lambda _: {"t": None},
    ],
)
def test_what_a_rule_fails_at_goes_out_as_it_came(
    into: Callable[[list[Fields]], Any], caplog: pytest.LogCaptureFixture
) -> None:
    coalescer = Coalescer([Coalesce(into)])
    several = said("a", "b", m={"list": []})
    with caplog.at_level(logging.ERROR):
        assert taken(coalescer, several) == []
        assert coalescer.flush() == several
    assert several[0].fields["m"] == {"list": []}
    assert coalescer.counts == {"not_coalesced": 2}
    assert "coalescing rule 0 failed: what it is for goes as it came, counted" in caplog.text
    taken(coalescer, several)
    assert coalescer.flush() == several
    assert (coalescer.counts["not_coalesced"], len(caplog.records)) == (4, 1), "told once, counted always"


def no_hash(_: Fields) -> Any:
    return []


@pytest.mark.parametrize(
    "rule",
    [
        Coalesce(all_texts, where=raises),
        Coalesce(all_texts, alike=raises),
        Coalesce(all_texts, alike=no_hash),
    ],
)
def test_what_a_rule_cannot_look_at_goes_as_it_came(rule: Coalesce, caplog: pytest.LogCaptureFixture) -> None:
    coalescer, [one] = Coalescer([rule]), said("a")
    with caplog.at_level(logging.ERROR):
        assert coalescer.take(one, 0) == [one]
    assert (coalescer.counts, coalescer.due_next_s) == ({"not_coalesced": 1}, None)


def test_too_many_windows_close_the_oldest() -> None:
    coalescer = Coalescer([Coalesce(all_texts, alike=lambda fields: fields["t"])])
    several = said(*map(str, range(WINDOWS_MAX + 1)))
    assert texts(taken(coalescer, several)) == ["0"]
    assert len(coalescer.flush()) == WINDOWS_MAX


def test_too_many_bytes_close_the_oldest() -> None:
    coalescer = Coalescer([Coalesce(raises, alike=lambda fields: fields["t"][:1])])
    several = said(*(letter + "x" * 8000 for letter in "abababababababababababababababababab"))
    assert sum(size(each.fields) for each in several) > WAITING_BYTES_MAX
    gone = taken(coalescer, several)
    assert {text[0] for text in texts(gone)} == {"a"}
    assert coalescer._bytes <= WAITING_BYTES_MAX
    assert len([*gone, *coalescer.flush()]) == len(several)
    assert coalescer._bytes == 0


STEPS = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 9.0]), st.sampled_from("abc"), st.booleans()), max_size=40
)


@given(STEPS, st.integers(2, 5))
def test_each_is_in_one_that_went_whatever_fails_and_none_waits_too_long(
    steps: list[tuple[float, str, bool]], count_max: int
) -> None:
    def into(several: list[Fields]) -> Fields:
        if len(several) == 3:
            raise RuntimeError("three is a crowd")
        return {"v": [each["i"] for each in several]}

    rule = Coalesce(into, alike=lambda fields: fields["p"], window_s=10, count_max=count_max)
    coalescer, now_s, gone, taken_s = Coalescer([rule]), 0.0, [], {}
    for wait_s, attribute, alarm in steps:
        now_s += wait_s
        gone += [(now_s, one) for one in coalescer.due(now_s)]
        one = reading(0, attribute, importance=0.9 if alarm else 0.3)
        taken_s[one.fields["i"]] = now_s
        gone += [(now_s, each) for each in coalescer.take(one, now_s)]
    gone += [(now_s, one) for one in coalescer.flush()]
    told = [(when, number) for when, one in gone for number in one.fields["v"] or [one.fields["i"]]]
    assert sorted(number for _, number in told) == sorted(taken_s)
    assert all(when - taken_s[number] < 10 + 9 for when, number in told)
    assert len(gone) == len(steps) - coalescer.counts["coalesced"]
