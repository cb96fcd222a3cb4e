"""workers/intake.py. Any payload at all: tests/wire."""

import json
from typing import Any

import msgpack
import pytest

from broker_bridge.codec import Encoding, decode
from memory.policies import Policies
from memory.policy_file import PolicyFile
from schemas import identity
from workers.intake import Accepted, Refusal, encode_one, take_in

TOPIC = "mem/v1/acme/obs/kiosk-1/home7/kitchen"
NOW = 1_780_000_000.0


def take(
    value: Any, *, topic: str = TOPIC, now: float = NOW, retain: bool = False
) -> list[Accepted | Refusal]:
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    return take_in(topic, payload, retain=retain, now=now).observations


def accepted(value: Any, **more: Any) -> Accepted:
    [taken] = take(value, **more)
    assert isinstance(taken, Accepted)
    return taken


def refused(value: Any, **more: Any) -> Refusal:
    [taken] = take(value, **more)
    assert isinstance(taken, Refusal)
    return taken


def test_everything_that_was_sent_is_in_the_memory() -> None:
    sent = {
        "id": "a1", "text": "warm", "value": 21.5, "unit": "Cel", "attribute": "temperature", "kind": "fact",
        "at": 1_779_999_000, "session": "s1", "seq": 4, "tags": ["t"], "importance": 0.5,
        "ttl": 60, "meta": {"a": 1},
    }  # fmt: skip
    memory = accepted(sent).memory
    assert (memory.tenant, memory.device, memory.entity) == ("acme", "kiosk-1", "home7/kitchen")
    assert (memory.observation_id, memory.text, memory.value, memory.unit) == ("a1", "warm", 21.5, "Cel")
    assert (memory.attribute, memory.kind, memory.at, memory.session) == (
        "temperature",
        "fact",
        1_779_999_000.0,
        "s1",
    )
    assert (memory.seq, memory.tags, memory.importance, memory.meta) == (4, ["t"], 0.5, {"a": 1})
    assert (memory.received, memory.expires) == (NOW, 1_779_999_060.0)
    assert (memory.tier, memory.seen) == ("raw", 1)


def test_identity_is_read_from_the_topic_whatever_the_payload_claims() -> None:
    claims = {
        "text": "x",
        "id": 1,
        "tenant": "other",
        "client": "other",
        "device": "other",
        "entity": "other",
    }
    memory = accepted(claims).memory
    assert (memory.tenant, memory.device, memory.entity) == ("acme", "kiosk-1", "home7/kitchen")
    assert memory.id == identity.by_observation_id("acme", "home7/kitchen", "kiosk-1", 1)


def test_without_a_time_it_was_observed_when_it_came() -> None:
    memory = accepted({"text": "x", "ttl": 10}).memory
    assert (memory.at, memory.expires) == (NOW, NOW + 10)
    assert accepted({"text": "x"}).memory.expires is None


def test_a_resend_is_the_same_memory_whenever_it_comes() -> None:
    for sent in ({"id": 7, "text": "x"}, {"text": "x", "at": 5}, {"id": "7", "text": "x", "at": 5}):
        assert accepted(sent).memory.id == accepted(sent, now=NOW + 3600).memory.id


@pytest.mark.parametrize("one", [{"text": "x", "at": 5}, {"value": 1, "at": 5, "unit": "Cel"}])
@pytest.mark.parametrize(
    "change", [{"at": 6}, {"kind": "note"}, {"tags": ["t"]}, {"meta": {"a": 1}}, {"id": 1}]
)
def test_without_an_id_anything_else_said_is_another_memory(one: Any, change: Any) -> None:
    assert accepted(one).memory.id != accepted({**one, **change}).memory.id


def test_with_an_id_it_is_the_same_memory_whatever_is_said() -> None:
    assert accepted({"id": 1, "text": "x"}).memory.id == accepted({"id": 1, "text": "y", "at": 9}).memory.id


