"""A device's connection over a real Mosquitto, on both loops that it is made for."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import Queue
from typing import Any

import pytest

from broker_bridge.messages import Will
from broker_bridge.url import BrokerUrl
from edge.link import Link
from edge.thread_loop import ThreadLoop
from tests.conftest import Mosquitto, free_port
from tests.mqtt import RawClient

WAIT_S_MAX = 20.0
NO_SUBSCRIBERS = 0x10


class Linked:
    """A link, and what it told, in order."""

    def __init__(self, broker: BrokerUrl, loop: Any, name: str, **options: Any) -> None:
        self.loop = loop
        self.told: Queue[Any] = Queue()
        self.link = Link(broker, loop, client_id=name, **options)
        self.link.on_up = lambda: self.told.put("up")
        self.link.on_down = lambda: self.told.put("down")
        self.link.on_publication = lambda each: self.told.put((each.topic.decode(), each.payload))

    def next(self) -> Any:
        return self.told.get(timeout=WAIT_S_MAX)

    def on_loop(self, call: Any) -> Any:
        done: Queue[Any] = Queue()
        self.loop.call_soon_threadsafe(lambda: done.put(call()))
        return done.get(timeout=WAIT_S_MAX)

    def publish(self, topic: str, payload: bytes, **options: Any) -> Any:
        return self.on_loop(lambda: self.link.publish(topic, payload, told=self.told.put, **options))


class AsyncioInThread(asyncio.SelectorEventLoop):
    """asyncio's own, started and stopped as the small one is."""

    def start(self) -> None:
        self.thread = threading.Thread(target=self.run_forever)
        self.thread.start()

    def stop(self, timeout_s: float | None = None) -> bool:  # type: ignore[override]
        if timeout_s is None:
            super().stop()
        elif not self.is_closed():
            self.call_soon_threadsafe(self.stop)
            self.thread.join(timeout_s)
            self.close()
        return not self.thread.is_alive()


@pytest.fixture(params=["thread", "asyncio"])
def loop(request: pytest.FixtureRequest) -> Iterator[Any]:
    loop = ThreadLoop("link of a test") if request.param == "thread" else AsyncioInThread()
    loop.start()
    yield loop
    assert loop.stop(WAIT_S_MAX)


def started(broker: BrokerUrl, loop: Any, name: str, *, hears: str | None = None, **options: Any) -> Linked:
    linked = Linked(broker, loop, name, **options)
    if hears is not None:
        linked.link.hear(hears, needed=True)
    linked.link.start()
    assert linked.next() == "up"
    return linked


def test_it_publishes_hears_and_knows_when_nobody_listens(
    mosquitto: Mosquitto, loop: Any, tenant: str
) -> None:
    linked = started(mosquitto.url, loop, tenant, hears=f"{tenant}/#")
    linked.publish(f"{tenant}/a", b"heard")
    assert sorted(map(str, [linked.next(), linked.next()])) == sorted(["0", str((f"{tenant}/a", b"heard"))])
    linked.publish(f"nobody/{tenant}", b"unheard")
    assert linked.next() == NO_SUBSCRIBERS
    linked.on_loop(lambda: linked.link.unhear(f"{tenant}/#"))
    linked.publish(f"{tenant}/a", b"no longer")
    assert linked.next() == NO_SUBSCRIBERS
    linked.on_loop(linked.link.close)


def test_a_topic_is_named_once_and_a_number_after_it(mosquitto: Mosquitto, loop: Any, tenant: str) -> None:
    linked = started(mosquitto.url, loop, tenant, hears=f"{tenant}/#")
    assert [linked.publish(f"{tenant}/a", b"1", alias=True) for _ in range(3)] == [False, True, True]
    heard = [each for each in (linked.next() for _ in range(6)) if isinstance(each, tuple)]
    assert heard == [(f"{tenant}/a", b"1")] * 3
    linked.on_loop(linked.link.close)


def test_an_alias_does_not_outlive_its_connection(own_mosquitto: Mosquitto, loop: Any, tenant: str) -> None:
    linked = started(own_mosquitto.url, loop, tenant, hears=f"{tenant}/#")
    linked.publish(f"{tenant}/a", b"1", alias=True)
    linked.publish(f"{tenant}/a", b"2", alias=True)
    assert {str(linked.next()) for _ in range(4)} == {
        "0", str((f"{tenant}/a", b"1")), str((f"{tenant}/a", b"2")),
    }  # fmt: skip
    own_mosquitto.kill()
    assert linked.next() == "down"
    assert "closed the connection" in (linked.on_loop(lambda: linked.link.reason) or "")
    linked.publish(f"{tenant}/a", b"3", alias=True)
    assert linked.next() is None, "without a connection, it is told at once"
    own_mosquitto.start()
    assert linked.next() == "up"
    assert linked.publish(f"{tenant}/a", b"4", alias=True) is False
    assert {str(linked.next()) for _ in range(2)} == {"0", str((f"{tenant}/a", b"4"))}
    linked.on_loop(linked.link.close)


