"""Summarizer: condenses what came, thins what is told, and keeps the entities' digests.

    stream (a cue) ─┐
    clock ──────────┴→ what is due in the ledger and ripe → condense, some of them → flush → ledger
      → what the summaries tell is thinned → stream

What is due is in the ledger, what it is made of in the store: a cue that is lost or comes twice changes
nothing, and what was cut short is done again. It works a tenth of the time at most: ingest has the rest.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast, get_args

from broker_bridge import topics
from broker_bridge.messages import Message
from broker_bridge.presence import Measures
from broker_bridge.session import Session
from memory.ledger import Entity, Entry, Ledger
from memory.portions import Arrivals, Pace, Portion, is_ripe
from memory.records import Memory
from memory.store import MemoryStore
from schemas.digest import Period
from workers import telling
from workers.condensing import Condensing, Made
from workers.digests import Digests
from workers.faults import Doing, GiveUpOne, decide
from workers.holding import Holding
from workers.llm import LlmWriter
from workers.report import Report

SUBSCRIPTIONS = (topics.stream("+", "#"),)
PERIODS_PUBLISHED = get_args(Period)

DUE_MAX = 256
"""Portions that are looked at together."""
GROUP_MAX = 16
"""Portions that share a flush."""
REMOVED_TOGETHER = 64
"""Readings thinned in one piece: some milliseconds in which nothing else runs."""
PUT_OFF_S = 3600.0
"""A portion that a mistake of ours keeps from being condensed is tried again after so long."""
DIGESTS_MAX = 64
"""Entities whose digests are looked at together."""
POLL_S = 1.0
"""Between two looks at what changed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SummarizerLimits:
    """How often, and how soon."""

    pace: Pace
    every_s: float
    """Between two looks at what is due, without a cue."""
    digest_wait_s: float
    """From a change of an entity to its digest: what changes meanwhile is told with it."""
    share: float
    """Of the time: then it rests, so that ingest and queries have the others."""

    def rest_s(self, worked_s: float) -> float:
        """For how long to rest now."""
        return worked_s * (1 / self.share - 1)


