"""PUBLISH packets: read as paho reads them, but for what made paho give up."""

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import MalformedPacket, Properties

from broker_bridge.publish_packet import BadPacket, read_publish


def packet(topic: str, payload: bytes, properties: bytes, *, mid: int = 7, qos: int = 1) -> bytes:
    name = topic.encode()
    head = struct.pack("!H", len(name)) + name + (struct.pack("!H", mid) if qos else b"")
    size, length = len(properties), b""
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return head + length + properties + payload


def string(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufeff"), max_size=20)


PARTS = st.fixed_dictionaries(
    {
        "topic": TEXTS.filter(bool),
        "payload": st.binary(max_size=50),
        "correlation": st.none() | st.binary(max_size=20),
        "reply": st.none() | TEXTS,
        "expiry": st.none() | st.integers(1, 2**32 - 1),
        "users": st.lists(st.tuples(TEXTS, TEXTS), max_size=3),
    }
)


@given(PARTS, st.sampled_from([0, 1]))
def test_what_paho_packs_is_read_back(parts: dict[str, Any], qos: int) -> None:
    correlation, reply, expiry = parts["correlation"], parts["reply"], parts["expiry"]
    payload, users = parts["payload"], parts["users"]
    properties = Properties(PacketTypes.PUBLISH)
    if correlation is not None:
        properties.CorrelationData = correlation
    if reply is not None:
        properties.ResponseTopic = reply
    if expiry is not None:
        properties.MessageExpiryInterval = expiry
    if users:
        properties.UserProperty = users
    packed = bytes(properties.pack())
    name = parts["topic"].encode()
    whole = struct.pack("!H", len(name)) + name + (b"\0\7" if qos else b"") + packed + payload
    read = read_publish(0x30 | qos << 1 | 1, whole)
    assert (read.topic, read.payload, read.qos, read.retain) == (name, payload, qos, True)
    assert (read.correlation, read.response_topic, read.expiry_s) == (correlation, reply, expiry)
    assert read.mid == (7 if qos else 0)


def test_what_paho_gives_up_at_is_passed_over() -> None:
    properties = b"\x26" + string("a") + string("\ufeff") + b"\x09" + string("c")
    whole = packet("t", b"payload", properties)
    with pytest.raises(MalformedPacket):
        Properties(PacketTypes.PUBLISH).unpack(whole[5:])
    read = read_publish(0x32, whole)
    assert (read.payload, read.correlation) == (b"payload", b"c")


@given(st.binary(max_size=60), st.integers(0x30, 0x3F))
def test_torn_packets_are_bad_packets_and_nothing_else(torn: bytes, command: int) -> None:
    with contextlib.suppress(BadPacket):
        assert read_publish(command, torn).payload in torn


def test_every_cut_of_a_packet_is_read_or_refused() -> None:
    whole = packet(
        "mem/v1/t", b"", b"\x08" + string("a/b") + b"\x02\0\0\0\5" + b"\x0b\x80\x01" + b"\x23\0\1\x01\1"
    )
    assert read_publish(0x32, whole).expiry_s == 5
    for end in range(len(whole)):
        with pytest.raises(BadPacket):
            read_publish(0x32, whole[:end])
    with pytest.raises(BadPacket, match="no property 0x7f"):
        read_publish(0x32, packet("t", b"", b"\x7f"))


def test_a_megabyte_of_user_properties_is_read_in_one_pass() -> None:
    many = packet("t", b"x", (b"\x26" + string("") + string("")) * 190_000)
    assert read_publish(0x32, many).payload == b"x"


@pytest.mark.parametrize(("first_byte", "again"), [(0x32, False), (0x3A, True)])
def test_what_the_broker_sends_again_says_so(first_byte: int, *, again: bool) -> None:
    assert read_publish(first_byte, b"\x00\x01t\x00\x07\x00{}").again is again
