"""A TCP relay that keeps what passes: bytes on the wire are counted where they cross a socket."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

READ_BYTES = 65_536


class Relay:
    """Passes connections on to a port of this machine, until it is closed; from then on, refuses them."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._sockets: list[socket.socket] = [self._listening]
        self.up = bytearray()
        """What clients sent, and the server passed back."""
        self.down = bytearray()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cuts all connections."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for one, other, kept in ((client, server, self.up), (server, client, self.down)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._sockets.append(one)
                    threading.Thread(target=_pass_on, args=(one, other, kept), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while piece := one.recv(READ_BYTES):
            kept += piece
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def packets(stream: bytes) -> Iterator[tuple[int, int]]:
    """The MQTT packets of one direction: the type of each, and its bytes (MQTT 5 §2.1)."""
    at = 0
    while at < len(stream):
        length, shift, body = 0, 0, at + 1
        while True:
            digit = stream[body]
            length |= (digit & 0x7F) << shift
            shift, body = shift + 7, body + 1
            if digit < 0x80:
                break
        yield stream[at] >> 4, body + length - at
        at = body + length
