"""schemas/observation.py"""

from typing import Any

import pytest

from schemas.observation import KINDS, Observation
from schemas.wire import Invalid, short_keys

CONTRACT_KEYS = {
    "id": "i", "text": "t", "value": "v", "unit": "u", "attribute": "p", "kind": "k", "at": "a",
    "session": "s", "seq": "n", "tags": "g", "importance": "w", "ttl": "x", "meta": "m",
}  # fmt: skip
"""Contract §3, for ever."""


def refusal(**fields: Any) -> str:
    with pytest.raises(Invalid) as refused:
        Observation.load({"text": "x", **fields})
    return str(refused.value)


def test_the_short_keys_are_the_contracts() -> None:
    assert short_keys(Observation) == CONTRACT_KEYS


@pytest.mark.parametrize("sent", [{}, {"id": 1}, {"text": None, "value": None}, {"unit": "Cel", "at": 1}])
def test_an_observation_says_something(sent: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="at least one of `text` and `value`"):
        Observation.load(sent)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"text": "x"}, "event"),
        ({"value": 0}, "reading"),
        ({"value": False}, "reading"),
        ({"value": ""}, "reading"),
        ({"text": "x", "value": 1}, "reading"),
        ({"value": 1, "kind": "fact"}, "fact"),
        ({"text": "x", "kind": "their.own"}, "their.own"),
    ],
)
def test_the_kind_is_reading_where_there_is_a_value_and_event_elsewhere(sent: Any, kind: str) -> None:
    assert Observation.load(sent).kind_or_default == kind


def test_every_kind_of_the_contract_may_be_sent() -> None:
    assert [Observation.load({"text": "x", "kind": kind}).kind for kind in KINDS] == list(KINDS)


@pytest.mark.parametrize("value", [True, False, 0, -1, 2**63 - 1, -(2**63), 0.0, -0.5, 1e308, "", "on"])
def test_a_value_keeps_its_type(value: Any) -> None:
    kept = Observation.load({"value": value}).value
    assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, float("nan"), float("inf"), b"x", [], {}, [1], "v" * 257],
    ids=lambda v: repr(v)[:20],
)
def test_no_other_value_is_taken(value: Any) -> None:
    assert refusal(value=value).startswith("`value`: must be a finite number")


@pytest.mark.parametrize("id_", ["a", "5", 5, 0, -1, 2**63 - 1, -(2**63), "ü" * 64])
def test_an_id_is_text_or_an_integer_and_keeps_its_type(id_: Any) -> None:
    kept = Observation.load({"text": "x", "id": id_}).id
    assert (kept, type(kept)) == (id_, type(id_))


@pytest.mark.parametrize("id_", ["", "i" * 65, True, 1.0, 2**63, b"a", []], ids=lambda i: repr(i)[:20])
def test_nothing_else_is_an_id(id_: Any) -> None:
    assert refusal(id=id_).startswith("`id`: must be a string of 1 to 64 characters or an integer")


@pytest.mark.parametrize("control", ["\x00", "\n", "\t", "\x1b", "\x7f", "\x80", "\x9b", "\x9f"], ids=repr)
@pytest.mark.parametrize("field", ["id", "unit", "attribute", "kind", "session", "tags"])
def test_names_hold_nothing_that_would_steer_a_terminal(field: str, control: str) -> None:
    name = f"a{control}b"
    assert "control characters" in refusal(**{field: [name] if field == "tags" else name})


def test_text_values_and_meta_may_hold_any_character() -> None:
    every = "line\nbreak\ttab \x00 \x9b"
    observation = Observation.load({"text": every, "value": every, "meta": {every: every}})
    assert (observation.text, observation.value, observation.meta) == (every, every, {every: every})


@pytest.mark.parametrize(
    "meta",
    [
        {"a": 2**63},
        {"a": [1, {"b": float("nan")}]},
        {"a": b"bytes"},
        {"a": {b"bytes": 1}},
        {"a": {5: 1}},
        {"a": object()},
        {"a": (1, 2)},
    ],
    ids=repr,
)
def test_meta_holds_only_what_json_msgpack_and_every_store_carry(meta: Any) -> None:
    assert refusal(meta=meta).startswith("`meta`: must h")


def test_meta_is_kept_as_it_was_sent() -> None:
    meta = {"n": None, "t": True, "i": -(2**63), "f": 0.5, "l": [1, [2, {"x": []}]], "m": {}, "": "empty key"}
    assert Observation.load({"text": "x", "meta": meta}).meta == meta
