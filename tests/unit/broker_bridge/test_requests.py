"""broker_bridge/requests.py"""

import json
from typing import Any

import msgpack
import pytest

from broker_bridge.codec import Encoding
from broker_bridge.messages import Message
from broker_bridge.requests import Asked, Refused, ReplyTo, Unanswerable, deadline, read_ask
from broker_bridge.topics import Address, Topic

TOPIC = "mem/v1/acme/query/kiosk-1/home7/_all"
MIRROR = "mem/v1/acme/reply/kiosk-1/home7/_all"
ASKED = {"op": "recall", "id": "q-1", "text": "keys"}


def asked(payload: Any = ASKED, topic: str = TOPIC, **more: Any) -> Message:
    sent = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    usual = {"qos": 1, "retain": False, "mid": 1, "connection": 1, "arrived": 1000.0}
    return Message(topic=topic, payload=sent, **(usual | more))


def refused(message: Message) -> Refused:
    with pytest.raises(Refused) as caught:
        read_ask(message)
    return caught.value


def test_a_request_is_answered_to_its_mirror_in_its_encoding_with_its_id() -> None:
    reply_to, read = read_ask(asked(correlation=b"\x00c"))
    assert reply_to == ReplyTo(MIRROR, Encoding.JSON, b"\x00c", "q-1", ("acme", "kiosk-1"))
    assert read == Asked(Topic("query", Address("acme", "kiosk-1", "home7", below=True)), ASKED)
    packed, _ = read_ask(asked(msgpack.packb({"o": "recall", "i": "q-2"})))
    assert (packed.encoding, packed.id) == (Encoding.MSGPACK, "q-2")


@pytest.mark.parametrize("id_", [5, None, ["q"], {"a": 1}, True, "i" * 65], ids=lambda i: repr(i)[:12])
def test_an_id_that_is_none_is_not_echoed(id_: object) -> None:
    reply_to, _ = read_ask(asked({"id": id_}))
    assert reply_to.id is None


@pytest.mark.parametrize(
    "response_topic",
    [
        "mem/v1/acme/reply/kiosk-1/mine",
        "mem/v1/acme/reply/kiosk-1/home7/_all",
        "mem/v1/acme/reply/kiosk-1/a/b/c",
    ],
)
def test_a_response_topic_within_the_callers_own_replies_is_honoured(response_topic: str) -> None:
    reply_to, _ = read_ask(asked(response_topic=response_topic, correlation=b"c"))
    assert reply_to == ReplyTo(response_topic, Encoding.JSON, b"c", "q-1", ("acme", "kiosk-1"))


@pytest.mark.parametrize(
    "response_topic",
    [
        "",
        "mem/v1/acme/reply/kiosk-2/home7",
        "mem/v1/acme/reply/kiosk-10/home7",
        "mem/v1/other/reply/kiosk-1/home7",
        "mem/v1/acme/obs/kiosk-1/home7",
        "mem/v1/acme/query/kiosk-1/home7",
        "mem/v1/acme/reply/kiosk-1/",
        "mem/v1/acme/reply/kiosk-1",
        "mem/v1/acme/reply/kiosk-1/#",
        "mem/v1/acme/reply/kiosk-1/+",
        "mem/v1/acme/reply/kiosk-1/../kiosk-2/home7",
        "mem/v1/acme/reply/kiosk-1/a/b/c/d/e/f/g/h/i",
        "mem/v1/_sys/ingest/1/status",
        "$SYS/broker",
        "$CONTROL/dynamic-security/v1",
    ],
)
def test_a_response_topic_that_is_not_the_callers_is_403_told_to_the_mirror(response_topic: str) -> None:
    error = refused(asked(response_topic=response_topic))
    assert error.reply_to.topic == MIRROR
    assert (error.failure.code, error.failure.id) == (403, "q-1")
    assert "mem/v1/acme/reply/kiosk-1/" in error.failure.hint


@pytest.mark.parametrize("field", ["reply_to", "response_topic", "topic", "client", "tenant", "entity"])
def test_no_payload_says_where_an_answer_goes_or_who_asks(field: str) -> None:
    reply_to, read = read_ask(asked({**ASKED, field: "mem/v1/other/reply/kiosk-2/x"}))
    assert (reply_to.topic, reply_to.client) == (MIRROR, ("acme", "kiosk-1"))
    assert read.topic.address == Address("acme", "kiosk-1", "home7", below=True)


@pytest.mark.parametrize(
    ("message", "code", "said"),
    [
        (asked(retain=True), 400, "retain"),
        (asked(topic="mem/v1/acme/query/kiosk-1/_bad"), 400, "entity level"),
        (asked(topic="mem/v1/acme/query/kiosk-1"), 400, "must be mem/v1"),
        (asked(b""), 400, "empty"),
        (asked(b'{"op":'), 400, "not JSON"),
        (asked(b"\xc1"), 400, "nor msgpack"),
        (asked([ASKED]), 400, "not a map"),
        (asked(b" 7"), 400, "not a map"),
        (asked(b"\xc0"), 400, "not a map"),
        (asked(b"{" + b" " * 262_144), 413, "262145 bytes"),
    ],
    ids=lambda case: case if isinstance(case, str) else None,
)
def test_a_wrong_envelope_is_refused_with_a_code_and_a_next_step(
    message: Message, code: int, said: str
) -> None:
    error = refused(message)
    assert error.failure.code == code
    assert said in error.failure.error
    assert error.failure.hint
    assert error.reply_to.topic.split("/")[2:5] == ["acme", "reply", "kiosk-1"]
    assert error.failure.ok is False


def test_a_payload_of_the_largest_size_is_still_read() -> None:
    _, read = read_ask(asked(b'{"op":"recall"' + b" " * (262_144 - 15) + b"}"))
    assert read.fields == {"op": "recall"}


def test_the_error_of_a_request_that_could_be_read_still_carries_its_id() -> None:
    assert refused(asked(retain=True)).failure.id == "q-1"
    assert refused(asked(topic="mem/v1/acme/query/kiosk-1/_bad")).failure.id == "q-1"


@pytest.mark.parametrize(
    "topic", ["mem/v1/_x/query/kiosk-1/e", "mem/v1/acme/query/_x/e", "mem/v1/acme/query", "x"]
)
def test_a_request_from_nobody_is_unanswerable(topic: str) -> None:
    with pytest.raises(Unanswerable):
        read_ask(asked(topic=topic))


@pytest.mark.parametrize(
    ("deadline_ms", "expiry_s", "after_s"),
    [(250, None, 0.25), (250, 60, 0.25), (0, 60, 0.0), (None, 60, 60.0), (None, 0, 0.0), (None, None, 10.0)],
)
def test_the_deadline_is_the_requests_else_the_messages_else_ten_seconds(
    deadline_ms: int | None, expiry_s: int | None, after_s: float
) -> None:
    # Counted from the arrival, not from when it is looked at.
    assert deadline(asked(expiry_s=expiry_s), deadline_ms) == 1000.0 + after_s
