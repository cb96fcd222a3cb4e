"""Messages read and not yet worked on: bounded, whatever the broker sends.

Mosquitto 2.0.11 exceeds the Receive Maximum it was given when acknowledgements come in batches, so the
bound is ours: past it we stop reading the socket. Nothing here is acknowledged, so nothing can be lost
by dropping all of it when the connection goes: the broker sends it again.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from broker_bridge.messages import Message


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """When to stop reading, and how much one batch takes."""

    waiting_messages_max: int = 2048
    waiting_bytes_max: int = 8 * 1024 * 1024
    batch_messages_max: int = 256
    batch_bytes_max: int = 128 * 1024
    batch_wait_ms_max: int = 5
    """How long a batch that could take more waits for more."""


class Inbox:
    """Takes messages one by one, gives them in batches."""

    def __init__(self, limits: InboxLimits, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._limits = limits
        self._pause = pause
        self._resume = resume
        self._waiting: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self.waiting_bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Takes one; at the bound, stops the reading that brings them."""
        self._waiting.append(message)
        self.waiting_bytes += message.size
        self._arrived.set()
        if self._is_full():
            self._pause()

    def drop_all(self) -> int:
        """Forgets what waits, because its connection is gone; returns how many there were."""
        dropped = len(self._waiting)
        self._waiting.clear()
        self.waiting_bytes = 0
        self._arrived.clear()
        self._resume()
        return dropped

    async def batch(self) -> list[Message]:
        """The next messages, in their order: at least one, at most what the limits say."""
        while True:
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            if not self._fills_a_batch():
                await self._wait_for_more()
            if self._waiting:  # not dropped meanwhile, because the connection went
                return self._take()

    async def _wait_for_more(self) -> None:
        until = asyncio.get_running_loop().time() + self._limits.batch_wait_ms_max / 1000
        while not self._fills_a_batch():
            self._arrived.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._arrived.wait()
            except TimeoutError:
                return

    def _take(self) -> list[Message]:
        taken: list[Message] = []
        taken_bytes = 0
        while self._waiting and len(taken) < self._limits.batch_messages_max:
            taken_bytes += self._waiting[0].size
            if taken and taken_bytes > self._limits.batch_bytes_max:
                break
            message = self._waiting.popleft()
            self.waiting_bytes -= message.size
            taken.append(message)
        if self._has_room_again():
            self._resume()
        return taken

    def _fills_a_batch(self) -> bool:
        limits = self._limits
        return len(self._waiting) >= limits.batch_messages_max or self.waiting_bytes >= limits.batch_bytes_max

    def _is_full(self) -> bool:
        limits = self._limits
        return (
            len(self._waiting) >= limits.waiting_messages_max
            or self.waiting_bytes >= limits.waiting_bytes_max
        )

    def _has_room_again(self) -> bool:
        """Half empty: reading that starts and stops at every message would cost more than it holds."""
        limits = self._limits
        return (
            len(self._waiting) <= limits.waiting_messages_max // 2
            and self.waiting_bytes <= limits.waiting_bytes_max // 2
        )
