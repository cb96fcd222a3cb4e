"""What is watched, and how it is told."""

import json

import msgpack
import pytest

from broker_bridge.topics import BadTopic
from console.tail import filters, told

STORED = {"y": "stored", "m": "m-1", "k": "event", "t": "hello", "a": 0.0, "c": "hub"}


@pytest.mark.parametrize(
    ("tenant", "entity", "watched"),
    [
        ("+", None, "mem/v1/+/stream/#"),
        ("home", None, "mem/v1/home/stream/#"),
        ("home", "home7/ana", "mem/v1/home/stream/home7/ana"),
        ("home", "home7/_all", "mem/v1/home/stream/home7/#"),
        ("+", "home7", "mem/v1/+/stream/home7"),
    ],
)
def test_the_stream_of_all_of_a_tenant_or_of_an_entity(tenant: str, entity: str | None, watched: str) -> None:
    assert filters(tenant, entity, receipts=False) == [watched]


def test_receipts_are_watched_for_the_same_entity() -> None:
    assert filters("home", "home7/_all", receipts=True)[1] == "mem/v1/home/receipt/+/home7/#"


@pytest.mark.parametrize(
    ("tenant", "entity"), [("#", None), ("a b", None), ("home", "#"), ("home", "a/_all/b"), ("home", "_all")]
)
def test_what_no_level_may_be_is_refused(tenant: str, entity: str | None) -> None:
    with pytest.raises(BadTopic, match=r"level .* must match"):
        filters(tenant, entity, receipts=False)


@pytest.mark.parametrize("payload", [STORED, [STORED]], ids=["alone", "array"])
def test_a_record_is_a_line(payload: object) -> None:
    [line] = told("mem/v1/home/stream/home7/ana", msgpack.packb(payload), as_json=False)
    assert line == "1970-01-01 00:00:00Z  stored  home/home7/ana  event  by hub  hello"


def test_as_json_it_has_long_names_and_says_whose_it_is() -> None:
    [line] = told("mem/v1/home/stream/home7/ana", msgpack.packb([STORED]), as_json=True)
    assert json.loads(line) == {
        "tenant": "home", "entity": "home7/ana", "event": "stored", "memory": "m-1", "kind": "event",
        "text": "hello", "at": 0.0, "device": "hub",
    }  # fmt: skip


def test_receipts_are_told_in_either_encoding() -> None:
    topic = "mem/v1/home/receipt/hub/home7/ana"
    packed = msgpack.packb({"rs": [{"i": 1, "s": "stored", "m": "m-1"}]})
    [line] = told(topic, packed, as_json=False)
    assert line.split() == ["receipt", "home/home7/ana", "to", "hub", "stored", "memory", "m-1"]
    plain = json.dumps({"receipts": [{"id": 1, "status": "refused", "reason": "invalid", "hint": "h"}]})
    [line] = told(topic, plain.encode(), as_json=True)
    assert json.loads(line) == {
        "tenant": "home", "client": "hub", "entity": "home7/ana", "event": "receipt", "id": 1,
        "status": "refused", "reason": "invalid", "hint": "h",
    }  # fmt: skip


@pytest.mark.parametrize("payload", [b"", b"\xc1", b'{"event": "sung"}'], ids=["empty", "torn", "unknown"])
def test_what_cannot_be_read_is_told_too(payload: bytes) -> None:
    [line] = told("mem/v1/home/stream/e", payload, as_json=False)
    assert line.startswith("unreadable  mem/v1/home/stream/e: ")
    [line] = told("mem/v1/home/stream/e", payload, as_json=True)
    assert json.loads(line)["topic"] == "mem/v1/home/stream/e"
