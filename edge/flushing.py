"""What is under way to the memory, and when something may be sent again. Pure: time comes in.

A batch that was sent ends in one of four ways: by its receipts; by a broker that does not take it (PUBACK
with 0x10, nobody subscribes, or an error); by silence; by the end of its connection. Only receipts remove
anything from the outbox; after the others it waits there to be sent again, and after all but the last not at
once: between attempts lies a time drawn below a doubling bound (full jitter), so that a fleet does not come
as one.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from broker_bridge.backoff import Backoff

IN_FLIGHT_MAX: Final = 4
"""Batches under way at once, by default: they bound what a lost connection has sent in vain."""
SILENCE_S_MAX: Final = 20.0
"""How long receipts are waited for: they may take a second to share a flush, and a held batch some more."""
BACKOFF_S_FIRST: Final = 1.0
BACKOFF_S_MAX: Final = 120.0
NO_SUBSCRIBERS: Final = 0x10
"""Of MQTT 5's reasons of success the one that is none here: the broker kept it for nobody."""
FIRST_ERROR: Final = 0x80


Key = tuple[str, int | str]
"""What receipts call an observation: its entity, and its id there."""


@dataclass(slots=True)
class _Sent:
    numbers: dict[Key, int]
    """In the outbox, of what has no receipt yet."""
    sent_s: float
    until_s: float
    """When silence is an answer."""
    is_taken: bool = False
    """By the broker; a promise it is not."""


@dataclass(slots=True)
class Flushing:
    """The batches of one connection that are under way, by their Correlation Data."""

    random: Random = field(default_factory=Random)
    in_flight_max: int = IN_FLIGHT_MAX
    silence_s_max: float = SILENCE_S_MAX
    _sent: dict[bytes, _Sent] = field(default_factory=dict)
    _not_before_s: float = 0.0
    _backed_off_s: float = -math.inf
    """When that was decided last."""
    _backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self._backoff = Backoff(BACKOFF_S_FIRST, BACKOFF_S_MAX, self.random)

    @property
    def numbers(self) -> frozenset[int]:
        """What is under way, and so not to be sent now."""
        return frozenset(number for sent in self._sent.values() for number in sent.numbers.values())

    def may_send(self, now_s: float) -> bool:
        """Whether one more batch may go."""
        return len(self._sent) < self.in_flight_max and now_s >= self._not_before_s

    def sent(self, correlation: bytes, numbers: Mapping[Key, int], now_s: float) -> None:
        """A batch goes."""
        self._sent[correlation] = _Sent(dict(numbers), now_s, now_s + self.silence_s_max)

    def taken(self, correlation: bytes, reason: int, now_s: float) -> bool:
        """The broker acknowledged a batch, with a reason code; returns whether it took it."""
        if reason != NO_SUBSCRIBERS and reason < FIRST_ERROR:
            if correlation in self._sent:
                self._sent[correlation].is_taken = True
            return True
        sent = self._sent.pop(correlation, None)
        self._back_off([] if sent is None else [sent], now_s)
        return False

    def not_let(self, correlation: bytes) -> None:
        """The broker does not let us say what a batch says: no news of any other."""
        self._sent.pop(correlation, None)

    def receipted(self, keys: Iterable[Key]) -> None:
        """Receipts came for these, of whichever batch: the memory is there."""
        self._end(keys)
        self._backoff.reset()

    def put_off(self, keys: Iterable[Key], now_s: float) -> None:
        """The memory does not take these now: they wait in the outbox."""
        self._back_off(self._end(keys), now_s)

    def in_batch(self, correlation: bytes) -> tuple[Key, ...]:
        """What was in a batch and has no receipt."""
        sent = self._sent.get(correlation)
        return tuple(sent.numbers) if sent is not None else ()

    def lost(self) -> None:
        """The connection ended, and what was under way on it with it."""
        self._sent.clear()

    def overdue(self, now_s: float) -> list[bool]:
        """Gives up what met silence; returns of each batch whether at least the broker had taken it."""
        silent = [correlation for correlation, sent in self._sent.items() if now_s >= sent.until_s]
        given_up = [self._sent.pop(correlation) for correlation in silent]
        self._back_off(given_up, now_s)
        return [sent.is_taken for sent in given_up]

    def next_s(self, now_s: float) -> float | None:
        """When there is something to do that nothing else tells of: a wait or a silence ends; None: never."""
        moments = [sent.until_s for sent in self._sent.values()]
        if self._not_before_s > now_s:
            moments.append(self._not_before_s)
        return min(moments, default=None)

    def _end(self, keys: Iterable[Key]) -> list[_Sent]:
        """These are under way no longer; returns the batches in which they were."""
        known = set(keys)
        touched = []
        for correlation, sent in tuple(self._sent.items()):
            ended = known & sent.numbers.keys()
            if ended:
                touched.append(sent)
            for key in ended:
                del sent.numbers[key]
            if not sent.numbers:
                del self._sent[correlation]
        return touched

    def _back_off(self, failed: Iterable[_Sent], now_s: float) -> None:
        """Once for all batches of one attempt: those that went before it was decided are no news."""
        if all(sent.sent_s < self._backed_off_s for sent in failed):
            return
        self._backed_off_s = now_s
        self._not_before_s = now_s + self._backoff.draw()
