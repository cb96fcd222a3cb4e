"""A publication that came, and one to be made for us: values that the session hands on. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A publication that reached us, and what is needed to acknowledge and answer it."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    mid: int
    connection: int
    arrived: float
    """time.monotonic() at which it was read."""
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: int | None = None
    again: bool = False
    """The broker sent it before, and had no acknowledgement (MQTT's DUP)."""

    @property
    def size(self) -> int:
        """Bytes that it holds in memory, about: payload, topic and properties."""
        properties = len(self.correlation or b"") + len(self.response_topic or "")
        return len(self.payload) + len(self.topic) + properties


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we are gone."""

    topic: str
    payload: bytes
