"""Ingest: from an observation's topic to its receipt.

    inbox (bounded, unacknowledged) → take in → which are new → embed → which still are, and are no repeats
      → upsert → group commit → dead letters → receipts and stream → acknowledge

The moment of the promise is `_release`: it runs after the flush, and nothing before it acknowledges.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from broker_bridge import topics
from broker_bridge.codec import Encoding, encode
from broker_bridge.inbox import Inbox, InboxLimits
from broker_bridge.messages import Message
from broker_bridge.presence import Measures
from broker_bridge.session import Session
from memory.embedding import Embedder
from memory.lexicon import Lexicon
from memory.records import Embedded, Vector
from memory.store import MemoryStore
from schemas.receipt import Receipts
from workers import broker_watch, telling
from workers.admission import ENTITY_FULL, FORGOTTEN, TOO_FAST, too_fast
from workers.auditing import Auditing
from workers.batch import Batch, Done, decided, deeds_of
from workers.broker_watch import BrokerWatch
from workers.clock import Clock
from workers.commit import CommitLimits, GroupCommit
from workers.deadletters import DeadLetters, dead_letter, publication
from workers.faults import Doing, GiveUpOne, Isolate, decide
from workers.holding import Holding
from workers.intake import Accepted, Intake, take_in
from workers.judging import Judging
from workers.limits import Pace, Room
from workers.merging import Merging
from workers.policies import LivePolicies
from workers.report import Report

SUBSCRIPTION = topics.shared(topics.INGEST_GROUP, topics.asked_of_all(topics.OBS))

OBSERVATION_BYTES = 256
"""As many bytes weigh like one observation in a group that waits for its flush."""
EMBEDDED_AT_ONCE = 2
"""Batches: one, and the next one to keep every core busy when the calls of the first run out."""

log = logging.getLogger(__name__)


class Ingest:
    """Stores what devices publish, once, and tells them so."""

    def __init__(
        self,
        *,
        session: Session,
        store: MemoryStore,
        embedder: Embedder,
        lexicon: Lexicon,
        merging: Merging,
        policies: LivePolicies,
        dead_letters: DeadLetters,
        auditing: Auditing,
        inbox_limits: InboxLimits,
        commit_limits: CommitLimits,
        pace: Pace,
        room: Room,
        durable: bool,
        report: Report,
    ) -> None:
        """With `durable` a receipt waits for a flush; without, it survives processes but no power cut."""
        self._session = session
        self._store = store
        self._embedder = embedder
        self._lexicon = lexicon
        self._policies = policies
        self._dead_letters = dead_letters
        self._auditing = auditing
        self._pace = pace
        self._room = room
        self._report = report
        self._merging = merging
        self._judging = Judging()
        self._durable = durable
        self._clock = Clock()
        self._embedding = asyncio.Semaphore(EMBEDDED_AT_ONCE)
        self._in_order: asyncio.Queue[asyncio.Task[Batch]] = asyncio.Queue()
        self._batches_under_way = 0
        self.counters: Counter[str] = Counter()
        self._holding = Holding(report, self.counters)
        self._arrivals: deque[float] = deque()
        """Of each message that is not acknowledged, in the order in which they are acknowledged."""
        self._connection: int | None = None
        self._lost = float("-inf")
        """time.monotonic() of the last connection's end; what devices said since comes at once."""
        self._paused: float | None = None
        self._watch = BrokerWatch()
        self.inbox = Inbox(inbox_limits, pause=self._pause, resume=self._resume)
        self._commit: GroupCommit[Done] = GroupCommit(
            commit_limits,
            flush=self._flush,
            release=self._release,
            is_idle=lambda: not self._batches_under_way and not len(self.inbox),
        )

    def hear(self, message: Message) -> None:
        """Takes a message from the session; never blocks, never raises."""
        if message.topic in broker_watch.TOPICS:
            self._watch.hear(message.topic, message.payload)
            return
        self.counters["messages"] += 1
        if message.connection != self._connection:
            self._connection = message.connection
            self._pace.away(message.arrived - self._lost)
        self._arrivals.append(message.arrived)
        self.inbox.put(message)

    def connection_lost(self) -> None:
        """Drops what waits: it was not acknowledged, and comes again."""
        self._lost = time.monotonic()
        dropped = self.inbox.drop_all()
        for _ in range(dropped):
            self._arrivals.pop()
        self.counters["messages_dropped_for_redelivery"] += dropped

    def _pause(self) -> None:
        self._paused = self._paused or time.monotonic()
        self._session.pause()

    def _resume(self) -> None:
        if self._paused is not None:
            self._pace.away(time.monotonic() - self._paused)
            self._paused = None
        self._session.resume()

    async def run(self) -> None:
        """Works batch after batch; runs until cancelled. While one is embedded, the one before is stored."""
        await self._holding.held(Doing.STORING, self._merging.recover)
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._merging.run(), name="ingest merging")
                stages.create_task(self._commit.run(), name="ingest commit")
                stages.create_task(self._embed_batches(stages), name="ingest embed")
                stages.create_task(self._store_batches(), name="ingest store")
                stages.create_task(self._clock.watch(self._report), name="ingest clock")
                stages.create_task(self._policies.run(self._report), name="ingest policies")
        except ExceptionGroup as several:
            # The first ended the others; it alone is what the stack decides by.
            raise several.exceptions[0] from None

    async def drain(self) -> None:
        """Commits and tells what is stored already; what still waits in the inbox stays with the broker."""
        await self._commit.drain()

    def close(self) -> None:
        """Ends the embedding threads, and lets go of the audit log and the ledger."""
        self._embedder.close()
        self._merging.close()
        self._auditing.close()

    def measure(self) -> Measures:
        """Counters since the start, and how full everything is. The broker's watch counts the calls."""
        embedder = self._embedder
        self._report("the broker's queues", self._watch.report())
        return Measures(
            self.counters + self._session.counters,
            {
                "behind_s": round(self._behind_s(), 1),
                "inbox_messages": len(self.inbox),
                "inbox_bytes": self.inbox.waiting_bytes,
                "unacknowledged_publications": self._session.unacknowledged,
                "awaiting_commit": self._commit.waiting_observations,
                "flushes": self._commit.flushes,
                "flush_ms_max": round(self._commit.flush_ms_max, 1),
                "embed_cache_hits": embedder.hits,
                "embed_cache_misses": embedder.misses,
                **self._watch.gauges,
            },
        )

    def _behind_s(self) -> float:
        """Age of the oldest message that was read and not acknowledged; the broker may hold older ones."""
        return time.monotonic() - self._arrivals[0] if self._arrivals else 0.0

    async def _embed_batches(self, stages: asyncio.TaskGroup) -> None:
        """Starts a batch while the one before still has calls of the model left: no core waits."""
        while True:
            await self._embedding.acquire()
            messages = await self.inbox.batch()
            self._batches_under_way += 1
            self._in_order.put_nowait(stages.create_task(self._embed(messages), name="ingest embed a batch"))

    async def _embed(self, messages: Sequence[Message]) -> Batch:
        """Takes a batch in, and embeds what is new in it."""
        now = await self._holding.held(Doing.READING_CLOCK, self._read_clock)
        intakes = [self._take_in(message, now) for message in messages]
        accepted: dict[str, Accepted] = {}
        for taken in (taken for intake in intakes for taken in intake.observations):
            if isinstance(taken, Accepted):
                accepted.setdefault(taken.memory.id, taken)
        batch = Batch(messages, intakes, accepted)
        await self._drop_known(batch)
        for memory_id in too_fast(messages, intakes, batch.fresh, self._pace):
            batch.refuse(memory_id, TOO_FAST)
        likely = self._merging.likely(batch)
        await self._drop_what_has_no_room(batch, likely)
        await self._embed_all(batch, batch.fresh.keys() - likely)
        return batch

    async def _embed_all(self, batch: Batch, ids: AbstractSet[str]) -> None:
        some = {memory_id: taken for memory_id, taken in batch.fresh.items() if memory_id in ids}
        try:
            batch.vectors |= await self._vectors(list(some.values()))
        except Exception as fault:
            if decide(fault, Doing.EMBEDDING) != Isolate():
                raise
            log.exception("a batch failed; trying each observation alone", extra={"action": "isolate"})
            await self._embed_each_alone(batch, some)

    def _take_in(self, message: Message, now: float) -> Intake:
        latest = self._clock.latest()
        policies = self._policies.in_force
        return take_in(
            message.topic, message.payload, retain=message.retain, now=now, latest=latest, policies=policies
        )

    async def _drop_what_has_no_room(self, batch: Batch, likely: AbstractSet[str]) -> None:
        """Refuses what is more than an entity may hold: the last of the batch. Repeats take no room."""
        by_entity: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for memory_id, taken in batch.fresh.items():
            if memory_id in likely:
                continue
            by_entity[taken.memory.tenant, taken.memory.entity].append(memory_id)
        now = time.monotonic()
        for whose, ids in by_entity.items():
            room = await self._holding.held(Doing.COUNTING, partial(self._room.take, *whose, len(ids), now))
            for memory_id in ids[room:]:
                batch.refuse(memory_id, ENTITY_FULL)

    async def _embed_each_alone(self, batch: Batch, some: Mapping[str, Accepted]) -> None:
        for memory_id, taken in some.items():
            try:
                batch.vectors |= await self._vectors([taken])
            except Exception as fault:
                if decide(fault, Doing.EMBEDDING, alone=True) != GiveUpOne():
                    raise
                batch.fail(memory_id)

    async def _vectors(self, accepted: Sequence[Accepted]) -> dict[str, Vector]:
        words = [taken.words for taken in accepted]
        vectors = await self._holding.held(Doing.EMBEDDING, lambda: self._embedder.embed(words))
        return {taken.memory.id: vector for taken, vector in zip(accepted, vectors, strict=True)}

    async def _store_batches(self) -> None:
        while True:
            batch = await (await self._in_order.get())
            self._embedding.release()
            # Looked up again: the batch before may have stored some of the same, after the first look.
            await self._drop_known(batch)
            await self._holding.held(Doing.LOOKING_UP, partial(self._merging.decide, batch))
            # What seemed a repeat, and is none: its memory was forgotten meanwhile.
            if lacking := batch.fresh.keys() - batch.vectors.keys() - batch.failed.keys():
                await self._embed_all(batch, lacking)
            await self._store_batch(batch)
            self._merging.accept(batch)
            for message, intake in zip(batch.messages, batch.intakes, strict=True):
                done = decided(message, intake, batch)
                self._count(intake, done)
                # By weight, not by count alone: a refused message may be one receipt and a megabyte.
                weight = max(len(done.receipts), message.size // OBSERVATION_BYTES)
                await self._commit.add(done, observations=weight, stored_any=bool(done.stored or done.merged))
            self._batches_under_way -= 1

    async def _store_batch(self, batch: Batch) -> None:
        self._judging.judge(batch)
        memories = [batch.as_stored(taken.memory) for taken in batch.fresh.values()]
        embedded = {
            # On the loop: 5 µs a sentence, where its vector takes a thread a millisecond.
            each.id: Embedded(each, batch.vectors[each.id], self._lexicon.document(each.text))
            for each in memories
            if each.id in batch.vectors
        }
        try:
            await self._upsert(batch, embedded)
        except Exception as fault:
            if decide(fault, Doing.STORING) != Isolate():
                raise
            log.exception("a batch failed; trying each observation alone", extra={"action": "isolate"})
            await self._store_each_alone(batch, embedded)

    async def _store_each_alone(self, batch: Batch, embedded: dict[str, Embedded]) -> None:
        for memory_id, each in embedded.items():
            try:
                await self._upsert(batch, {memory_id: each}, again=True)
            except Exception as fault:
                if decide(fault, Doing.STORING, alone=True) != GiveUpOne():
                    raise
                batch.fail(memory_id)

    async def _upsert(self, batch: Batch, embedded: dict[str, Embedded], *, again: bool = False) -> None:
        """Stores them; from the second try on only what is still to be stored.

        A try that failed may have stored some. Their owner may have had them forgotten since, or changed:
        storing these again would bring them back.
        """

        async def store() -> None:
            nonlocal again
            left = await self._not_yet_known(batch, embedded) if again else embedded
            again = True
            if left:
                await self._store.upsert(list(left.values()))

        await self._holding.held(Doing.STORING, store)

    async def _not_yet_known(self, batch: Batch, embedded: dict[str, Embedded]) -> dict[str, Embedded]:
        """Those neither stored by a try before nor forgotten since; the forgotten ones are refused."""
        known = await self._store.known(list(embedded))
        for memory_id in known.forgotten & batch.fresh.keys():
            batch.refuse(memory_id, FORGOTTEN)
        return {
            memory_id: each
            for memory_id, each in embedded.items()
            if memory_id not in known.stored | known.forgotten
        }

    async def _drop_known(self, batch: Batch) -> None:
        """Leaves of the fresh ones those that are neither stored nor forgotten."""
        ids = list(batch.fresh)
        if ids:
            known = await self._holding.held(Doing.LOOKING_UP, lambda: self._store.known(ids))
            for memory_id in known.forgotten:
                batch.refuse(memory_id, FORGOTTEN)
            for memory_id in known.stored:
                del batch.fresh[memory_id]

    async def _read_clock(self) -> float:
        return self._clock.now()

    async def _flush(self) -> None:
        await self._holding.held(Doing.STORING, self._merging.write)
        if self._durable:  # else the store's own log survives us
            await self._holding.held(Doing.FLUSHING, self._store.flush)

    async def _release(self, group: list[Done]) -> None:
        """What was decided is now safe: tell everybody, then acknowledge."""
        letters = [dead_letter(done.message.topic, refusal) for done in group for refusal in done.refused]
        if letters:
            keep = partial(asyncio.to_thread, self._dead_letters.keep, letters)
            await self._holding.held(Doing.KEEPING, keep)
        observed = [deed for done in group for deed in deeds_of(done)]
        await self._holding.held(Doing.AUDITING, lambda: self._auditing.write(observed))
        for done in group:
            await self._send_receipts(done)
        for topic, payload in telling.stream([memory for done in group for memory in done.stored]):
            await self._session.publish(topic, payload)
        for topic, payload in telling.merged(
            {memory_id: last for done in group for memory_id, last in done.merged.items()}
        ):
            await self._session.publish(topic, payload)
        for letter in letters:
            await self._session.publish(*publication(letter))
        for done in group:
            self._session.acknowledge(done.message)
            self._arrivals.popleft()

    async def _send_receipts(self, done: Done) -> None:
        """One message for each observation message; none where the topic does not say whose it is."""
        if topics.speaker(done.message.topic) is None:
            self.counters["receipts_to_nobody"] += 1
            return
        short = done.encoding is Encoding.MSGPACK
        told = Receipts.map_of(short=short, receipts=done.receipts, now=done.asked_at)
        await self._session.publish(
            topics.mirror(done.message.topic, topics.RECEIPT),
            encode(told, done.encoding),
            correlation=done.message.correlation,
        )

    def _count(self, intake: Intake, done: Done) -> None:
        self.counters["unknown_fields"] += intake.unknown_fields
        self.counters["time_requests"] += intake.asked_at is not None
        self.counters.update(done.statuses)
        for refusal in done.refused:
            self.counters[f"refused_{refusal.reason}"] += 1
