"""MQTT 3.1.1 by hand, as fast as a socket takes it: a client library would wait for acknowledgements."""

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from broker_bridge.url import BrokerUrl

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
CHUNK_BYTES = 64 * 1024
WAIT_S_MAX = 60.0
"""Without any progress."""


class Blaster:
    """One connection. A thread reads it: acknowledges what comes, and counts what is acknowledged."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self.on_message: Callable[[bytes], None] = lambda _payload: None
        self.acknowledged = 0
        self._over = False
        self._told = 0
        self._reading = threading.Thread(target=self._read, name="blaster reads", daemon=True)
        self._reading.start()

    @classmethod
    @contextmanager
    def connected(cls, broker: BrokerUrl, client_id: str, topic_filter: str) -> Iterator["Blaster"]:
        """A clean session that hears one filter at QoS 1."""
        with socket.create_connection((broker.host, broker.port)) as sock:
            blaster = cls(sock)
            blaster._send(_packet(CONNECT << 4, _text("MQTT") + b"\x04\x02\0\0" + _text(client_id)))
            blaster._send(_packet(SUBSCRIBE << 4 | 2, b"\0\1" + _text(topic_filter) + b"\1"))
            blaster.wait(lambda: blaster._told)
            yield blaster
            blaster._over = True
            sock.shutdown(socket.SHUT_RDWR)
            blaster._reading.join()

    def publish(self, topic: str, payloads: Iterable[bytes]) -> None:
        """Sends them all at QoS 1; waits for nothing but room in the socket."""
        chunk = bytearray()
        for number, payload in enumerate(payloads):
            head = _text(topic) + struct.pack("!H", number % 65535 + 1)
            chunk += _packet(PUBLISH << 4 | 2, head + payload)
            if len(chunk) >= CHUNK_BYTES:
                self._send(bytes(chunk))
                chunk.clear()
        self._send(bytes(chunk))

    def wait(self, done: Callable[[], object]) -> None:
        """Returns when `done` is true; fails when nothing moves any more."""
        with self._changed:
            while not done():
                assert self._changed.wait(WAIT_S_MAX), f"nothing comes; {self.acknowledged} acknowledged"

    def _send(self, packets: bytes) -> None:
        with self._writing:
            self._sock.sendall(packets)

    def _read(self) -> None:
        buffer = bytearray()
        while more := self._sock.recv(CHUNK_BYTES):
            buffer += more
            acks = bytearray()
            with self._changed:
                for first, body in _taken(buffer):
                    acks += self._take(first >> 4, first >> 1 & 3, body)
                self._changed.notify_all()
            try:
                self._send(bytes(acks))
            except OSError:
                if self._over:
                    return
                raise

    def _take(self, kind: int, qos: int, body: bytes) -> bytes:
        """What there is to answer to one packet."""
        self.acknowledged += kind == PUBACK
        self._told += kind == SUBACK
        if kind != PUBLISH:
            return b""
        after_topic = 2 + int.from_bytes(body[:2], "big")
        after_head = after_topic + (2 if qos else 0)
        self.on_message(body[after_head:])
        return _packet(PUBACK << 4, body[after_topic:after_head]) if qos else b""


def _taken(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Takes the whole packets out of the buffer."""
    at = 0
    while (found := _length(buffer, at)) is not None:
        start, length = found
        if start + length > len(buffer):
            break
        yield buffer[at], bytes(buffer[start : start + length])
        at = start + length
    del buffer[:at]


def _length(buffer: bytearray, at: int) -> tuple[int, int] | None:
    """Where a packet's body begins, and how long it is; None while that has not come."""
    length = 0
    for digit in range(4):
        if at + 1 + digit >= len(buffer):
            return None
        byte = buffer[at + 1 + digit]
        length |= (byte & 0x7F) << 7 * digit
        if byte < 0x80:
            return at + 2 + digit, length
    raise AssertionError("no MQTT packet")


def _packet(first: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([first]) + digits + body


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()
