"""What a device is made of, and how it hangs together. A loop calls it, threads may ask; it never waits."""

import logging
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from broker_bridge import topics
from broker_bridge.loops import Loop, Timer
from broker_bridge.messages import Will
from broker_bridge.publish_packet import Publication
from broker_bridge.tls import Trust
from broker_bridge.topics import LATEST, Address, Topic
from broker_bridge.url import BrokerUrl
from edge.cache import Cache
from edge.cache_file import NotErased
from edge.clock import Clock
from edge.coalescing import Coalescer
from edge.entry import Entry
from edge.flushing import Flushing
from edge.link import Link
from edge.noting import Noted, Notes
from edge.observed import Fields
from edge.options import Notice, Options
from edge.outbox import Outbox, Put
from edge.pace_file import PaceFile
from edge.pacing import Pace
from edge.querying import Asker, Raw
from edge.sending import Sender
from edge.shaping import Shaper
from edge.visitors import Visitors
from edge.working_set import BYTES_MAX as SEEN_BYTES_MAX
from edge.working_set import WorkingSet

ONLINE: Final = b"online"
OFFLINE: Final = b"offline"
CACHE: Final = "cache.sqlite3"
DISK_S: Final = 5.0
"""How often a disk that is away is tried."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stats:
    """How a device is."""

    connected: bool
    trouble: str | None
    """Why there is no connection, or the memory does not take what is sent; and why the disk does not."""
    waiting: int
    """Observations without a receipt."""
    waiting_bytes: int
    counts: Counter[str]
    """Since the device was made; `dropped_…` and `refused_…` since its outbox was."""


class Core:
    """Made on any thread, then `start`ed; what says so is called on the loop alone."""

    def __init__(
        self,
        broker: BrokerUrl,
        loop: Loop,
        address: Address,
        *,
        folder: Path,
        trust: Trust,
        options: Options,
        clock: Clock | None,
    ) -> None:
        """Opens the outbox in `folder`; raises what `Speaking` says."""
        _check(address)
        self._loop = loop
        self._options = options
        self.address = address
        # Whatever the options or the certificates may raise comes before the outbox is ours.
        self._shaper: Shaper[Entry] = Shaper(options.rules)
        self._coalescer: Coalescer[Entry] = Coalescer(options.coalesce)
        self._pace = Pace(options.rate_per_s, options.burst, options.bytes_per_hour)
        presence = topics.presence(address.tenant, address.client)
        will = Will(presence, OFFLINE) if options.presence else None
        self.link = Link(broker, loop, client_id=address.client, trust=trust, will=will)
        self.outbox = Outbox(
            folder,
            durability=options.durability,
            count_max=options.outbox_count_max,
            bytes_max=options.outbox_bytes_max,
        )
        self.clock = clock or Clock()
        self.clock.follow(self.outbox.undated(self.clock.boot))
        self.cache = Cache(folder / CACHE, address.tenant)
        self.notes = Notes(
            self.outbox,
            self.clock,
            self._shaper,
            self._coalescer,
            _seen_last(self.outbox, options.working_set_max),
            put=self._put,
        )
        self.asker = Asker(self.link, loop, address)
        self.sender = Sender(
            self.outbox,
            self.link,
            loop,
            self.clock,
            address=address,
            pace=self._pace,
            flushing=Flushing(in_flight_max=options.in_flight_max, silence_s_max=options.silence_s_max),
            limits=options.batches,
            tell=self._tell,
        )
        self._pace_file = PaceFile(folder, self._pace)
        self._visitors = Visitors(address.entity)
        self._release_timer: Timer | None = None
        self._counts: Counter[str] = Counter()
        self._woken = False
        self._draining: list[Future[bool]] = []

    def start(self) -> None:
        """Connects, and flushes what an earlier run left."""
        self.link.on_up = self._up
        self.link.on_down = self._down
        self.link.on_begun = self.asker.begun
        self.link.on_publication = self._heard
        self.link.hear(self.sender.receipts, needed=True)
        self.link.hear(self.asker.replies)
        if self._options.digest:
            self.link.hear(self._digest_topic(self.address.entity))
        now = self.clock.now()
        self._pace_file.load(now.boot, now.ticks_s)
        self.link.start()

    def note(self, entity: str, several: list[Fields]) -> list[Noted]:
        """Takes observations; from any thread. On disk when it returns, but for what a rule holds back."""
        noted = self.notes.note(entity, several)
        with self._visitors.lock:
            if not self._visitors.is_here(entity):  # they left while it was written
                self.notes.drop(entity)
        self._wake_soon()
        return noted

    def ask(self, path: str, request: Raw, deadline_s: float) -> "Future[Raw]":
        """Asks the memory; from any thread. See `Asker.ask`."""
        return self.asker.ask(path, request, deadline_s)

    @property
    def epoch_s(self) -> float:
        """The time of day; 0 while nobody knows."""
        return self.clock.now().at or 0.0

    @property
    def forgotten(self) -> int:
        """How often something was forgotten; see `keep_answer`."""
        return self._visitors.forgotten

    def keep_answer(self, path: str, op: str, key: bytes, payload: bytes, *, forgotten: int) -> None:
        """Caches an answer, unless something was `forgotten` since it was asked for: it may tell of that."""
        with self._visitors.lock:
            if self._visitors.forgotten == forgotten:
                self.cache.keep_answer(path, op, key, payload, self.epoch_s)

    def come(self, entity: str) -> None:
        """Somebody is here: from now on, hears their digest; from any thread.

        Raises:
            BadTopic: it cannot be an entity.
        """
        _check(replace(self.address, entity=entity))
        with self._visitors.lock:
            self._visitors.come(entity)
            if self._options.digest and entity != self.address.entity:
                self._loop.call_soon_threadsafe(self.link.hear, self._digest_topic(entity))

    def go(self, entity: str, *, keep: bool) -> None:
        """They left: what is known of them leaves the RAM and, unless `keep`, the disk."""
        with self._visitors.lock:
            if not self._visitors.leave(entity, keep=keep):
                return
            if self._options.digest:
                self._loop.call_soon_threadsafe(self.link.unhear, self._digest_topic(entity))
            self.notes.drop(entity)
            if self._visitors.wanted_nothing_kept(entity):
                self._visitors.forgotten += 1
                self.cache.forget(entity)

    def stats(self) -> Stats:
        """How the device is; from any thread."""
        counts = self._counts.copy()
        shaping = (self._shaper, self._coalescer, self._pace, self._pace_file)
        for part in (self.sender, *shaping, self.outbox, self.cache):
            counts.update(part.counts)
        # A disk that is away is told beside a network that is: then there is RAM alone.
        troubles = (self.link.reason or self.sender.trouble, self.outbox.trouble)
        return Stats(
            connected=self.link.up,
            trouble="; ".join(each for each in troubles if each) or None,
            waiting=self.outbox.count,
            waiting_bytes=self.outbox.bytes,
            counts=counts,
        )

    def drain(self, done: "Future[bool]") -> None:
        """Sends what waits, full batch or not; `done` hears when all of it has its receipt. On the loop."""
        self.notes.release(everything=True)
        # Those who gave up would be kept until everything is sent: offline, for ever.
        self._draining = [*(each for each in self._draining if not each.done()), done]
        self.sender.drain()
        self._tell_drained()

    def leave(self) -> None:
        """Says goodbye to the broker. On the loop; afterwards nothing calls back."""
        if self._options.presence and self.link.up:
            self._say(OFFLINE)
        self.link.close()
        self.asker.lost()
        self.sender.down()

    def shut(self) -> None:
        """Lets go of the files."""
        self.notes.release(everything=True)
        self._keep_pace()
        self.outbox.close()
        self.cache.close()

    def _up(self) -> None:
        if self._options.presence:
            self._say(ONLINE)
        self.sender.up()

    def _down(self) -> None:
        self.sender.down()
        self.asker.lost()

    def _heard(self, publication: Publication) -> None:
        # mem/v1/{tenant}/{verb}/{client, or name of the digest}/{entity…}: we hear nothing else.
        _, _, _, verb, _, entity = publication.topic.decode().split("/", 5)
        if verb == topics.RECEIPT:
            self.sender.heard(entity, publication)
            self._keep_pace()
            self._tell_drained()
        elif verb == topics.REPLY:
            self.asker.heard(publication)
        else:
            self._counts["digests"] += 1
            self._keep_digest(entity, publication.payload)

    def _keep_digest(self, entity: str, payload: bytes) -> None:
        """An empty one says that something was forgotten: nothing of the entity is known here any more."""
        with self._visitors.lock:
            if not payload:
                self._visitors.forgotten += 1
                self.notes.drop(entity)
            elif not self._visitors.is_here(entity):
                return
            try:
                self.cache.keep_digest(entity, payload, self.epoch_s)
            except NotErased as error:
                self._counts["not_erased"] += 1
                log.error("%s", error, extra={"action": "forget"})  # noqa: TRY400 - it says what to do

    def _tell_drained(self) -> None:
        if self.outbox.count == 0:
            waiting, self._draining = self._draining, []
            self.sender.drained()
            for done in waiting:
                if done.set_running_or_notify_cancel():
                    done.set_result(True)

    def _put(self, put: Put) -> None:
        for dropped in put.dropped:
            entry = dropped.entry
            self._tell(Notice("dropped", entry.id, entry.entity, f"outbox full ({dropped.reason})"))

    def _tell(self, notice: Notice) -> None:
        """Whoever listens may fail: that is no reason to stop sending, or to fail who observes."""
        try:
            self._options.tell(notice)
        except Exception:
            self._counts["not_told"] += 1
            log.exception("`Options.tell` failed", extra={"action": "tell", "what": notice.what})

    def _wake_soon(self) -> None:
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._woken = False
        if self._release_timer is not None:
            self._release_timer.cancel()
            self._release_timer = None
        next_s = self.notes.release()
        now = self.clock.now()
        waits = [] if next_s is None else [max(0.0, next_s - now.ticks_s)]
        if self.outbox.trouble is not None:
            self._put(self.outbox.save())
            waits.append(DISK_S)
        if waits:
            self._release_timer = self._loop.call_later(min(waits), self._wake)
        self.sender.wake()
        self._keep_pace()

    def _keep_pace(self) -> None:
        now = self.clock.now()
        self._pace_file.keep(now.boot, now.ticks_s)

    def _say(self, presence: bytes) -> None:
        own = self.address
        self.link.publish(topics.presence(own.tenant, own.client), presence, retain=True)

    def _digest_topic(self, entity: str) -> str:
        return topics.summary(self.address.tenant, LATEST, entity)


def _check(address: Address) -> None:
    """Raises BadTopic unless it can be spoken of."""
    Topic.parse(topics.of_client(topics.OBS, address))


def _seen_last(outbox: Outbox, count_max: int) -> WorkingSet:
    """What the device observed in an earlier run and has no receipt for, it still knows."""
    seen = WorkingSet(count_max=count_max)
    for entry in sorted(outbox.waiting(count_max, SEEN_BYTES_MAX), key=lambda entry: entry.n):
        seen.note(entry.entity, entry.fields, entry.at)
    return seen
