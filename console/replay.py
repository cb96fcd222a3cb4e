"""Publishes recorded observations as their devices would: over MQTT, until each has its receipt."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.client import AsyncClient
from schemas.observation import Observation

MESSAGES_IN_FLIGHT = 8
"""Of each device: enough for ingest to fill its batches, and no more than it takes in a second or two."""
RECEIPT_S_MAX = 60.0
"""A slow board embeds some ten texts a second, and eight messages may wait for each other."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device, what it observes, and how much of it goes into a message."""

    client: str
    entity: str
    observations: Sequence[Observation]
    per_message: int

    def messages(self) -> Iterator[Sequence[Observation]]:
        """The observations, oldest first, a message's worth each."""
        for first in range(0, len(self.observations), self.per_message):
            yield self.observations[first : first + self.per_message]


@dataclass(slots=True)
class Tally:
    """Receipts so far, by status."""

    begun: float = field(default_factory=time.monotonic)
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        """Since the first message."""
        return time.monotonic() - self.begun

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {status}" for status, count in self.statuses.most_common()) or "none"


async def replay(devices: Sequence[tuple[Device, AsyncClient]], tally: Tally) -> None:
    """Publishes everything, each device over its own connection; returns when the last receipt is there.

    Raises:
        NoAnswer: a receipt did not come.
    """
    await _together(*(_replay_one(device, client, tally) for device, client in devices))


async def _replay_one(device: Device, client: AsyncClient, tally: Tally) -> None:
    messages = device.messages()

    async def publish() -> None:
        for message in messages:  # shared: whoever is free takes the next
            receipts = await client.observe(device.entity, message, wait_s=RECEIPT_S_MAX)
            tally.statuses.update(receipt.status for receipt in receipts)
            if _is_cancelled():
                return

    await _together(*(publish() for _ in range(MESSAGES_IN_FLIGHT)))


def _is_cancelled() -> bool:
    """Whether this task was told to end: Python 3.11's `wait_for` forgets it if what it awaits comes then."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """All at once; the first that fails ends the others, and is raised unwrapped, as no TaskGroup does."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
