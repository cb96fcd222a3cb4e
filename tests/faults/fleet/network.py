"""A network of cells between devices and their broker, that loses, delays, cuts and says things twice."""

import asyncio
import random
from collections import Counter

from tests.faults.fleet.weather import Event, Spell

DELAY_S_MAX = 0.03
SLOW_S_MAX = 0.6
TWICE_SHARE = 0.15
"""Of the publications at QoS 1, either way."""
PUBLISH = 3
READ_BYTES = 65_536


Ends = tuple[asyncio.StreamWriter, asyncio.StreamWriter]
"""Of one connection: to the device, and to the broker."""


class Frames:
    """MQTT packets out of a stream of bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def take(self, more: bytes) -> list[bytes]:
        """Those that are whole now."""
        self._bytes += more
        frames = []
        while (end := _end(self._bytes)) is not None:
            frames.append(bytes(self._bytes[:end]))
            del self._bytes[:end]
        return frames


def _end(stream: bytearray) -> int | None:
    """Where the first packet ends; None: it is not all there."""
    length = 0
    for index, byte in enumerate(stream[1:5]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            end = 2 + index + length
            return end if end <= len(stream) else None
    return None


def may_come_twice(frame: bytes) -> bool:
    """A publication at QoS 1: at least once, says MQTT."""
    return frame[0] >> 4 == PUBLISH and frame[0] >> 1 & 3 == 1


class Cell:
    """One way in to the broker, on a port of its own, in whatever weather."""

    def __init__(self, broker_port: int, drawn: random.Random) -> None:
        self._broker_port = broker_port
        self._drawn = drawn
        self._server: asyncio.Server | None = None
        self._spell: Spell | None = None
        self._carried: set[Ends] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()
        """What was done to whom: a fault that never comes proves nothing."""

    @property
    def port(self) -> int:
        """Where devices find it."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Begins to carry."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)

    async def close(self) -> None:
        """Ends, and all that it carries with it."""
        if self._server is not None:
            self._server.close()
            self._cut()
            await self._server.wait_closed()
            await asyncio.gather(*self._carrying)

    async def live(self, events: list[Event]) -> None:
        """Goes through its weather; well again when it returns."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for event in events:
            await asyncio.sleep(began + event.at_s - loop.time())
            self._spell = event.spell
            self.counts[event.spell.name] += 1
            if event.spell is Spell.CUT:
                self._cut(share=0.5)  # the others in the middle of the next packet that they carry
            await asyncio.sleep(began + event.ends_s - loop.time())
            if event.spell is Spell.DEAF:
                self._cut()  # as a stack does that hears no answer for long
            self._spell = None

    def _cut(self, share: float = 1.0) -> None:
        for ends in tuple(self._carried):
            if self._drawn.random() < share:
                self.counts["cut"] += 1
                _abort(ends)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.create_task(self._carry(reader, writer), name="carry")
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._spell is Spell.CUT:
                raise ConnectionRefusedError
            from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:  # the broker may be dead just now
            self.counts["refused"] += 1
            writer.transport.abort()
            return
        ends = (writer, to_broker)
        self._carried.add(ends)
        delay_s = self._drawn.uniform(0, DELAY_S_MAX)
        await asyncio.gather(
            self._pump(reader, to_broker, delay_s), self._pump(from_broker, writer, delay_s),
            return_exceptions=True,
        )  # fmt: skip
        _abort(ends)
        self._carried.discard(ends)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, delay_s: float) -> None:
        """One direction, until either end is gone."""
        frames = Frames()
        try:
            while more := await source.read(READ_BYTES):
                slow_s = self._drawn.uniform(0, SLOW_S_MAX) if self._spell is Spell.SLOW else 0.0
                await asyncio.sleep(delay_s + slow_s)
                for frame in frames.take(more):
                    self._pass_on(frame, sink)
                await sink.drain()
        finally:
            sink.close()

    def _pass_on(self, frame: bytes, sink: asyncio.StreamWriter) -> None:
        if self._spell is Spell.DEAF:
            self.counts["swallowed"] += 1
        elif self._spell is Spell.CUT:
            sink.write(frame[: self._drawn.randrange(len(frame))])
            self.counts["torn"] += 1
            raise ConnectionAbortedError
        else:
            sink.write(frame)
            if may_come_twice(frame) and self._drawn.random() < TWICE_SHARE:
                sink.write(frame)
                self.counts["twice"] += 1


def _abort(ends: Ends) -> None:
    for end in ends:
        end.transport.abort()
