"""What a message takes on the wire, exactly: a budget of bytes is worth what it counts. Pure."""

_ALIAS_BYTES = 3
_LENGTH_BYTES = 2
"""Before each text and each binary value."""
_PACKET_ID_BYTES = 2


def wire_bytes(
    topic: str, payload_bytes: int, *, alias: bool = False, correlation_bytes: int | None = None
) -> int:
    """A PUBLISH of MQTT 5 with QoS 1, without what TLS and TCP add.

    `alias`: it carries a topic alias; the first message with one names its topic, too, later ones have "".
    `correlation_bytes`: how long its Correlation Data is; None: it has none.
    """
    properties = _ALIAS_BYTES if alias else 0
    if correlation_bytes is not None:
        properties += 1 + _LENGTH_BYTES + correlation_bytes
    head = _LENGTH_BYTES + len(topic.encode()) + _PACKET_ID_BYTES
    rest = head + _varint_bytes(properties) + properties + payload_bytes
    return 1 + _varint_bytes(rest) + rest


def _varint_bytes(value: int) -> int:
    """MQTT writes lengths in seven bits a byte."""
    return max(1, -(-value.bit_length() // 7))
