"""Back-pressure over TLS: what was decrypted, and no selector tells of, is read all the same."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from broker_bridge.messages import Message
from broker_bridge.session import Session, SessionOptions
from broker_bridge.url import BrokerUrl
from edge.client import connection
from tests.broker.secure import WAIT_S_MAX, Secure, started
from workers.accounts import OPERATOR

FLOOD = 2500
AT_A_TIME = 7
FLOOD_S_MAX = 60.0
RELAY_BYTES = 64 * 1024
TOPIC = "mem/v1/home/obs/phone/kitchen"


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Secure]:
    found = await started(tmp_path, by_certificate=False)
    yield found
    await found.broker.stop()


@asynccontextmanager
async def terminating(secure: Secure) -> AsyncIterator[BrokerUrl]:
    """TLS ended before the broker, as by a load balancer: it packs into a record all packets that there are.

    Mosquitto gives each packet a record of its own, so that nothing is ever left over.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(secure.folder.server, secure.folder.server.with_suffix(".key"))

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while read := await reader.read(RELAY_BYTES):
                writer.write(read)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", secure.accounts.port)
        await asyncio.gather(relay(reader, inner_writer), relay(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield replace(secure.url(OPERATOR), port=server.sockets[0].getsockname()[1])


@pytest.mark.parametrize("ended_by", ["mosquitto", "a load balancer"])
async def test_a_flood_is_paused_and_resumed_and_comes_whole(secure: Secure, ended_by: str) -> None:
    async with contextlib.AsyncExitStack() as entered:
        broker = secure.url(OPERATOR)
        if ended_by != "mosquitto":
            broker = await entered.enter_async_context(terminating(secure))
        options = SessionOptions("listener", ("mem/v1/+/obs/+/#",), receive_max=65535, trust=secure.trust)
        session = Session(broker, options)
        came: list[bytes] = []
        whole = asyncio.Event()

        def take(message: Message) -> None:
            came.append(message.payload)
            session.acknowledge(message)
            if len(came) == FLOOD:
                whole.set()
            elif len(came) % AT_A_TIME == 0:
                session.pause()
                asyncio.get_running_loop().call_soon(session.resume)

        session.on_message = take
        sent = [str(number).encode() + b"." * 100 for number in range(FLOOD)]
        await entered.enter_async_context(session)
        async with asyncio.timeout(WAIT_S_MAX):
            await session.wait_connected()
        session.pause()
        async with connection(secure.accounts.url(OPERATOR, "1"), "publisher") as publisher:
            await asyncio.gather(*(publisher.publish(TOPIC, each, qos=1, timeout=60) for each in sent))
        assert not came, "every one has its PUBACK, so only we keep them out"
        session.resume()
        async with asyncio.timeout(FLOOD_S_MAX):
            await whole.wait()
    assert came == sent
