"""memory/payload.py"""

import json
from dataclasses import replace
from typing import Any

import pytest

from memory.drift import Drift
from memory.measured import Beyond, Held, Measured
from memory.payload import KEYWORD_FIELDS, NUMBER_FIELDS, from_payload, to_payload
from memory.records import Memory, Version

BARE = Memory("id-1", "acme", "home7/ana", "kiosk-1", "observation", "hello", at=1.5, received=2.5)
FULL = Memory(
    "id-2",
    "acme",
    "home7",
    "kiosk-1",
    "reading",
    "kitchen temperature 21.5 °C",
    at=1.0,
    received=2.0,
    observation_id="o1",
    value=21.5,
    unit="Cel",
    attribute="temperature",
    session="s1",
    seq=3,
    tags=["a"],
    importance=0.5,
    expires=9.0,
    meta={"n": 1.0},
    tier="summary",
    seen=4,
    sources=["id-1"],
    written=7.0,
    written_by="kiosk-2",
    versions=[Version(kind="reading", text="20 °C", at=1.0, by="kiosk-1", written=2.0, value=20, tags=["b"])],
    votes={"phone": True, "kiosk-1": False},
    judged=True,
    recalled=3,
)


def test_absent_fields_take_no_room() -> None:
    assert to_payload(BARE) == {
        "tenant": "acme",
        "entity": "home7/ana",
        "scope": ["acme/#", "acme/home7/ana", "acme/home7/#", "acme/home7/ana/#"],
        "device": "kiosk-1",
        "kind": "observation",
        "text": "hello",
        "at": 1.5,
        "received": 2.5,
    }


@pytest.mark.parametrize("memory", [BARE, FULL], ids=["bare", "full"])
def test_a_memory_comes_back_from_its_payload_as_from_json(memory: Memory) -> None:
    assert from_payload(memory.id, to_payload(memory)) == memory
    assert from_payload(memory.id, json.loads(json.dumps(to_payload(memory)))) == memory


@pytest.mark.parametrize("value", [False, 0, 0.0, ""], ids=repr)
def test_a_value_that_counts_for_nothing_is_not_absent(value: Any) -> None:
    payload = to_payload(Memory("id", "t", "e", "d", "k", "x", at=0.0, received=0.0, value=value, seq=0))
    assert payload["value"] is value
    assert payload["seq"] == 0


def test_every_indexed_field_is_one_of_a_full_payload() -> None:
    assert {*KEYWORD_FIELDS, *NUMBER_FIELDS} <= to_payload(FULL).keys()


def test_indexed_numbers_are_floats_which_an_integer_index_would_not_see() -> None:
    assert all(isinstance(to_payload(FULL)[field], float) for field in NUMBER_FIELDS)


def test_what_readings_say_as_a_whole_comes_back_as_it_was() -> None:
    numbers = Measured(
        count=3, since=1.0, until=9.0, first=1, last=0.0, min=0.0, max=2.5,
        drift=Drift(3, 1.5, 0.5, 4.0, 2.0, -1.0),
        beyond=[Beyond(2.0, 1.0, 7.0)],
        outliers=["8a6e0804-2bd0-4672-b79d-d97027f9071a"],
    )  # fmt: skip
    states = Measured(2, 1.0, 9.0, first=False, last="open", values=[Held(False, 8.0, 1, 1, 1.0)])
    for measured in (numbers, states):
        memory = replace(BARE, tier="summary", measured=measured)
        assert from_payload(memory.id, json.loads(json.dumps(to_payload(memory)))) == memory
