"""Requests from options, and answers as lines."""

import pytest

from console.faults import Refused
from console.recall import SERVED, answer_lines, request_of
from schemas.requests import Get, Recall, State
from schemas.wire import Invalid


def test_options_become_the_request_of_their_op() -> None:
    assert request_of({"op": "recall", "text": "tea", "since": -60.0}) == Recall(text="tea", since=-60.0)
    assert request_of({"op": "state", "attributes": ["door"]}) == State(attributes=["door"])
    assert request_of({"op": "get", "memories": ["m"]}) == Get(memories=["m"])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"op": "recent", "text": "tea"}, "--op recent takes no text"),
        ({"op": "stats", "limit": 3, "kinds": ["fact"]}, "--op stats takes no kinds, limit"),
    ],
)
def test_an_option_of_another_op_is_refused_rather_than_ignored(raw: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said):
        request_of(raw)


@pytest.mark.parametrize(
    ("raw", "field"), [({"op": "recall"}, "text"), ({"op": "recall", "text": "t", "limit": 0}, "limit")]
)
def test_a_wrong_field_is_named(raw: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid, match=f"`{field}`"):
        request_of(raw)


def test_every_op_on_offer_makes_a_request() -> None:
    fields = {"recall": {"text": "t"}, "context": {"text": "t", "budget": 9}, "get": {"memories": ["m"]}}
    assert [request_of({"op": op, **fields.get(op, {})}).op for op in SERVED] == list(SERVED)


def test_a_state_is_a_line_an_attribute() -> None:
    kitchen = {"at": 0, "entity": "home7/kitchen", "memory": "m", "device": "d"}
    state = {"temperature": {**kitchen, "value": 21.5, "unit": "Cel"}, "door": {**kitchen, "value": False}}
    assert answer_lines({"ok": True, "state": state}) == [
        "1970-01-01 00:00:00Z  home7/kitchen  door false",
        "1970-01-01 00:00:00Z  home7/kitchen  temperature 21.5 Cel",
    ]


def test_stats_count_the_most_frequent_first() -> None:
    reply = {"count": 3, "first": 0, "last": 60, "kinds": {"fact": 1, "turn": 2}, "tiers": {"raw": 3},
             "devices": {"b": 1, "a": 1}}  # fmt: skip
    assert answer_lines(reply) == [
        "memories  3",
        "first  1970-01-01 00:00:00Z",
        "last  1970-01-01 00:01:00Z",
        "kinds  turn 2, fact 1",
        "tiers  raw 3",
        "devices  a 1, b 1",
    ]


def test_a_context_is_told_as_it_is_but_for_what_a_terminal_would_obey() -> None:
    reply = {"context": "Latest:\ndoor open [1]\n\na\x1bb [2]", "matches": []}
    assert answer_lines(reply) == ["Latest:", "door open [1]", "", "a\\x1bb [2]"]


def test_a_profile_is_its_lists_under_their_names() -> None:
    fact = {"memory": "m", "entity": "e", "device": "d", "kind": "fact", "text": "likes tea", "at": 0}
    reply = {"summary": "an\x1bna", "preferences": [], "facts": [fact], "routines": []}
    assert answer_lines(reply) == [
        "summary  an\\x1bna",
        "facts",
        "  1970-01-01 00:00:00Z      -  e  fact  likes tea",
    ]


@pytest.mark.parametrize(
    "reply",
    [
        {"matches": []},
        {"context": "", "matches": []},
        {"preferences": [], "facts": [], "routines": []},
        {"state": {}},
        {"count": 0, "kinds": {}, "tiers": {}, "devices": {}},
    ],
    ids=["matches", "context", "profile", "state", "stats"],
)
def test_nothing_found_is_no_line(reply: dict[str, object]) -> None:
    assert answer_lines(reply) == []


def test_what_readings_answer_comes_before_the_matches() -> None:
    proof = {"memory": "m", "entity": "home7", "kind": "reading", "at": 0, "score": 1.0}
    last = {"asked": "last", "entity": "home7", "value": 3, "memory": "m", "at": 0}
    first, second = answer_lines({"matches": [proof], "readings": [last]})
    assert (first, "reading" in second) == ("1970-01-01 00:00:00Z  last  home7  3", True)
