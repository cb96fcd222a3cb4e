"""Reads a PUBLISH packet of MQTT 5 (OASIS MQTT 5.0 §3.3), as far as a service needs it. Pure.

paho's own reader refuses U+FEFF in a user property, which Mosquitto lets through: the broker would send that
message again at each reconnect, for ever. And it copies the rest of the packet at each property, so a message
of a megabyte of them would stop us for half a minute. Here, what we don't need is passed over.
"""

from dataclasses import dataclass

_ONE_BYTE, _TWO_BYTES, _FOUR_BYTES = 1, 2, 4
_FIXED = {0x01: _ONE_BYTE, 0x02: _FOUR_BYTES, 0x23: _TWO_BYTES}
_STRINGS = {0x03: 1, 0x08: 1, 0x09: 1, 0x26: 2}
"""How many length-prefixed strings a property holds: content type, response topic, correlation, user."""
_SUBSCRIPTION_ID = 0x0B
_MESSAGE_EXPIRY, _RESPONSE_TOPIC, _CORRELATION_DATA = 0x02, 0x08, 0x09


class BadPacket(ValueError):
    """Not a PUBLISH packet: no broker sends this."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a PUBLISH packet carries."""

    topic: bytes
    payload: bytes
    qos: int
    retain: bool
    mid: int
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: int | None = None
    again: bool = False


def read_publish(command: int, packet: bytes) -> Publication:
    """The publication in a packet's first byte and what follows its remaining length.

    Raises:
        BadPacket: its lengths don't agree.
    """
    try:
        return _read(command, packet)
    except IndexError as error:
        raise BadPacket(f"PUBLISH ends too early: {error}") from None


def _read(command: int, packet: bytes) -> Publication:
    qos = command >> 1 & 0x03
    topic, at = _string(packet, 0)
    mid = 0
    if qos:
        mid, at = int.from_bytes(_take(packet, at, 2)), at + 2
    length, at = _variable_integer(packet, at)
    end = at + length
    if end > len(packet):
        raise BadPacket("PUBLISH: properties are longer than the packet")
    found = _properties(packet, at, end)
    response_topic, expiry = found.get(_RESPONSE_TOPIC), found.get(_MESSAGE_EXPIRY)
    return Publication(
        topic=topic,
        payload=packet[end:],
        qos=qos,
        retain=bool(command & 0x01),
        again=bool(command & 0x08),
        mid=mid,
        response_topic=None if response_topic is None else response_topic.decode(errors="replace"),
        correlation=found.get(_CORRELATION_DATA),
        expiry_s=None if expiry is None else int.from_bytes(expiry),
    )


def _properties(packet: bytes, at: int, end: int) -> dict[int, bytes]:
    """The properties by their identifier; of several (user properties) the last."""
    found: dict[int, bytes] = {}
    while at < end:
        identifier, at = packet[at], at + 1
        if identifier in _FIXED:
            size = _FIXED[identifier]
            found[identifier], at = _take(packet, at, size), at + size
        elif identifier in _STRINGS:
            for _ in range(_STRINGS[identifier]):
                found[identifier], at = _string(packet, at)
        elif identifier == _SUBSCRIPTION_ID:
            _, at = _variable_integer(packet, at)
        else:
            raise BadPacket(f"PUBLISH: there is no property {identifier:#x}")
    if at != end:
        raise BadPacket("PUBLISH: a property is longer than all of them")
    return found


def _string(packet: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(_take(packet, at, 2))
    return _take(packet, at + 2, size), at + 2 + size


def _take(packet: bytes, at: int, size: int) -> bytes:
    if at + size > len(packet):
        raise BadPacket("PUBLISH ends too early")
    return packet[at : at + size]


def _variable_integer(packet: bytes, at: int) -> tuple[int, int]:
    """A Variable Byte Integer (§1.5.5), and where it ends."""
    value = 0
    for shift in range(0, 28, 7):
        byte, at = packet[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BadPacket("PUBLISH: a length of more than four bytes")
