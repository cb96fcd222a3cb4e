"""The session over a real Mosquitto: acknowledgement is ours, reading can stop, a connection can go."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from broker_bridge import backlog
from broker_bridge.access import Account, Acl
from broker_bridge.broker import LocalBroker, find_programs
from broker_bridge.messages import Message, Will
from broker_bridge.session import Session, SessionOptions
from broker_bridge.url import BrokerUrl
from edge.client import connection
from tests.conftest import Mosquitto, free_port

WAIT_S_MAX = 20.0


class Listener:
    """A session and what it heard."""

    def __init__(self, broker: BrokerUrl, client_id: str, topic: str, **options: object) -> None:
        chosen = {"expiry_s": 300, **options}
        self.session = Session(broker, SessionOptions(client_id, (topic,), **chosen))  # type: ignore[arg-type]
        self.heard: asyncio.Queue[Message] = asyncio.Queue()
        self.session.on_message = self.heard.put_nowait

    async def next(self) -> Message:
        async with asyncio.timeout(WAIT_S_MAX):
            return await self.heard.get()


@asynccontextmanager
async def listening(broker: BrokerUrl, name: str, **options: object) -> AsyncIterator[Listener]:
    listener = Listener(broker, name, f"test/{name}/#", **options)
    subscribed = asyncio.Event()
    listener.session.on_subscribed = subscribed.set
    async with listener.session, asyncio.timeout(WAIT_S_MAX):
        await subscribed.wait()
        yield listener


@asynccontextmanager
async def publisher(broker: BrokerUrl) -> AsyncIterator[aiomqtt.Client]:
    async with connection(broker, f"publisher-{os.getpid()}") as client:
        yield client


async def test_what_was_not_acknowledged_comes_again_on_the_next_connection(
    mosquitto: Mosquitto, tenant: str
) -> None:
    async with publisher(mosquitto.url) as client:
        async with listening(mosquitto.url, tenant) as first:
            for number in range(4):
                await client.publish(f"test/{tenant}/x", str(number), qos=1)
            for message in [await first.next() for _ in range(4)][:2]:
                first.session.acknowledge(message)
        async with listening(mosquitto.url, tenant) as second:
            assert [(await second.next()).payload for _ in range(2)] == [b"2", b"3"]


async def test_an_acknowledgement_for_an_older_connection_is_dropped(
    own_mosquitto: Mosquitto, tenant: str
) -> None:
    async with listening(own_mosquitto.url, tenant) as listener:
        lost = asyncio.Event()
        listener.session.on_disconnect = lost.set
        async with publisher(own_mosquitto.url) as client:
            await client.publish(f"test/{tenant}/x", b"kept", qos=1)
        before = await listener.next()
        stop_gently(own_mosquitto)
        await lost.wait()
        own_mosquitto.start()
        again = await listener.next()
        assert (before.payload, again.payload) == (b"kept", b"kept")
        assert again.connection > before.connection
        listener.session.acknowledge(before)
        assert listener.session.counters["acks_of_old_connections"] == 1


async def test_paused_it_reads_no_more_and_resumed_it_misses_nothing(
    mosquitto: Mosquitto, tenant: str
) -> None:
    async with listening(mosquitto.url, tenant, receive_max=65535) as listener:
        listener.session.pause()
        async with publisher(mosquitto.url) as client:
            for number in range(50):
                await client.publish(f"test/{tenant}/x", str(number), qos=1)
        # Every publication has its PUBACK, so the broker has sent them: only we keep them out.
        assert listener.heard.empty()
        listener.session.resume()
        assert [(await listener.next()).payload for _ in range(50)] == [str(n).encode() for n in range(50)]


async def test_paused_with_too_much_to_be_acknowledged_it_passes_over_what_comes_and_has_it_sent_again(
    mosquitto: Mosquitto, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "UNACKNOWLEDGED_MAX", 20)
    monkeypatch.setattr(backlog, "OUTGOING_MAX", 50)
    async with listening(mosquitto.url, tenant, receive_max=65535) as listener:
        ours = listener.session
        ours.on_disconnect = ours.resume  # as the inbox does when it drops what it holds
        ours.pause()
        async with publisher(mosquitto.url) as client:
            for number in range(200):
                await client.publish(f"test/{tenant}/x", str(number), qos=1)
        # The acknowledgements of these stand behind all of those.
        for number in range(300):
            await ours.publish(f"elsewhere/{tenant}", str(number).encode())
            assert ours.unacknowledged <= backlog.OUTGOING_MAX
        assert ours.counters["passings_over"] >= 1
        again = [await listener.next() for _ in range(200)]
        assert [message.payload for message in again] == [str(number).encode() for number in range(200)]
        assert {message.connection for message in again} == {ours._link.number}
        assert ours.counters["publications_dropped"] == 0


async def test_more_than_may_be_under_way_is_sent_as_the_broker_acknowledges(
    mosquitto: Mosquitto, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker_bridge.session.UNACKNOWLEDGED_MAX", 5)
    async with listening(mosquitto.url, tenant) as listener:
        ours = listener.session
        ours.pause()  # else `publish` waits before
        for number in range(30):
            await ours.publish(f"test/{tenant}/x", str(number).encode())
        assert ours.unacknowledged == 30
        ours.resume()
        assert [(await listener.next()).payload for _ in range(30)] == [str(n).encode() for n in range(30)]


async def test_it_comes_back_by_itself_and_subscribes_again(own_mosquitto: Mosquitto, tenant: str) -> None:
    async with listening(own_mosquitto.url, tenant) as listener:
        back = asyncio.Event()
        listener.session.on_connect = back.set
        own_mosquitto.kill()
        own_mosquitto.start()
        await back.wait()
        async with publisher(own_mosquitto.url) as client:
            await client.publish(f"test/{tenant}/x", b"after", qos=1)
        assert (await listener.next()).payload == b"after"


async def test_a_publication_made_while_the_broker_is_away_is_sent_when_it_is_back(
    own_mosquitto: Mosquitto, tenant: str
) -> None:
    async with listening(own_mosquitto.url, tenant) as listener:
        lost = asyncio.Event()
        listener.session.on_disconnect = lost.set
        own_mosquitto.kill()
        await lost.wait()
        await listener.session.publish(f"test/{tenant}/x", b"patient")
        own_mosquitto.start()
        assert (await listener.next()).payload == b"patient"


async def test_the_last_will_is_published_when_the_process_is_gone(mosquitto: Mosquitto, tenant: str) -> None:
    will = Will(f"test/{tenant}/status", b"offline")
    script = (
        "import asyncio, sys\n"
        "from broker_bridge.messages import Will\n"
        "from broker_bridge.session import Session, SessionOptions\n"
        "from broker_bridge.url import BrokerUrl\n"
        "async def run():\n"
        "    options = SessionOptions(sys.argv[2], will=Will(sys.argv[3], b'offline'))\n"
        "    async with Session(BrokerUrl('127.0.0.1', int(sys.argv[1])), options) as session:\n"
        "        await session.wait_connected()\n"
        "        print('connected', flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(run())\n"
    )
    async with listening(mosquitto.url, tenant) as listener:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, str(mosquitto.port), f"{tenant}-gone", will.topic),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"connected\n"
        process.send_signal(signal.SIGKILL)
        await process.wait()
        assert (await listener.next()).payload == b"offline"


async def test_what_it_hears_also_comes_with_what_was_retained(mosquitto: Mosquitto, tenant: str) -> None:
    async with publisher(mosquitto.url) as client:
        await client.publish(f"also/{tenant}", b"before", qos=1, retain=True)
    async with listening(mosquitto.url, tenant, hears_also=(f"also/{tenant}",)) as listener:
        heard = await listener.next()
        assert (heard.payload, heard.qos) == (b"before", 0)
        await listener.session.publish(f"test/{tenant}/x", b"needed")
        assert (await listener.next()).payload == b"needed"
        assert listener.session.counters["subscriptions_done_without"] == 0


async def test_a_broker_that_refuses_what_it_hears_also_serves_the_rest(tmp_path: Path, tenant: str) -> None:
    broker = LocalBroker(find_programs("mosquitto"), tmp_path, port := free_port())
    needed = f"test/{tenant}/#"
    rights = tuple(
        Acl(right, needed) for right in ("publishClientSend", "publishClientReceive", "subscribePattern")
    )
    await broker.start([Account("narrow", "secret", rights)])
    url = BrokerUrl("127.0.0.1", port, "narrow", "secret")
    try:
        async with listening(url, tenant, hears_also=("$SYS/broker/version",)) as listener:
            assert listener.session.counters["subscriptions_done_without"] == 1
            await listener.session.publish(f"test/{tenant}/x", b"needed")
            assert (await listener.next()).payload == b"needed"
    finally:
        await broker.stop()


async def test_correlation_data_and_response_topic_reach_us(mosquitto: Mosquitto, tenant: str) -> None:
    async with listening(mosquitto.url, tenant) as listener:
        await listener.session.publish(f"test/{tenant}/x", b"asked", correlation=b"\0c", expiry_s=30)
        message = await listener.next()
    assert message.correlation == b"\0c"
    assert message.expiry_s is not None
    assert 0 < message.expiry_s <= 30


async def test_a_broker_that_is_not_there_is_named(tenant: str) -> None:
    port = free_port()
    session = Session(BrokerUrl("127.0.0.1", port), SessionOptions(tenant))
    refused = asyncio.Event()
    session.on_refused = refused.set
    async with session, asyncio.timeout(WAIT_S_MAX):
        await refused.wait()
        assert session.refusal is not None
        assert f"mqtt://127.0.0.1:{port}" in session.refusal
        assert not session.connected


def stop_gently(broker: Mosquitto) -> None:
    """SIGTERM: it saves its sessions, as at a restart of the machine."""
    os.kill(broker.pid, signal.SIGTERM)
    broker.wait()


@pytest.mark.parametrize("size", [0, 100_000])
async def test_payloads_of_any_size_arrive_whole(mosquitto: Mosquitto, tenant: str, size: int) -> None:
    async with listening(mosquitto.url, tenant) as listener:
        sent = os.urandom(size)
        await listener.session.publish(f"test/{tenant}/x", sent)
        assert (await listener.next()).payload == sent
