"""The flush: what waits in the outbox goes out in batches, and leaves the outbox by its receipt alone."""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgpack

from broker_bridge import topics
from broker_bridge.loops import Loop, Timer
from broker_bridge.publish_packet import Publication
from broker_bridge.topics import Address
from edge.batching import Batch, Limits, Waiting, joined, ready
from edge.clock import Clock
from edge.entry import Entry
from edge.flushing import Flushing
from edge.link import Link
from edge.options import Notice
from edge.outbox import Outbox
from edge.pacing import Pace
from edge.wire_size import wire_bytes

TIME_REQUEST: Final = b"\x90"
"""An empty array: the memory answers with its time."""
TIME_S_MAX: Final = 10.0
"""How long the time is waited for before what has none goes without."""
CORRELATION_BYTES: Final = 2
"""They tell at most `in_flight_max` batches apart."""
NOT_NOW: Final = frozenset({"too_fast"})
"""Refusals that are over when some time has passed."""
ESTIMATED: Final = "time-estimated"
"""The tag of an observation whose time nobody knew exactly."""
TAGS_MAX: Final = 16

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
        self._alone: set[int | str] = set()
        """They were in a message that was refused as a whole: each is judged alone."""
        self._timer: Timer | None = None
        self._time_asked: tuple[bytes, float] | None = None
        self._undated_until_s: float | None = None
        self._draining = False

    @property
    def receipts(self) -> str:
        """What has to be heard for anything to leave the outbox."""
        own = self._address
        return f"{topics.ROOT}/{own.tenant}/{topics.RECEIPT}/{own.client}/#"

    def up(self) -> None:
        """There is a connection."""
        self._undated_until_s = None
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
            self.counts["silences"] += silent
            self.trouble = "the memory does not answer: is ingest running?"
        if not self._link.up:
            return
        moments = [self._flushing.next_s(now_s)]
        if self._may_date(now_s):
            moments.append(self._send_ready(now_s))
        else:
            moments.append(self._undated_until_s)
        next_s = min((each for each in moments if each is not None), default=None)
        if next_s is not None:
            self._timer = self._loop.call_later(max(0.0, next_s - now_s), self.wake)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def heard(self, publication: Publication) -> None:
        """Takes a message of receipts."""
        try:
            said = msgpack.unpackb(publication.payload)
            rows = said["rs"]
            receipts = [(row.get("i"), row["s"], row.get("r"), row.get("h")) for row in rows]
        except (ValueError, TypeError, KeyError, AttributeError):
            self.counts["receipts_unreadable"] += 1
            return
        if self._time_asked is not None and publication.correlation == self._time_asked[0]:
            self._learn(said.get("n"))
        self._settle([id_ for id_, status, *_ in receipts if status != "refused" and id_ is not None])
        for id_, status, reason, hint in receipts:
            if status == "refused":
                self._refused(publication.correlation or b"", id_, str(reason), hint)
        self.wake()

    def _send_ready(self, now_s: float) -> float | None:
        """Sends what may go; returns when there is more, or None: when something else tells."""
        limits = self._limits
        entries = self._outbox.waiting(
            limit=limits.count_max * self._flushing.in_flight_max,
            bytes_max=limits.bytes_max * self._flushing.in_flight_max,
            except_for=self._flushing.ids,
        )
        encoded = {entry.n: self._encoded(entry) for entry in entries}
        by_number = {entry.n: entry for entry in entries}
        planned = self._planned(entries, encoded, now_s)
        for batch in planned[0]:
            if not self._flushing.may_send(now_s):
                return None  # a receipt, a silence or the end of a wait tells
            may_go_s = self._pace.when(batch.bytes, batch.priority, now_s)
            if may_go_s > now_s:
                return may_go_s  # what comes after it matters no more than it does
            self._send(batch, [by_number[n] for n in batch.numbers], [encoded[n] for n in batch.numbers], now_s)
        return planned[1]

    def _planned(
        self, entries: Sequence[Entry], encoded: dict[int, bytes], now_s: float
    ) -> tuple[list[Batch], float | None]:
        together, batches = [], []
        for entry in entries:
            since_s = entry.ticks_s if entry.boot == self._clock.boot else float("-inf")
            waiting = Waiting(entry.n, entry.entity, entry.importance, len(encoded[entry.n]), since_s)
            if entry.id in self._alone:
                batches += ready([waiting], self._limits, now_s, everything=True).batches
            else:
                together.append(waiting)
        rest = ready(together, self._limits, now_s, everything=self._draining)
        return sorted([*batches, *rest.batches], key=lambda batch: batch.priority), rest.next_s

    def _send(self, batch: Batch, entries: Sequence[Entry], encoded: Sequence[bytes], now_s: float) -> None:
        topic = self._topic(batch.entity)
        payload = joined(encoded)
        correlation = secrets.token_bytes(CORRELATION_BYTES)
        self._flushing.sent(correlation, [entry.id for entry in entries], now_s)
        told = partial(self._taken, correlation, topic)
        by_number = self._link.publish(topic, payload, correlation=correlation, alias=True, told=told)
        size = wire_bytes(
            "" if by_number else topic, len(payload), alias=True, correlation_bytes=CORRELATION_BYTES
        )
        self._pace.spent(size, batch.priority, now_s)
        self.counts["messages_sent"] += 1
        self.counts["observations_sent"] += len(entries)
        self.counts["bytes_sent"] += size
        if by_number:
            self.counts["bytes_saved_by_alias"] += len(topic)

    def _taken(self, correlation: bytes, topic: str, reason: int | None) -> None:
        """What the broker said: its yes promises nothing, its no is not the memory's."""
        if reason is None or self._flushing.taken(correlation, reason, self._now_s()):
            return
        self.counts["not_accepted"] += 1
        self.trouble = f"the broker does not take what is published on {topic}: MQTT reason 0x{reason:02x}"
        log.warning("not accepted", extra={"action": "send", "reason": self.trouble})
        self.wake()

    def _settle(self, ids: Iterable[int | str]) -> None:
        settled = list(ids)
        if settled:
            self.trouble = None
            self._flushing.receipted(settled)
            self._alone -= set(settled)
            self.counts["remembered"] += self._outbox.settle(settled)

    def _refused(self, correlation: bytes, id_: int | str | None, reason: str, hint: str | None) -> None:
        ids = [id_] if id_ is not None else list(self._flushing.refused_whole(correlation))
        if reason in NOT_NOW:
            self._flushing.put_off(ids, self._now_s())
            self.trouble = f"the memory takes no more for now: {hint}"
        elif id_ is None and len(ids) > 1:
            self._alone |= set(ids)
        else:
            self._flushing.receipted(ids)
            self._alone -= set(ids)
            for entry in self._outbox.refused(ids, reason, hint or ""):
                log.warning("refused", extra={"action": "send", "id": entry.id, "reason": reason, "hint": hint})
                self._tell(Notice("refused", entry.id, entry.entity, reason, hint))

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
            self._ask_time(now_s)
        return now_s >= self._undated_until_s

    def _ask_time(self, now_s: float) -> None:
        correlation = secrets.token_bytes(CORRELATION_BYTES)
        self._time_asked = correlation, now_s
        self._link.publish(self._topic(self._address.entity), TIME_REQUEST, correlation=correlation)

    def _learn(self, epoch_s: Any) -> None:
        asked_s = self._time_asked[1] if self._time_asked is not None else 0.0
        self._time_asked = None
        known = isinstance(epoch_s, int | float) and self._clock.learn(epoch_s, asked_s, self._now_s())
        self.counts["times_learned" if known else "times_not_learned"] += 1
        if not known:
            self._undated_until_s = self._now_s()

    def _topic(self, entity: str) -> str:
        return topics.of_client(topics.OBS, Address(self._address.tenant, self._address.client, entity))

    def _now_s(self) -> float:
        return self._clock.now().ticks_s
