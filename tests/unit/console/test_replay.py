"""Observations are cut into messages in their order, and receipts are counted by status."""

import asyncio
from typing import Any, cast

import pytest

from console.replay import MESSAGES_IN_FLIGHT, Device, Tally, replay
from edge.client import AsyncClient, NoAnswer
from schemas.observation import Observation
from schemas.receipt import Receipt

OBSERVATIONS = [Observation(id=number, value=number) for number in range(25)]
DEVICE = Device("thermometer", "seattle", OBSERVATIONS, per_message=2)


class Client:
    """Answers with receipts after a moment; counts what is under way."""

    def __init__(self, *, silent_at: int | None = None) -> None:
        self.heard: list[Any] = []
        self.under_way = 0
        self.under_way_max = 0
        self._silent_at = silent_at

    async def observe(self, entity: str, message: list[Observation], *, wait_s: float) -> list[Receipt]:
        assert entity == "seattle"
        assert wait_s > 0
        self.under_way += 1
        self.under_way_max = max(self.under_way, self.under_way_max)
        self.heard += [each.id for each in message]
        await asyncio.sleep(0)  # the others' turn
        self.under_way -= 1
        if self._silent_at in self.heard:
            raise NoAnswer("nothing came")
        return [Receipt(id=each.id, status="stored", memory="m") for each in message]


class DeafClient(Client):
    """Forgets that it was cancelled, as a `wait_for` of Python 3.11 may."""

    async def observe(self, entity: str, message: list[Observation], *, wait_s: float) -> list[Receipt]:
        try:
            return await super().observe(entity, message, wait_s=wait_s)
        except asyncio.CancelledError:
            return []


async def _replayed(client: Client) -> Tally:
    tally = Tally()
    await replay([(DEVICE, cast("AsyncClient", client))], tally)
    return tally


def test_messages_hold_everything_in_order() -> None:
    messages = list(DEVICE.messages())
    assert [each for message in messages for each in message] == OBSERVATIONS
    assert [len(message) for message in messages] == [2] * 12 + [1]


async def test_everything_is_published_once_a_bounded_number_at_a_time() -> None:
    client = Client()
    tally = await _replayed(client)
    assert client.heard == list(range(25))
    assert client.under_way_max == MESSAGES_IN_FLIGHT
    assert str(tally) == "25 stored"


async def test_a_receipt_that_does_not_come_ends_it_with_that_error() -> None:
    client = Client(silent_at=3)
    with pytest.raises(NoAnswer):
        await _replayed(client)
    assert len(client.heard) < 25


@pytest.mark.parametrize("client", [Client(), DeafClient()], ids=["heard", "forgotten"])
async def test_cancelled_it_publishes_no_more(client: Client) -> None:
    replaying = asyncio.create_task(_replayed(client))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    replaying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await replaying
    assert len(client.heard) <= 2 * MESSAGES_IN_FLIGHT