class Summarizer:
    """Works on one portion, or one entity's digest, after the other."""

    def __init__(
        self,
        *,
        session: Session,
        store: MemoryStore,
        ledger: Ledger,
        condensing: Condensing,
        digests: Digests,
        writer: LlmWriter,
        limits: SummarizerLimits,
        report: Report,
    ) -> None:
        self._session = session
        self._store = store
        self._ledger = ledger
        self._condensing = condensing
        self._digests = digests
        self._writer = writer
        self._limits = limits
        self._cue = asyncio.Event()
        self._put_off: dict[Portion, float] = {}
        """Until when (time.monotonic()), after a mistake of ours."""
        self.counters: Counter[str] = Counter()
        self._holding = Holding(report, self.counters)
        self._due = 0

    def hear(self, message: Message) -> None:
        """A cue; never blocks, never raises. Nothing depends on it, so it is acknowledged at once."""
        self.counters["cues"] += 1
        self._cue.set()
        self._session.acknowledge(message)

    async def run(self) -> None:
        """Condenses and publishes digests; runs until cancelled."""
        try:
            async with asyncio.TaskGroup() as works:
                works.create_task(self._condense_what_is_due(), name="summarizer condense")
                works.create_task(self._publish_what_changed(), name="summarizer digests")
        except ExceptionGroup as several:
            # The first ended the others; it alone is what the stack decides by.
            raise several.exceptions[0] from None

    async def drain(self) -> None:
        """Nothing to finish: what is cut short is still due."""

    def close(self) -> None:
        """Ends the embedding threads, and lets go of the ledger."""
        self._condensing.close()
        self._writer.close()
        self._ledger.close()

    def measure(self) -> Measures:
        """Counters since the start, and how much was due at the last look."""
        counters = self.counters + self._writer.counters + self._session.counters
        return Measures(counters, {"due": float(self._due)})

    async def _condense_what_is_due(self) -> None:
        while True:
            self._cue.clear()
            ripe = await self._holding.held(Doing.CONDENSING, self._ripe)
            for start in range(0, len(ripe), GROUP_MAX):
                began, waited_s = time.perf_counter(), self._writer.waited_s
                await self._condense(ripe[start : start + GROUP_MAX])
                worked_s = time.perf_counter() - began - (self._writer.waited_s - waited_s)
                await asyncio.sleep(self._limits.rest_s(worked_s))
            if not ripe:
                await self._until_cue()

    async def _until_cue(self) -> None:
        """Or until it is time to look by the clock; and never twice within POLL_S."""
        await asyncio.sleep(min(POLL_S, self._limits.every_s))
        try:
            async with asyncio.timeout(self._limits.every_s):
                await self._cue.wait()
        except TimeoutError:
            pass

    async def _ripe(self) -> list[tuple[Portion, Arrivals]]:
        now, pace = time.time(), self._limits.pace
        due = await asyncio.to_thread(self._ledger.due, now - pace.grace_s, DUE_MAX)
        self._due = len(due)
        awake = time.monotonic()
        self._put_off = {portion: until for portion, until in self._put_off.items() if until > awake}
        return [
            (portion, came)
            for portion, came in due.items()
            if is_ripe(portion, came, now, pace) and portion not in self._put_off
        ]

    async def _condense(self, some: Sequence[tuple[Portion, Arrivals]]) -> None:
        done: list[tuple[Portion, Arrivals, Made]] = []
        for portion, came in some:
            made = await self._made(portion)
            if made is not None:
                done.append((portion, came, made))
        await self._holding.held(Doing.CONDENSING, self._store.flush)
        for portion, came, made in done:
            await self._holding.held(Doing.CONDENSING, partial(self._settle, portion, came, made))
        await self._tell([made.summary for _, _, made in done if made.summary is not None])

    async def _made(self, portion: Portion) -> Made | None:
        """None where a mistake of ours keeps it from being made: the others go on."""
        try:
            return await self._holding.held(Doing.CONDENSING, partial(self._condensing.condense, portion))
        except Exception as fault:
            if decide(fault, Doing.CONDENSING, alone=True) != GiveUpOne():
                raise
            log.exception("a portion broke", extra={"action": "put_off", "portion": portion.key})
            self.counters["put_off"] += 1
            self._put_off[portion] = time.monotonic() + PUT_OFF_S
            return None

    async def _settle(self, portion: Portion, came: Arrivals, made: Made) -> None:
        """Thins what the summary tells, which is safe by now; then nothing is due of the portion any more."""
        if made.summary is not None:
            await self._thin(made.retold, made.summary)
            await asyncio.to_thread(self._ledger.write, _follows(portion), time.time())
            self.counters[f"condensed_{portion.period}"] += 1
        await asyncio.to_thread(self._ledger.condensed, portion, came)

    async def _thin(self, retold: Sequence[str], summary: Memory) -> None:
        """Removes readings of which a summary tells; a resend of one is known for a while."""
        for start in range(0, len(retold), REMOVED_TOGETHER):
            some = retold[start : start + REMOVED_TOGETHER]
            counted = Entry(merged=dict.fromkeys(some, summary.id))
            await asyncio.to_thread(self._ledger.write, counted, time.time())
            await self._store.remove(some)
            self.counters["pruned_thinned"] += len(some)
            await asyncio.sleep(0)

    async def _tell(self, summaries: Sequence[Memory]) -> None:
        for topic, payload in telling.stream(summaries, "summarised"):
            await self._session.publish(topic, payload)
        for tenant, entity, period in dict.fromkeys((s.tenant, s.entity, s.tags[0]) for s in summaries):
            if period in PERIODS_PUBLISHED:
                publish = partial(self._digests.publish_period, tenant, entity, cast("Period", period))
                self.counters["digests"] += await self._holding.held(Doing.CONDENSING, publish)

    async def _publish_what_changed(self) -> None:
        while True:
            await asyncio.sleep(min(POLL_S, self._limits.digest_wait_s))
            changed = await self._holding.held(Doing.CONDENSING, self._changed)
            for entity, at in changed:
                began = time.perf_counter()
                await self._publish(entity, at)
                await asyncio.sleep(self._limits.rest_s(time.perf_counter() - began))
            # What was emptied, left unfinished, or tells what has expired.
            await self._holding.held(Doing.CONDENSING, self._digests.publish_due)

    async def _changed(self) -> list[tuple[Entity, float]]:
        before = time.time() - self._limits.digest_wait_s
        return await asyncio.to_thread(self._ledger.changed, before, DIGESTS_MAX)

    async def _publish(self, entity: Entity, at: float) -> None:
        async def publish() -> None:
            self.counters["digests"] += await self._digests.publish_latest(*entity)
            await asyncio.to_thread(self._ledger.settled, entity, at)

        await self._holding.held(Doing.CONDENSING, publish)


def _follows(portion: Portion) -> Entry:
    """What is due because a portion was condensed: the one above it, and its entity's digest."""
    now = time.time()
    above = portion.above
    arrivals = {} if above is None else {above: Arrivals(1, now, now)}
    return Entry(arrivals=arrivals, changed=[(portion.tenant, portion.entity)])
