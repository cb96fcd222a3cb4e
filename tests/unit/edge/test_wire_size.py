"""edge/wire_size.py: as paho writes it, byte by byte, to a socket."""

import socket
from collections.abc import Callable, Iterator

import paho.mqtt.client as mqtt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.wire_size import wire_bytes
from schemas.limits import MESSAGE_BYTES_MAX

Written = Callable[[str, int, Properties], bytes]
CONNACK = b"\x20\x03\0\0\0"


def read_packet(peer: socket.socket) -> bytes:
    """One packet as it came, by the length that it names."""
    packet = peer.recv(2, socket.MSG_WAITALL)
    while packet[-1] & 0x80:
        packet += peer.recv(1)
    length = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(packet[1:]))
    return packet + peer.recv(length, socket.MSG_WAITALL)


@pytest.fixture(scope="module")
def written() -> Iterator[Written]:
    """What paho writes for a message, read from the other end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "sensor-1", protocol=mqtt.MQTTv5)
        client.connect("127.0.0.1", listening.getsockname()[1])
        peer, _ = listening.accept()
        with peer:
            peer.settimeout(5)
            read_packet(peer)
            peer.sendall(CONNACK)
            while not client.is_connected():
                client.loop_read()

            def write(topic: str, payload_bytes: int, properties: Properties) -> bytes:
                sent = client.publish(topic, bytes(payload_bytes), qos=1, properties=properties)
                packet = read_packet(peer)
                peer.sendall(b"\x40\x02" + sent.mid.to_bytes(2, "big"))
                while not sent.is_published():
                    client.loop_read()
                return packet

            yield write
            client.disconnect()


LEVELS = st.lists(st.from_regex(r"[A-Za-z0-9][a-z0-9_.-]{0,9}", fullmatch=True), min_size=1, max_size=8)


@given(
    LEVELS.map("/".join),
    st.integers(0, 20_000),
    st.none() | st.integers(1, 65_535),
    st.none() | st.binary(max_size=200),
)
@example("t", 121, None, None)  # 127 bytes follow the length, then 128: it takes a second byte
@example("t", 122, None, None)
@example("t", 123, 1, b"")
@example("mem/v1/acme/obs/sensor-1/home7/küche", 100, None, bytes(16))
@example("t", 5, 1, bytes(121))  # the same of the properties' own length
@example("t", 5, 1, bytes(122))
@example("t", 16_377, None, None)
@example("t", 16_378, None, None)
@example("", 100, 1, None)
def test_it_is_what_paho_writes(
    written: Written, topic: str, payload_bytes: int, alias: int | None, correlation: bytes | None
) -> None:
    properties = Properties(PacketTypes.PUBLISH)
    if alias is not None:
        properties.TopicAlias = alias
    if correlation is not None:
        properties.CorrelationData = correlation
    reckoned = wire_bytes(
        topic,
        payload_bytes,
        alias=alias is not None,
        correlation_bytes=None if correlation is None else len(correlation),
    )
    assert reckoned == len(written(topic, payload_bytes, properties))


def test_an_alias_in_use_saves_the_topic_but_for_three_bytes() -> None:
    topic = "mem/v1/acme/obs/sensor-1/home7/kitchen"
    assert wire_bytes(topic, 50) - wire_bytes("", 50, alias=True) == len(topic) - 3


def test_the_largest_message_has_a_length_of_three_bytes() -> None:
    assert wire_bytes("t", MESSAGE_BYTES_MAX) == MESSAGE_BYTES_MAX + 1 + 3 + 6
