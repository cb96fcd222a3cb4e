"""Some devices of a fleet in a process of their own, which says what they do as soon as it is done.

One JSON array on the first line of its input says what they are; a second line, that they shall drain.
Each line that it writes is of one thing that happened, and is written before the next one is begun.
"""

import asyncio
import json
import logging
import os
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import edge.recalling  # noqa: F401 - loads pydantic for all of them, before anybody asks
from edge import AsyncDevice, Notice
from tests.faults.fleet.starving import Starving
from tests.faults.fleet.world import Who, options_of
from tests.faults.torn_log import LOG, End, log_end

DRAIN_S_MAX = 45.0
"""Whoever was unlucky in a dozen draws of when to try again comes late: by so much, one in thousands."""
RECALL_SHARE = 0.2
DEADLINES_S = (0.2, 0.5, 2.0)


def say(*what: Any) -> None:
    """Out of the process before anything else happens."""
    os.write(1, json.dumps(what).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Told:
    """What a process is told of one of its devices."""

    number: int
    port: int
    folder: str
    begin: int
    """The number of its next observation."""
    end: int
    drains: bool
    frugal: bool


class Living:
    """One device, from its start to its end."""

    def __init__(self, told: Told, starving: Starving, *, seed: int, tenant: str, pause_s: float) -> None:
        self._told = told
        self._starving = starving
        self.who = Who(told.number, seed)
        self._pause_s = pause_s
        self._log = Path(told.folder) / LOG
        self._end: End | None = None
        self._drawn = self.who.drawn(f"life {told.begin}")
        self.device = AsyncDevice(
            f"mqtt://127.0.0.1:{told.port}",
            tenant=tenant,
            client=self.who.name,
            entity=self.who.entity,
            folder=told.folder,
            options=options_of(self.who, frugal=told.frugal, tell=self._notice),
        )

    async def act(self) -> None:
        """Observes and asks, until it has made all that it is to make."""
        n = self._told.begin
        while n < self._told.end:
            await asyncio.sleep(self._drawn.uniform(0, 2 * self._pause_s))
            if self._drawn.random() < RECALL_SHARE:
                await self._recall()
            count = min(self.who.at_once(n), self._told.end - n)
            await self._observe(list(range(n, n + count)))
            n += count

    async def drain(self) -> None:
        """Waits for all receipts, where it has the means to get them."""
        drained = await self.device.drain(DRAIN_S_MAX) if self._told.drains else None
        stats = self.device.stats()
        say("stats", self.who.number, drained, stats.waiting, stats.counts)

    async def _observe(self, numbers: list[int]) -> None:
        say("begins", self.who.number, numbers)
        bodies = [self.who.body(n) for n in numbers]
        if len(bodies) == 1:
            noted = [await self.device.observe(**bodies[0])]
        else:
            noted = await self.device.observe_all(bodies)
        said = [(n, each.id, each.fate.value) for n, each in zip(numbers, noted, strict=True)]
        say("says", self.who.number, said, *self._synced())

    async def _recall(self) -> None:
        deadline_s = self._drawn.choice(DEADLINES_S)
        began, starved_s = time.monotonic(), self._starving.seconds
        answer = await self.device.recall("who came, and where?", deadline_s=deadline_s)
        seconds = time.monotonic() - began - (self._starving.seconds - starved_s)
        entities = sorted({match.entity for match in answer.matches})
        say("recall", self.who.number, deadline_s, seconds, str(answer.freshness), entities)

    def _notice(self, notice: Notice) -> None:
        say("tells", self.who.number, notice.what, notice.id, notice.reason, *self._synced())

    def _synced(self) -> list[End]:
        """How far the log on disk holds what was said."""
        if not self.who.loses_power:
            return []
        self._end = log_end(self._log, self._end)
        return [self._end]


async def live(told: list[Told], **common: Any) -> None:
    """All of them side by side, until they drained."""
    starving = Starving()
    async with AsyncExitStack() as stack:
        all_of_them = [Living(each, starving, **common) for each in told]
        for each in all_of_them:
            await stack.enter_async_context(each.device)
        say("lives")
        await asyncio.gather(*(each.act() for each in all_of_them))
        say("acted")
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(each.drain() for each in all_of_them))


def line_of(told: list[Told], **common: Any) -> bytes:
    """What such a process reads first."""
    return json.dumps([[asdict(each) for each in told], common]).encode() + b"\n"


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    devices, common = json.loads(sys.stdin.readline())
    asyncio.run(live([Told(**each) for each in devices], **common))
