"""broker_bridge/inbox.py"""

import asyncio
from dataclasses import replace

import pytest

from broker_bridge.inbox import Inbox, InboxLimits
from broker_bridge.messages import Message

AT_ONCE = InboxLimits(
    waiting_messages_max=8,
    waiting_bytes_max=800,
    batch_messages_max=3,
    batch_bytes_max=300,
    batch_wait_ms_max=0,
)
FOR_EVER_MS = 3_600_000


def message(number: int, size: int = 10) -> Message:
    return Message(topic="", payload=b"x" * size, qos=1, retain=False, mid=number, connection=1, arrived=0.0)


class Reading:
    """Whether the socket is being read."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def inbox(self, limits: InboxLimits = AT_ONCE) -> Inbox:
        return Inbox(
            limits, pause=lambda: self.calls.append("pause"), resume=lambda: self.calls.append("resume")
        )

    @property
    def is_paused(self) -> bool:
        return bool(self.calls) and self.calls[-1] == "pause"


async def mids(inbox: Inbox) -> list[int]:
    return [each.mid for each in await inbox.batch()]


async def test_batches_keep_the_order_and_hold_at_most_what_the_limit_says() -> None:
    inbox = Reading().inbox()
    for number in range(7):
        inbox.put(message(number))
    assert [await mids(inbox) for _ in range(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert (len(inbox), inbox.waiting_bytes) == (0, 0)


async def test_a_batch_ends_before_the_message_that_would_pass_its_bytes() -> None:
    inbox = Reading().inbox()
    for number, size in enumerate((150, 150, 1, 299, 2)):
        inbox.put(message(number, size))
    assert [await mids(inbox) for _ in range(3)] == [[0, 1], [2, 3], [4]]


async def test_a_message_larger_than_a_batch_goes_alone() -> None:
    inbox = Reading().inbox()
    for number, size in enumerate((10, 5000, 10)):
        inbox.put(message(number, size))
    assert [await mids(inbox) for _ in range(3)] == [[0], [1], [2]]


async def test_reading_stops_at_the_bound_of_messages_and_goes_on_at_half() -> None:
    reading = Reading()
    inbox = reading.inbox()
    for number in range(7):
        inbox.put(message(number))
    assert not reading.is_paused
    inbox.put(message(7))
    assert reading.is_paused
    await inbox.batch()
    assert (len(inbox), reading.is_paused) == (5, True)
    await inbox.batch()
    assert (len(inbox), reading.is_paused) == (2, False)


async def test_reading_stops_at_the_bound_of_bytes_too() -> None:
    reading = Reading()
    inbox = reading.inbox()
    inbox.put(message(0, 799))
    assert not reading.is_paused
    inbox.put(message(1, 1))
    assert reading.is_paused
    await inbox.batch()
    assert not reading.is_paused


async def test_what_the_broker_sends_past_the_bound_is_kept_all_the_same() -> None:
    inbox = Reading().inbox()
    for number in range(20):
        inbox.put(message(number))
    taken = [mid for _ in range(7) for mid in await mids(inbox)]
    assert taken == list(range(20))


async def test_a_batch_waits_for_the_first_message() -> None:
    inbox = Reading().inbox()
    waiting = asyncio.ensure_future(mids(inbox))
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put(message(1))
    assert await waiting == [1]


async def test_a_batch_that_is_not_full_waits_for_more_until_it_is() -> None:
    inbox = Reading().inbox(replace(AT_ONCE, batch_wait_ms_max=FOR_EVER_MS))
    waiting = asyncio.ensure_future(mids(inbox))
    for number in range(3):
        await asyncio.sleep(0)
        assert not waiting.done()
        inbox.put(message(number))
    assert await waiting == [0, 1, 2]


async def test_bytes_fill_a_batch_as_well() -> None:
    inbox = Reading().inbox(replace(AT_ONCE, batch_wait_ms_max=FOR_EVER_MS))
    inbox.put(message(1, 300))
    assert await mids(inbox) == [1]


async def test_what_waited_for_a_lost_connection_is_dropped_and_reading_goes_on() -> None:
    reading = Reading()
    inbox = reading.inbox()
    for number in range(9):
        inbox.put(message(number))
    assert reading.is_paused
    assert inbox.drop_all() == 9
    assert not reading.is_paused
    assert (len(inbox), inbox.waiting_bytes) == (0, 0)


@pytest.mark.parametrize("wait_ms", [0, 1])
async def test_a_batch_whose_messages_are_dropped_meanwhile_waits_for_the_next_ones(wait_ms: int) -> None:
    inbox = Reading().inbox(replace(AT_ONCE, batch_wait_ms_max=wait_ms))
    waiting = asyncio.ensure_future(mids(inbox))
    await asyncio.sleep(0)
    inbox.put(message(1))
    inbox.drop_all()
    await asyncio.sleep(0)
    inbox.put(message(2))
    assert await waiting == [2]


async def test_a_batch_is_never_empty_when_the_connection_goes_while_it_waits_for_more() -> None:
    inbox = Reading().inbox(replace(AT_ONCE, batch_wait_ms_max=1))
    inbox.put(message(1))
    waiting = asyncio.ensure_future(mids(inbox))
    await asyncio.sleep(0)
    inbox.drop_all()
    # Longer than the batch waits: by the loop's own clock, so that no machine is too slow for it.
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_later(0.002, passed.set_result, None)
    await passed
    assert not waiting.done()
    inbox.put(message(2))
    assert await waiting == [2]
