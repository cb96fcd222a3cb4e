"""The flush: what waits in the outbox goes out in batches, and leaves the outbox by its receipt alone."""

import logging
import math
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import msgpack

from broker_bridge import topics
from broker_bridge.loops import Loop, Timer
from broker_bridge.publish_packet import Publication
from broker_bridge.topics import Address
from edge import barred, receipts
from edge.barred import Barred
from edge.batching import HEADROOM_BYTES, Batch, Limits, Ready, Waiting, joined, ready
from edge.clock import Clock
from edge.entry import Entry
from edge.flushing import Flushing, Key
from edge.link import Link
from edge.options import Notice
from edge.outbox import Outbox, Refused
from edge.pacing import Pace
from edge.wire_size import wire_bytes
from schemas.checks import is_number
from schemas.limits import TAGS_MAX

TIME_REQUEST: Final[bytes] = msgpack.packb({"y": True})
"""`schemas.receipt.TimeRequest`, which is pydantic's."""
TIME_S_MAX: Final = 10.0
"""How long the time is waited for before what has none goes without."""
CORRELATION_BYTES: Final = 2
"""They tell at most `in_flight_max` batches apart."""
NOT_NOW: Final = frozenset({"too_fast"})
"""Refusals that are over when some time has passed."""
ESTIMATED: Final = "time-estimated"
"""The tag of an observation whose time nobody knew exactly."""

log = logging.getLogger(__name__)


