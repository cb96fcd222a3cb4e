"""Summarizer: condenses what came, thins what is told, and keeps the entities' digests.

    stream (a cue) ─┐
    clock ──────────┴→ what is due in the ledger and ripe → condense, some of them → flush → ledger
      → what the summaries tell is thinned → stream

Texts that a language model may write go the same way beside these, each tenant's one after another: a model
takes a minute if it likes, and nobody but its own tenant waits for it.

What is due is in the ledger, what it is made of in the store: a cue that is lost or comes twice changes
nothing, and what was cut short is done again. It works a tenth of the time at most: ingest has the rest.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast, get_args

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
from workers.looking_back import LookingBack
from workers.removing import Removing
from workers.report import Report

SUBSCRIPTIONS = (topics.stream("+", "#"),)
PERIODS_PUBLISHED = get_args(Period)

DUE_MAX = 256
"""Portions that are looked at together."""
GROUP_MAX = 16
"""Portions that share a flush."""
BESIDE_MAX = 16
"""Tenants whose texts are worked on beside the others at once: each holds a portion's texts meanwhile."""
TENANTS_BESIDE_MAX = 1024
"""That take turns at it. It is a task each; what is due of any more waits until one has nothing left."""
PUT_OFF_S = 3600.0
"""A portion or a digest that a mistake of ours keeps from being made is tried again after so long."""
DIGESTS_MAX = 64
"""Entities whose digests are looked at together."""
PAUSE_S_MIN = 0.01
"""Between two pages of what was stored before."""
POLL_S = 1.0
"""Between two looks at what changed."""

