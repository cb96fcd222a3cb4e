"""The little loop, by what it calls, when, and on which thread."""

import logging
import socket
import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest

from edge.thread_loop import CANCELLED_MIN, ThreadLoop

WAIT_S_MAX = 20.0


@pytest.fixture
def loop() -> Iterator[ThreadLoop]:
    loop = ThreadLoop("loop of a test")
    loop.start()
    yield loop
    assert loop.stop(WAIT_S_MAX)


@pytest.fixture
def heard() -> "Queue[Any]":
    return Queue()


def test_it_calls_in_order_and_on_its_own_thread(loop: ThreadLoop, heard: "Queue[Any]") -> None:
    for number in range(3):
        loop.call_soon_threadsafe(lambda each: heard.put((each, threading.current_thread().name)), number)
    assert [heard.get(timeout=WAIT_S_MAX) for _ in range(3)] == [
        (each, "loop of a test") for each in range(3)
    ]


def test_what_was_put_off_comes_by_its_time_and_what_was_cancelled_does_not(
    loop: ThreadLoop, heard: "Queue[Any]"
) -> None:
    def put_off() -> None:
        loop.call_later(0.03, heard.put, "later")
        loop.call_later(0.02, heard.put, "never").cancel()
        loop.call_later(0.01, heard.put, "sooner")

    loop.call_soon_threadsafe(put_off)
    assert [heard.get(timeout=WAIT_S_MAX) for _ in range(2)] == ["sooner", "later"]
    assert heard.empty()


def test_a_callback_that_fails_is_logged_and_the_next_is_called(
    loop: ThreadLoop, heard: "Queue[Any]", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        loop.call_soon_threadsafe(lambda: 1 / 0)
        loop.call_soon_threadsafe(heard.put, "next")
        assert heard.get(timeout=WAIT_S_MAX) == "next"
    assert "ZeroDivisionError" in caplog.text


def test_sockets_are_watched_for_reading_and_writing_until_they_are_not(
    loop: ThreadLoop, heard: "Queue[Any]"
) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    def readable() -> None:
        heard.put(ours.recv(10))

    def writable() -> None:
        heard.put(("removed", loop.remove_writer(ours), loop.remove_writer(ours)))

    with ours, theirs:
        loop.call_soon_threadsafe(loop.add_reader, ours, readable)
        loop.call_soon_threadsafe(loop.add_writer, ours, writable)
        assert heard.get(timeout=WAIT_S_MAX) == ("removed", True, False)
        theirs.send(b"one")
        assert heard.get(timeout=WAIT_S_MAX) == b"one"
        loop.call_soon_threadsafe(lambda: heard.put(loop.remove_reader(ours)))
        assert heard.get(timeout=WAIT_S_MAX) is True
        theirs.send(b"two")
        loop.call_soon_threadsafe(heard.put, "quiet")
        assert heard.get(timeout=WAIT_S_MAX) == "quiet"
        assert heard.empty()


def test_stopped_it_calls_nothing_more(heard: "Queue[Any]") -> None:
    loop = ThreadLoop("loop of a test")
    loop.start()
    assert loop.stop(WAIT_S_MAX)
    loop.call_soon_threadsafe(heard.put, "too late")
    assert heard.empty()


def test_more_wakes_than_a_socket_holds_are_one_wake(heard: "Queue[Any]") -> None:
    loop = ThreadLoop("loop of a test")
    for _ in range(300_000):
        loop.call_soon_threadsafe(int)
    loop.call_soon_threadsafe(heard.put, "last")
    loop.start()
    assert heard.get(timeout=WAIT_S_MAX) == "last"
    assert loop.stop(WAIT_S_MAX)


def test_a_call_that_is_put_off_again_and_again_takes_no_room() -> None:
    loop = ThreadLoop("put off")
    kept = loop.call_later(3600, print)
    for _ in range(10 * CANCELLED_MIN):
        loop.call_later(3600, print).cancel()
    assert len(loop._timers) <= CANCELLED_MIN + 2
    assert any(timer is kept for *_, timer in loop._timers)
    loop.close()