@pytest.mark.parametrize(
    "topic",
    [
        "mem/v1/acme2/obs/kiosk-1/home7/kitchen",
        "mem/v1/acme/obs/kiosk-2/home7/kitchen",
        "mem/v1/acme/obs/kiosk-1/home7",
        "mem/v1/acme/obs/kiosk-1/home7/kitchen/oven",
    ],
)
def test_the_same_id_from_elsewhere_is_another_memory(topic: str) -> None:
    for sent in ({"id": 1, "text": "x"}, {"text": "x", "at": 5}):
        assert accepted(sent).memory.id != accepted(sent, topic=topic).memory.id


def test_a_reading_without_words_is_said_in_words_and_embedded_rounded() -> None:
    taken = accepted({"value": 21.53, "attribute": "temperature", "unit": "Cel"})
    assert taken.memory.text == "kitchen temperature 21.53 °C"
    assert taken.words == "kitchen temperature 22 °C"
    assert taken.memory.value == 21.53


def test_values_that_are_equal_and_not_the_same_have_words_of_their_own() -> None:
    said = [accepted({"value": value, "attribute": "door"}).memory.text for value in (1, True, 1.0, True, 1)]
    assert said[0] != said[1]
    assert said == [said[0], said[1], said[2], said[1], said[0]]


def test_a_reading_with_words_keeps_and_embeds_them() -> None:
    taken = accepted({"value": 21.53, "text": "rather warm"})
    assert (taken.memory.text, taken.words) == ("rather warm", "rather warm")


@pytest.mark.parametrize(("ahead", "is_taken"), [(-1e9, True), (0, True), (86_400, True), (86_400.5, False)])
def test_a_clock_may_be_a_day_ahead_and_no_more(ahead: float, *, is_taken: bool) -> None:
    [taken] = take({"id": 9, "text": "x", "at": NOW + ahead})
    assert isinstance(taken, Accepted) is is_taken
    if isinstance(taken, Refusal):
        assert (taken.reason, taken.observation_id) == ("invalid", 9)
        assert taken.hint.startswith("`at`: must be at most a day ahead")


@pytest.mark.parametrize(
    ("payload", "more", "reason", "said"),
    [
        (b"", {}, "malformed", "payload: empty"),
        (b'{"text":', {}, "malformed", "payload: not JSON"),
        (b"[]", {}, "invalid", "payload: an empty array"),
        (b'{"text":"x"}', {"retain": True}, "retained", "retain off"),
        (b'{"text":"x"}', {"topic": "mem/v1/acme/obs/kiosk-1/_bad"}, "topic", "entity level"),
        (b'{"text":"x"}', {"topic": "mem/v1/acme/query/_bad/x"}, "topic", "client level"),
        (json.dumps([{"value": 1}] * 257).encode(), {}, "too_many", "257 observations"),
        (b" " * 262_145, {}, "too_large", "262145 bytes"),
    ],
    ids=lambda case: repr(case)[:20],
)
def test_a_message_that_is_wrong_as_a_whole_is_refused_once_and_kept_whole(
    payload: bytes, more: Any, reason: str, said: str
) -> None:
    refusal = refused(payload, **more)
    assert refusal.reason == reason
    assert said in refusal.hint
    assert refusal.payload == payload
    assert (refusal.receipt.status, refusal.receipt.reason, refusal.receipt.hint) == (
        "refused",
        reason,
        refusal.hint,
    )


@pytest.mark.parametrize("payload", [b'{"now":true}', b' {"y":true}', b"\x81\xa1y\xc3", b"\x81\xa3now\xc3"])
def test_a_time_request_observes_nothing(payload: bytes) -> None:
    intake = take_in(TOPIC, payload, retain=False, now=NOW)
    assert (list(intake.observations), intake.asked_at) == ([], NOW)
    assert intake.encoding is Encoding.of(payload)


@pytest.mark.parametrize(
    "sent",
    [{}, [], None, {"now": 1}, {"now": False}, {"now": True, "y": True}, [{"now": True}, {"text": "x"}]],
)
def test_what_is_not_quite_a_time_request_is_none(sent: Any) -> None:
    intake = take_in(TOPIC, msgpack.packb(sent), retain=False, now=NOW)
    assert intake.asked_at is None
    assert intake.observations