log = logging.getLogger(__name__)
Result = TypeVar("Result")


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
    """Works on one portion, or one entity's digest, after the other; beside them on texts for models."""

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
        self._looking_back = LookingBack(store, ledger)
        self._removing = Removing(store, session.publish)
        self._cue = asyncio.Event()
        self._works = asyncio.TaskGroup()
        self._beside = set[str]()
        """Tenants whose texts are worked on beside the others."""
        self._turns = asyncio.Semaphore(BESIDE_MAX)
        self._put_off: dict[Portion | Entity, float] = {}
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
            async with self._works as works:
                works.create_task(self._condense_what_is_due(), name="summarizer condense")
                works.create_task(self._publish_what_changed(), name="summarizer digests")
                works.create_task(self._look_back(), name="summarizer look back")
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
            if not await self.condense_round():
                await self._until_cue()

    async def condense_round(self) -> int:
        """Condenses what is ripe, some of it; how many portions that were, and tenants begun beside them."""
        ripe = await self._holding.held(Doing.CONDENSING, self._ripe)
        beside = len(self._beside)
        here = [(portion, came) for portion, came in ripe if not self._goes_beside(portion)]
        begun = len(self._beside) - beside
        for start in range(0, len(here), GROUP_MAX):
            began = time.perf_counter()
            await self._condense(here[start : start + GROUP_MAX])
            await asyncio.sleep(self._limits.rest_s(time.perf_counter() - began))
        return len(here) + begun

    def _goes_beside(self, portion: Portion) -> bool:
        """Whether a portion is worked on beside the others; then its tenant's are."""
        if not self._writer.is_for(portion):
            return False
        tenant = portion.tenant
        if tenant not in self._beside and len(self._beside) < TENANTS_BESIDE_MAX:
            self._beside.add(tenant)
            self._works.create_task(self._condense_beside(tenant), name=f"summarizer texts of {tenant}")
        return True

    async def _condense_beside(self, tenant: str) -> None:
        """Condenses a tenant's texts until none is ripe: one, and then another tenant has its turn."""
        is_one = True
        while is_one:
            async with self._turns:
                is_one = await self._condense_next(tenant)
        self._beside.remove(tenant)

    async def _condense_next(self, tenant: str) -> bool:
        """Condenses the next of a tenant's texts, if one is ripe, and rests for all that are worked on so."""
        ripe = await self._holding.held(Doing.CONDENSING, partial(self._ripe, tenant))
        if not ripe:
            return False
        began, waited_s = time.perf_counter(), self._writer.waited_s[tenant]
        await self._condense(ripe[:1])
        worked_s = time.perf_counter() - began - (self._writer.waited_s[tenant] - waited_s)
        await asyncio.sleep(self._limits.rest_s(worked_s) * min(len(self._beside), BESIDE_MAX))
        return True

    async def _until_cue(self) -> None:
        """Or until it is time to look by the clock; and never twice within POLL_S."""
        await asyncio.sleep(min(POLL_S, self._limits.every_s))
        try:
            async with asyncio.timeout(self._limits.every_s):
                await self._cue.wait()
        except TimeoutError:
            pass

    async def _ripe(self, texts_of: str | None = None) -> list[tuple[Portion, Arrivals]]:
        """What is to be condensed now: one tenant's texts, or all but those that are worked on beside."""
        now, pace = time.time(), self._limits.pace
        awake = time.monotonic()
        self._put_off = {each: until for each, until in self._put_off.items() if until > awake}
        # More than are put off: these must not be all that is seen.
        limit = (DUE_MAX if texts_of is None else GROUP_MAX) + len(self._put_off)
        others = frozenset(self._beside)
        due = await asyncio.to_thread(
            self._ledger.due, now, pace, limit, texts_of=texts_of, but_texts_of=others
        )
        if texts_of is None:
            self._due = await asyncio.to_thread(self._ledger.due_count)
        return [
            (portion, came)
            for portion, came in due.items()
            if is_ripe(portion, came, now, pace) and portion not in self._put_off
        ]

    async def _condense(self, some: Sequence[tuple[Portion, Arrivals]]) -> None:
        done: list[tuple[Portion, Arrivals, Made]] = []
        for portion, came in some:
            made = await self._alone(portion, partial(self._condensing.condense, portion))
            if made is not None:
                done.append((portion, came, made))
        await self._holding.held(Doing.CONDENSING, self._store.flush)
        settled = [
            (portion, came, made)
            for portion, came, made in done
            if await self._alone(portion, partial(self._thin_and_tell, made))
        ]
        await self._publish_periods([made.summary for _, _, made in settled if made.summary is not None])
        for portion, came, made in settled:
            await self._holding.held(Doing.CONDENSING, partial(self._settle, portion, came, made))

    async def _alone(self, whose: Portion | Entity, act: Callable[[], Awaitable[Result]]) -> Result | None:
        """What an act for one portion or entity returns; None where a mistake of ours keeps it from being
        done: it is put off, and the others go on.
        """
        try:
            return await self._holding.held(Doing.CONDENSING, act)
        except Exception as fault:
            if decide(fault, Doing.CONDENSING, alone=True) != GiveUpOne():
                raise
            log.exception("put off, for it broke", extra={"action": "put_off", "whose": str(whose)})
            self.counters["put_off"] += 1
            self._put_off[whose] = time.monotonic() + PUT_OFF_S
            return None

    async def _thin_and_tell(self, made: Made) -> bool:
        """Thins what a summary tells, which is safe by now, and tells of it; True, for it is done."""
        if made.summary is not None:
            await self._thin(made, made.summary)
            await self._tell(made.summary)
        return True

    async def _publish_periods(self, summaries: Sequence[Memory]) -> None:
        for tenant, entity, period in dict.fromkeys((s.tenant, s.entity, s.tags[0]) for s in summaries):
            if period in PERIODS_PUBLISHED:
                publish = partial(self._digests.publish_period, tenant, entity, cast("Period", period))
                self.counters["digests"] += await self._alone((tenant, entity), publish) or 0

    async def _settle(self, portion: Portion, came: Arrivals, made: Made) -> None:
        """Nothing is due of a portion any more, but what is made of it: after all else, for then a process
        that ends before has it done again.
        """
        if not made.is_late:
            await asyncio.to_thread(self._ledger.write, _follows(portion), time.time())
        if made.is_done:
            await asyncio.to_thread(self._ledger.condensed, portion, came)
        self.counters[f"condensed_{portion.period}"] += made.summary is not None
        self.counters["too_late"] += made.is_late

    async def _thin(self, made: Made, summary: Memory) -> None:
        """Removes readings of which a summary tells; a resend of one is known for a while."""
        if not made.retold:
            return
        if summary.id not in (await self._store.known([summary.id])).stored:
            return  # something that it told was forgotten: it is made anew of what is there
        counted = Entry(
            merged=dict.fromkeys(made.retold, summary.id), counted=made.counted, counted_at=summary.received
        )
        await asyncio.to_thread(self._ledger.write, counted, time.time())
        await self._removing.take_out(made.retold)
        self.counters["pruned_thinned"] += len(made.retold)

    async def _tell(self, summary: Memory) -> None:
        """Says on the stream what is there; nothing of what was forgotten meanwhile."""
        if summary.id in (await self._store.known([summary.id])).stored:
            for topic, payload in telling.stream([summary], "summarised"):
                await self._session.publish(topic, payload)

    async def _look_back(self) -> None:
        """What was stored while no ledger was kept is due, too: once, and a little at a time."""
        while True:
            began = time.perf_counter()
            found = await self._holding.held(Doing.CONDENSING, self._looking_back.step)
            if found is None:
                return
            self.counters["looked_back"] += found
            rest_s = self._limits.rest_s(time.perf_counter() - began)
            await asyncio.sleep(max(PAUSE_S_MIN if found else POLL_S, rest_s))

    async def _publish_what_changed(self) -> None:
        while True:
            await asyncio.sleep(min(POLL_S, self._limits.digest_wait_s))
            await self.digest_round()

    async def digest_round(self) -> None:
        """Publishes the digests of those whose memories changed, some of them."""
        for entity, at in await self._holding.held(Doing.CONDENSING, self._changed):
            began = time.perf_counter()
            await self._publish(entity, at)
            await asyncio.sleep(self._limits.rest_s(time.perf_counter() - began))
        # What was emptied, left unfinished, or tells what has expired.
        await self._holding.held(Doing.CONDENSING, self._digests.publish_due)

    async def _changed(self) -> list[tuple[Entity, float]]:
        before = time.time() - self._limits.digest_wait_s
        changed = await asyncio.to_thread(self._ledger.changed, before, DIGESTS_MAX + len(self._put_off))
        return [(entity, at) for entity, at in changed if entity not in self._put_off]

    async def _publish(self, entity: Entity, at: float) -> None:
        async def publish() -> None:
            self.counters["digests"] += await self._digests.publish_latest(*entity)
            await asyncio.to_thread(self._ledger.settled, entity, at)

        await self._alone(entity, publish)


def _follows(portion: Portion) -> Entry:
    """What is due because a portion was condensed: the one above it, and its entity's digest."""
    now = time.time()
    above = portion.above
    arrivals = {} if above is None else {above: Arrivals(1, now, now)}
    return Entry(arrivals=arrivals, changed=[(portion.tenant, portion.entity)])
