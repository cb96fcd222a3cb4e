"""Promise: while one device floods, another's observation has its receipt, and its questions are answered."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgpack

from tests.conftest import Memory
from tests.faults.blaster import Blaster

BURST = 500
"""Messages sent at once."""
UNTOLD_MAX = 3000
"""Sent without a receipt: it would never end if the flood left a backlog without bound."""
SERVED = 3
"""Observations and questions of the other device."""


@asynccontextmanager
async def flood(memory: Memory) -> AsyncIterator[None]:
    """One device sends and sends, until the block ends; in the end it has every receipt, too."""
    told: set[int] = set()
    under_way, over = threading.Event(), threading.Event()

    def burst(first: int) -> Iterator[bytes]:
        return (msgpack.packb({"i": n, "t": f"flood {n % 50}"}) for n in range(first, first + BURST))

    def run() -> None:
        obs, receipt = (f"mem/v1/{memory.tenant}/{verb}/flooder/e" for verb in ("obs", "receipt"))
        with Blaster.connected(memory.broker, f"flooder-{memory.tenant}", receipt) as flooder:
            flooder.on_message = lambda payload: told.update(
                receipt["i"] for receipt in msgpack.unpackb(payload)["rs"]
            )
            sent = 0
            while not over.is_set():
                flooder.publish(obs, burst(sent))
                sent += BURST
                if sent > UNTOLD_MAX:
                    under_way.set()
                    flooder.wait(lambda enough=sent - UNTOLD_MAX: len(told) >= enough)
            flooder.wait(lambda: len(told) == sent)

    flooding = asyncio.create_task(asyncio.to_thread(run), name="flood")
    try:
        await asyncio.to_thread(under_way.wait)
        yield
    finally:
        over.set()
        await flooding


async def test_while_one_floods_another_is_served_and_the_flood_is_stored_too(memory: Memory) -> None:
    async with flood(memory), memory.client("quiet") as quiet:
        for number in range(SERVED):
            [told] = await quiet.observe("calm", {"id": number, "text": f"a quiet word, the {number}th"})
            assert told["status"] == "stored"
            reply = await quiet.ask("calm", {"text": "what was said quietly?", "limit": 100})
            assert len(reply["matches"]) == number + 1
