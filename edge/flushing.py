"""What is under way to the memory, and when something may be sent again. Pure: time comes in.

A batch that was sent ends in one of four ways: by its receipts; by a broker that does not take it (PUBACK
with 0x10, nobody subscribes, or an error); by silence; by the end of its connection. Only receipts remove
anything from the outbox; after the others it waits there to be sent again, and after all but the last not at
once: between attempts lies a time drawn below a doubling bound (full jitter), so that a fleet does not come
as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Final

IN_FLIGHT_MAX: Final = 4
"""Batches under way at once, by default: they bound what a lost connection has sent in vain."""
SILENCE_S_MAX: Final = 20.0
"""How long receipts are waited for: they may take a second to share a flush, and a held batch some more."""
BACKOFF_S_FIRST: Final = 1.0
BACKOFF_S_MAX: Final = 120.0
NO_SUBSCRIBERS: Final = 0x10
"""Of MQTT 5's reasons of success the one that is none here: the broker kept it for nobody."""
FIRST_ERROR: Final = 0x80


@dataclass(slots=True)
class _Sent:
    ids: set[int | str]
    until_s: float
    """When silence is an answer."""


@dataclass(slots=True)
class Flushing:
    """The batches of one connection that are under way, by their Correlation Data."""

    random: Random = field(default_factory=Random)
    in_flight_max: int = IN_FLIGHT_MAX
    silence_s_max: float = SILENCE_S_MAX
    _sent: dict[bytes, _Sent] = field(default_factory=dict)
    _not_before_s: float = 0.0
    _bound_s: float = BACKOFF_S_FIRST

    @property
    def ids(self) -> frozenset[int | str]:
        """What is under way, and so not to be sent now."""
        return frozenset().union(*(sent.ids for sent in self._sent.values()))

    def may_send(self, now_s: float) -> bool:
        """Whether one more batch may go."""
        return len(self._sent) < self.in_flight_max and now_s >= self._not_before_s

    def sent(self, correlation: bytes, ids: Iterable[int | str], now_s: float) -> None:
        """A batch goes."""
        self._sent[correlation] = _Sent(set(ids), now_s + self.silence_s_max)

    def taken(self, correlation: bytes, reason: int, now_s: float) -> bool:
        """The broker acknowledged a batch, with a reason code; returns whether it took it."""
        if reason != NO_SUBSCRIBERS and reason < FIRST_ERROR:
            return True
        self._sent.pop(correlation, None)
        self._back_off(now_s)
        return False

    def receipted(self, ids: Iterable[int | str]) -> None:
        """Receipts came for these, of whichever batch."""
        known = set(ids)
        for correlation, sent in tuple(self._sent.items()):
            if sent.ids & known:
                sent.ids -= known
                if not sent.ids:
                    del self._sent[correlation]
        self._bound_s = BACKOFF_S_FIRST

    def refused_whole(self, correlation: bytes) -> frozenset[int | str]:
        """A batch that was refused as a message, without naming its observations: those that were in it."""
        sent = self._sent.pop(correlation, None)
        return frozenset(sent.ids) if sent is not None else frozenset()

    def put_off(self, ids: Iterable[int | str], now_s: float) -> None:
        """These are not taken now (`too_fast`): they wait in the outbox."""
        bound_s = self._bound_s
        self.receipted(ids)
        self._bound_s = bound_s
        self._back_off(now_s)

    def lost(self) -> None:
        """The connection ended, and what was under way on it with it."""
        self._sent.clear()

    def overdue(self, now_s: float) -> int:
        """Gives up what met silence; returns how many batches."""
        silent = [correlation for correlation, sent in self._sent.items() if now_s >= sent.until_s]
        for correlation in silent:
            del self._sent[correlation]
        if silent:
            self._back_off(now_s)
        return len(silent)

    def next_s(self, now_s: float) -> float | None:
        """When there is something to do that nothing else tells of: a wait or a silence ends; None: never."""
        moments = [sent.until_s for sent in self._sent.values()]
        if self._not_before_s > now_s:
            moments.append(self._not_before_s)
        return min(moments, default=None)

    def _back_off(self, now_s: float) -> None:
        self._not_before_s = now_s + self.random.uniform(0, self._bound_s)
        self._bound_s = min(self._bound_s * 2, BACKOFF_S_MAX)