class Sender:
    """Sends over a link; all on the loop."""

    def __init__(
        self,
        outbox: Outbox,
        link: Link,
        loop: Loop,
        clock: Clock,
        *,
        address: Address,
        pace: Pace,
        flushing: Flushing,
        limits: Limits,
        tell: Callable[[Notice], None],
    ) -> None:
        """`address` is the device's own: its tenant and client, and the entity that it asks the time for."""
        self._outbox = outbox
        self._link = link
        self._loop = loop
        self._clock = clock
        self._address = address
        self._pace = pace
        self._flushing = flushing
        self._limits = limits
        self._tell = tell
        self.counts: Counter[str] = Counter()
        self.trouble: str | None = None
        """Why the memory does not take what is sent, in words."""
        self._alone: set[Key] = set()
        """They were in a message that was refused as a whole: each is judged alone."""
        self._barred = Barred()
        self._timer: Timer | None = None
        self._time_asked: tuple[bytes, float] | None = None
        self._undated_until_s: float | None = None
        self._draining = False

    @property
    def receipts(self) -> str:
        """What has to be heard for anything to leave the outbox."""
        return topics.all_of_client(topics.RECEIPT, self._address.tenant, self._address.client)

    def up(self) -> None:
        """There is a connection."""
        self._undated_until_s = None
        self._barred.clear()
        self.wake()

    def down(self) -> None:
        """There is none; what was under way waits in the outbox."""
        self._flushing.lost()
        self._rest()
        self._time_asked = None

    def drain(self) -> None:
        """What waits for more goes as it is, until `drained`."""
        self._draining = True
        self.wake()

    def drained(self) -> None:
        """What comes now may wait for more again."""
        self._draining = False

    def wake(self) -> None:
        """Looks what can be sent, and when to look again."""
        self._rest()
        now_s = self._now_s()
        silent = self._flushing.overdue(now_s)
        if silent:
            self.counts["silences"] += len(silent)
            self.trouble = "the memory does not answer: is ingest running?"
        if not all(silent) and self._link.up:
            # A connection that is dead on the way tells nobody; paho's ping finds out in two minutes.
            self._link.hang_up("the broker acknowledges nothing")
            return
        if not self._link.up:
            return
        more_s = self._send_ready(now_s) if self._may_date(now_s) else self._undated_until_s
        # Asked after sending: what has just gone may meet silence, too.
        moments = (more_s, self._flushing.next_s(now_s), self._barred.next_s(now_s))
        next_s = min((each for each in moments if each is not None), default=None)
        if next_s is not None:
            self._timer = self._loop.call_later(max(0.0, next_s - now_s), self.wake)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def heard(self, entity: str, publication: Publication) -> None:
        """Takes a message of receipts, of one entity's observations."""
        try:
            told = receipts.read(publication.payload)
        except receipts.Unreadable:
            self.counts["receipts_unreadable"] += 1
            return
        self.counts["receipts_unreadable"] += told.unreadable
        correlation = publication.correlation or b""
        if self._time_asked is not None and correlation == self._time_asked[0]:
            self._learn(told.time)
            return
        self._settle(entity, told.taken)
        for each in told.refused:
            keys = self._flushing.in_batch(correlation) if each.id is None else ((entity, each.id),)
            self._refused(keys, each.reason, each.hint, whole=each.id is None)
        self.wake()

    def _send_ready(self, now_s: float) -> float | None:
        """Sends what may go; returns when there is more, or None: something else tells."""
        limits, in_all = self._limits_now(), self._flushing.in_flight_max
        entries = self._outbox.waiting(
            limits.count_max * in_all,
            limits.bytes_max * in_all,
            self._flushing.numbers,
            not_of=self._barred.now(now_s),
        )
        encoded = {entry.n: self._encoded(entry) for entry in entries}
        self._refuse_too_large(entries, encoded)
        by_number = {entry.n: entry for entry in entries if entry.n in encoded}
        plan = self._planned(list(by_number.values()), encoded, limits, now_s)
        for batch in plan.batches:
            if not self._flushing.may_send(now_s):
                return None
            size = self._wire_bytes(self._topic(batch.entity), batch.bytes)
            may_go_s = self._pace.when(size, batch.priority, now_s)
            if may_go_s > now_s:
                return may_go_s  # what comes after it matters no more than it does
            self._send(batch, [by_number[n] for n in batch.numbers], encoded, now_s)
        return plan.next_s

    def _limits_now(self) -> Limits:
        """A message is no larger than the broker takes."""
        bytes_max = min(self._limits.bytes_max, self._link.packet_bytes_max - HEADROOM_BYTES)
        return replace(self._limits, bytes_max=max(1, bytes_max))

    def _refuse_too_large(self, entries: Sequence[Entry], encoded: dict[int, bytes]) -> None:
        """What the broker would hang up for, each time: better refused here, once."""
        for entry in entries:
            size = self._wire_bytes(self._topic(entry.entity), len(encoded[entry.n]))
            if size > self._link.packet_bytes_max:
                hint = f"the broker takes packets of {self._link.packet_bytes_max} bytes at most: say less"
                self._refused([(entry.entity, entry.id)], "too_large", hint, whole=False)
                del encoded[entry.n]

    def _planned(
        self, entries: Sequence[Entry], encoded: Mapping[int, bytes], limits: Limits, now_s: float
    ) -> Ready:
        together: list[Waiting] = []
        alone: list[Batch] = []
        for entry in entries:
            since_s = entry.ticks_s if entry.boot == self._clock.boot else -math.inf
            waiting = Waiting(entry.n, entry.entity, entry.priority, len(encoded[entry.n]), since_s)
            if (entry.entity, entry.id) in self._alone:
                alone += ready([waiting], limits, now_s, everything=True).batches
            else:
                together.append(waiting)
        rest = ready(
            together,
            limits,
            now_s,
            everything=self._draining,
            bytes_per_hour=self._pace.bytes_per_hour,
        )
        batches = sorted([*alone, *rest.batches], key=lambda batch: batch.priority)
        return Ready(tuple(batches), rest.next_s)

    def _send(
        self, batch: Batch, entries: Sequence[Entry], encoded: Mapping[int, bytes], now_s: float
    ) -> None:
        topic = self._topic(batch.entity)
        payload = joined([encoded[n] for n in batch.numbers])
        correlation = secrets.token_bytes(CORRELATION_BYTES)
        self._flushing.sent(correlation, {(entry.entity, entry.id): entry.n for entry in entries}, now_s)
        told = partial(self._taken, correlation, batch.entity)
        by_number = self._link.publish(topic, payload, correlation=correlation, alias=True, told=told)
        size = self._wire_bytes("" if by_number else topic, len(payload))
        self._pace.spent(size, batch.priority, now_s)
        self.counts["messages_sent"] += 1
        self.counts["observations_sent"] += len(entries)
        if by_number:
            self.counts["alias_saved_bytes"] += len(topic)

    def _wire_bytes(self, topic: str, payload_bytes: int) -> int:
        return wire_bytes(topic, payload_bytes, alias=True, correlation_bytes=CORRELATION_BYTES)

    def _taken(self, correlation: bytes, entity: str, reason: int | None) -> None:
        """What the broker said: its yes promises nothing, its no is not the memory's."""
        if reason in barred.REASONS:
            self._flushing.not_let(correlation)
            self._barred.bar(entity, self._now_s())
        elif reason is None or self._flushing.taken(correlation, reason, self._now_s()):
            return
        self.counts["not_accepted"] += 1
        topic = self._topic(entity)
        self.trouble = f"the broker does not take what is published on {topic}: MQTT reason 0x{reason:02x}"
        log.warning("not accepted", extra={"action": "send", "reason": self.trouble})
        self.wake()

    def _settle(self, entity: str, ids: Sequence[int | str]) -> None:
        if ids:
            keys = [(entity, id_) for id_ in ids]
            self.trouble = None
            self._flushing.receipted(keys)
            self._barred.granted(entity)
            self._alone.difference_update(keys)
            self.counts["remembered"] += self._outbox.settle(entity, ids)

    def _refused(self, keys: Sequence[Key], reason: str, hint: str, *, whole: bool) -> None:
        if reason in NOT_NOW:
            self._flushing.put_off(keys, self._now_s())
            self.trouble = f"the memory takes no more for now: {hint}"
        elif whole and len(keys) > 1:
            self._flushing.put_off(keys, self._now_s())
            self._alone.update(keys)
        else:
            self._flushing.receipted(keys)
            self._alone.difference_update(keys)
            self._outbox.refused(Refused(id_, entity, reason, hint) for entity, id_ in keys)
            for entity, id_ in keys:
                log.warning("refused", extra={"action": "send", "id": id_, "reason": reason, "hint": hint})
                self._tell(Notice("refused", id_, entity, reason, hint))

    def _encoded(self, entry: Entry) -> bytes:
        at, is_exact = self._clock.when(entry.moment)
        fields = dict(entry.fields)
        if at is not None:
            fields["a"] = int(at) if at == int(at) else round(at, 3)
            if not is_exact:
                fields["g"] = [*fields.get("g", []), ESTIMATED][-TAGS_MAX:]
        packed: bytes = msgpack.packb(fields)
        return packed

    def _may_date(self, now_s: float) -> bool:
        """Whether times are known, or were waited for long enough; asks for them once a connection."""
        if self._clock.offset_s is not None:
            return True
        if self._undated_until_s is None:
            self._undated_until_s = now_s + TIME_S_MAX
            self._time_asked = secrets.token_bytes(CORRELATION_BYTES), now_s
            topic = self._topic(self._address.entity)
            self._link.publish(topic, TIME_REQUEST, correlation=self._time_asked[0])
        return now_s >= self._undated_until_s

    def _learn(self, epoch_s: Any) -> None:
        now_s = self._now_s()
        asked_s = self._time_asked[1] if self._time_asked is not None else now_s
        self._time_asked = None
        is_known = is_number(epoch_s) and self._clock.learn(epoch_s, asked_s, now_s)
        self.counts["times_learned" if is_known else "times_not_learned"] += 1
        offset_s = self._clock.offset_s
        if offset_s is not None:
            self._outbox.date(self._clock.boot, offset_s)
        self._undated_until_s = now_s
        self.wake()

    def _topic(self, entity: str) -> str:
        return topics.of_client(topics.OBS, Address(self._address.tenant, self._address.client, entity))

    def _now_s(self) -> float:
        return self._clock.now().ticks_s