def test_the_largest_message_and_the_longest_batch_are_taken() -> None:
    assert len(take([{"value": number} for number in range(256)])) == 256
    largest = b'{"text":"x"' + b" " * (262_144 - 12) + b"}"
    assert len(largest) == 262_144
    assert accepted(largest).memory.text == "x"


def test_a_wrong_observation_costs_its_neighbours_nothing_and_keeps_its_place() -> None:
    sent = [{"id": 1, "text": "a"}, {"id": 2, "text": ""}, 7, {"id": 4, "value": 1}, {"id": [], "text": "x"}]
    kinds = [type(each).__name__ for each in take(sent)]
    assert kinds == ["Accepted", "Refusal", "Refusal", "Accepted", "Refusal"]
    receipts = [each.receipt.id for each in take(sent) if isinstance(each, Refusal)]
    # The id that can be told is told; what is none is not echoed.
    assert receipts == [2, None, None]


@pytest.mark.parametrize("id_", ["a", 5, -(2**63), "i" * 64])
@pytest.mark.parametrize("name", ["id", "i"])
def test_a_refusal_carries_the_id_under_which_it_was_sent(id_: Any, name: str) -> None:
    assert refused({name: id_, "text": ""}).receipt.id == id_


def test_a_dead_letter_of_one_observation_can_be_sent_again_alone() -> None:
    wrong = {"i": 2, "t": "", "unknown": [1, {"a": None}], "v": -(2**63)}
    for encoding, payload in (
        (Encoding.MSGPACK, msgpack.packb([{"t": "x"}, wrong])),
        (Encoding.JSON, json.dumps([{"t": "x"}, wrong]).encode()),
    ):
        intake = take_in(TOPIC, payload, retain=False, now=NOW)
        assert intake.encoding is encoding
        refusal = intake.observations[1]
        assert isinstance(refusal, Refusal)
        assert decode(refusal.payload) == wrong
        assert Encoding.of(refusal.payload) is encoding


def test_an_observation_that_cannot_be_written_again_is_kept_as_far_as_it_can_be_shown() -> None:
    assert encode_one({"a": b"\xff"}, Encoding.JSON) == b"{'a': b'\\xff'}"
    assert encode_one({"a": 2**64}, Encoding.MSGPACK) == b"{'a': 18446744073709551616}"
    assert encode_one(["\ud800"], Encoding.MSGPACK) == b"['\\ud800']"


def test_unknown_fields_are_counted_over_the_whole_message() -> None:
    sent = [{"text": "x", "colour": 1, "entity": 2}, {"value": 1, "b": 2}, 7, {"t": "", "odd": 1}]
    assert take_in(TOPIC, json.dumps(sent).encode(), retain=False, now=NOW).unknown_fields == 4


POLICIES = Policies(
    PolicyFile.model_validate(
        {"defaults": {"ttl": "1 hour"}, "tenants": {"acme": {"kinds": {"door": {"ttl": "1 day"}}}}}
    )
)


@pytest.mark.parametrize(
    ("sent", "expires"),
    [
        ({"text": "x", "at": NOW - 10}, NOW - 10 + 3600),
        ({"text": "x", "kind": "door"}, NOW + 86_400),
        ({"text": "x", "kind": "door", "ttl": 5}, NOW + 5),
        ({"text": "x", "kind": "fact"}, None),
    ],
)
def test_what_has_no_ttl_of_its_own_gets_its_tenants(sent: dict[str, Any], expires: float | None) -> None:
    payload = json.dumps(sent).encode()
    [taken] = take_in(TOPIC, payload, retain=False, now=NOW, policies=POLICIES).observations
    assert isinstance(taken, Accepted)
    assert taken.memory.expires == expires
    assert taken.memory.id == accepted(sent).memory.id, "a policy changes no id: a resend is known"