def test_a_broker_that_is_not_there_yet_is_found_when_it_comes(
    own_mosquitto: Mosquitto, loop: Any, tenant: str
) -> None:
    own_mosquitto.kill()
    linked = Linked(own_mosquitto.url, loop, tenant)
    linked.link.start()
    own_mosquitto.start()
    assert linked.next() == "up"
    assert linked.on_loop(lambda: linked.link.reason) is None
    linked.on_loop(linked.link.close)


def test_why_there_is_no_connection_is_said(loop: Any, tenant: str) -> None:
    nowhere = BrokerUrl("127.0.0.1", free_port())
    linked = Linked(nowhere, loop, tenant)
    said: Queue[str] = Queue()
    linked.link.on_down = lambda: None

    def look() -> None:
        if "cannot be reached" in (linked.link.reason or ""):
            said.put(linked.link.reason or "")
        else:
            loop.call_later(0.01, look)

    linked.link.start()
    loop.call_soon_threadsafe(look)
    assert said.get(timeout=WAIT_S_MAX) == f"{nowhere} cannot be reached: Connection refused"
    linked.on_loop(linked.link.close)


async def test_the_will_is_told_by_the_broker_and_not_after_a_goodbye(
    mosquitto: Mosquitto, tenant: str
) -> None:
    small = ThreadLoop("link of a test")
    small.start()
    async with RawClient.connected(mosquitto.url, tenant, "watcher") as watcher:
        await watcher.mqtt.subscribe(f"{tenant}/#", qos=1)
        politely = started(mosquitto.url, small, f"{tenant}-1", will=Will(f"{tenant}/1", b"gone"))
        politely.on_loop(politely.link.close)
        rudely = started(mosquitto.url, small, f"{tenant}-2", will=Will(f"{tenant}/2", b"gone"))
        rudely.on_loop(lambda: rudely.link._client.socket().shutdown(socket.SHUT_RDWR))
        message = await watcher.next()
        assert (str(message.topic), message.payload) == (f"{tenant}/2", b"gone")
        rudely.on_loop(rudely.link.close)
    assert small.stop(WAIT_S_MAX)


def without_room(call: Callable[[], None]) -> None:
    """More stack than there are addresses: the system has no such thread, and says so."""
    before = threading.stack_size(2**46)
    try:
        call()
    finally:
        threading.stack_size(before)


def test_where_there_is_no_room_for_a_thread_it_is_tried_again(
    mosquitto: Mosquitto, loop: Any, tenant: str
) -> None:
    linked = Linked(mosquitto.url, loop, tenant)
    linked.link._client.run_on(loop)
    linked.on_loop(lambda: without_room(linked.link._dial))
    assert "cannot be dialled: can't start new thread" in (linked.on_loop(lambda: linked.link.reason) or "")
    assert linked.next() == "up"
    linked.on_loop(linked.link.close)


def test_it_is_tried_again_too_where_there_is_no_room_to_look_why_it_ended(
    mosquitto: Mosquitto, loop: Any, tenant: str
) -> None:
    linked = Linked(mosquitto.url, loop, tenant)
    linked.link._client.run_on(loop)
    # Only a broker with TLS is looked at; that it is dialled again needs none.
    linked.link._broker = replace(mosquitto.url, tls=True)
    linked.on_loop(lambda: without_room(lambda: linked.link._ended(None, None, None, "so it said", None)))
    assert "closed the connection: so it said" in (linked.on_loop(lambda: linked.link.reason) or "")
    assert linked.next() == "up"
    linked.on_loop(linked.link.close)


@pytest.mark.parametrize("loop_goes_on", [True, False])
def test_what_is_dialled_while_it_closes_is_closed_without_a_word(
    loop: Any, tenant: str, caplog: pytest.LogCaptureFixture, *, loop_goes_on: bool
) -> None:
    dialled, may_go_on = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as broker:
        linked = Linked(BrokerUrl(*broker.getsockname()), loop, tenant)
        connect = linked.link._client._create_socket_connection

        def connect_slowly() -> Any:
            made = connect()
            dialled.set()
            assert may_go_on.wait(WAIT_S_MAX)
            return made

        linked.link._client._create_socket_connection = connect_slowly  # type: ignore[method-assign]
        linked.link.start()
        assert dialled.wait(WAIT_S_MAX)
        linked.on_loop(linked.link.close)
        if not loop_goes_on:
            assert loop.stop(WAIT_S_MAX)
        may_go_on.set()
        accepted, _ = broker.accept()
        with accepted:
            accepted.settimeout(WAIT_S_MAX)
            assert accepted.recv(1) == b""
    assert caplog.text == ""


def test_what_is_wanted_while_it_becomes_up_is_heard(mosquitto: Mosquitto, loop: Any, tenant: str) -> None:
    linked = Linked(mosquitto.url, loop, tenant)
    linked.link.hear(f"{tenant}/first")
    accepted = linked.link._client.on_connect
    assert accepted is not None

    def accept_and_want_more(*said: Any) -> None:
        accepted(*said)
        linked.link.hear(f"{tenant}/second")

    linked.link._client.on_connect = accept_and_want_more
    linked.link.start()
    assert linked.next() == "up"
    linked.publish(f"{tenant}/second", b"heard")
    assert {str(linked.next()) for _ in range(2)} == {"0", str((f"{tenant}/second", b"heard"))}
    linked.on_loop(linked.link.close)
