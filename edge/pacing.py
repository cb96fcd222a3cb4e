"""Who may go now: so many messages a second, so many bytes an hour, by priority. Pure: times come in.

pace = Pace(rate_per_s=2, bytes_per_hour=50_000)
may_go_s = pace.when(size, priority, now_s)
if may_go_s <= now_s:
    publish(…); pace.spent(size, priority, now_s)
else:
    wait_until(may_go_s)

Alarms always may; what they take is counted, so the others wait for them. Times are ticks of one boot, which
go on while a process is away: what was spent outlives a restart (`dump`, `load`), so that a device that
crashes and starts again and again has one budget, not one each time.
"""

import math
from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from edge.observing import ALARM, LOW

LOW_SHARE = 0.7
"""Of rate and budget: the rest is kept for what matters more."""
BURST_DEFAULT = 10
_MINUTE_S = 60.0
_MINUTES = 60


class Priority(IntEnum):
    """In the order in which they go."""

    ALARM = 0
    NORMAL = 1
    LOW = 2

    @classmethod
    def of(cls, importance: float) -> "Priority":
        """By the bounds that the whole device goes by."""
        if importance >= ALARM:
            return cls.ALARM
        return cls.LOW if importance < LOW else cls.NORMAL


class Pace:
    """What was spent, and so who may go. The questions change nothing; `spent` alone does."""

    def __init__(
        self,
        rate_per_s: float | None = None,
        burst: int = BURST_DEFAULT,
        bytes_per_hour: int | None = None,
    ) -> None:
        """`rate_per_s` is of messages, `burst` how many may go at once after a silence; None: no limit."""
        if rate_per_s is not None and not 0 < rate_per_s < math.inf:
            raise ValueError(f"rate_per_s: must be more than 0, not {rate_per_s}; leave it out for no limit")
        if burst < 1:
            raise ValueError(f"burst: must be at least 1 message, not {burst}")
        if bytes_per_hour is not None and bytes_per_hour < 1:
            raise ValueError(
                f"bytes_per_hour: must be at least 1, not {bytes_per_hour}; leave it out for none"
            )
        self._rate_per_s = rate_per_s
        self._burst = burst
        self.bytes_per_hour = bytes_per_hour
        self._rested_s = -math.inf
        """When a whole burst may go again: a token bucket as one number."""
        self._minutes: dict[int, int] = {}
        """Bytes by minute of this boot: the hour's alone."""
        self.counts: Counter[str] = Counter()
        """`sent_bytes`, and of them `alarm_bytes` and `low_bytes`."""

    def when(self, size: int, priority: Priority, now_s: float) -> float:
        """When a message of `size` bytes may go at the earliest, if nothing else goes before."""
        if priority is Priority.ALARM:
            return now_s
        return max(now_s, self._by_rate(priority), self._by_budget(size, priority, now_s))

    def spent(self, size: int, priority: Priority, now_s: float) -> None:
        """It went. A resend is spent again: the network carried it again."""
        self.counts["sent_bytes"] += size
        if priority is not Priority.NORMAL:
            self.counts[f"{priority.name.lower()}_bytes"] += size
        minute = int(now_s // _MINUTE_S)
        self._minutes = {at: spent for at, spent in self._minutes.items() if at >= minute - _MINUTES}
        self._minutes[minute] = self._minutes.get(minute, 0) + size
        if self._rate_per_s is not None:
            # However many alarms go, the others wait no longer than for an empty bucket.
            rested_s = max(self._rested_s, now_s) + 1 / self._rate_per_s
            self._rested_s = min(rested_s, now_s + self._rest_s_max)

    def largest(self, priority: Priority) -> int | None:
        """The most bytes of a message that fits the hour's budget; None: no bound. Make batches no larger.

        What is larger goes once nothing was spent for an hour: rather late than never.
        """
        if self.bytes_per_hour is None or priority is Priority.ALARM:
            return None
        return int(self.bytes_per_hour * (LOW_SHARE if priority is Priority.LOW else 1))

    def dump(self, boot: str, now_s: float) -> dict[str, Any]:
        """What to keep over a restart: a few hundred bytes at most, plain values."""
        return {
            "boot": boot,
            "now_s": now_s,
            "rest_s": max(0.0, self._rested_s - now_s),
            "minutes": [list(each) for each in sorted(self._minutes.items())],
        }

    def load(self, kept: Mapping[str, Any], boot: str, now_s: float) -> None:
        """Goes on where `dump` was. How long a boot took nobody knows: as if no time had passed.

        Raises:
            ValueError: it was not made by `dump`; nothing is changed.
        """
        try:
            kept_s, rest_s, minutes = _read(kept)
            same_boot = kept["boot"] == boot and kept_s <= now_s
        except (KeyError, TypeError, ValueError, OverflowError) as fault:
            raise ValueError(
                f"what was kept of the pace cannot be read ({fault!r}): begin without it"
            ) from fault
        # Rounded up: in an hour of this boot what was spent in another is over no sooner.
        later = 0 if same_boot else math.ceil((now_s - kept_s) / _MINUTE_S)
        self._minutes = {at + later: spent for at, spent in minutes.items()}
        self._rested_s = (kept_s if same_boot else now_s) + min(rest_s, self._rest_s_max)

    @property
    def _rest_s_max(self) -> float:
        return 0.0 if self._rate_per_s is None else self._burst / self._rate_per_s

    def _by_rate(self, priority: Priority) -> float:
        if self._rate_per_s is None:
            return -math.inf
        kept = int(self._burst * (1 - LOW_SHARE)) if priority is Priority.LOW else 0
        return self._rested_s - (self._burst - kept - 1) / self._rate_per_s

    def _by_budget(self, size: int, priority: Priority, now_s: float) -> float:
        largest = self.largest(priority)
        if largest is None:
            return -math.inf
        # A minute counts until its last second is an hour ago: the hour is never less, at most a minute more.
        first = int(now_s // _MINUTE_S) - _MINUTES
        live = sorted((at, spent) for at, spent in self._minutes.items() if at >= first)
        total = sum(spent for _, spent in live)
        room = max(largest - size, 0)
        free_s = -math.inf
        for at, spent in live:
            if total <= room:
                break
            total -= spent
            free_s = (at + _MINUTES + 1) * _MINUTE_S
        return free_s


def _read(kept: Mapping[str, Any]) -> tuple[float, float, dict[int, int]]:
    """When it was kept, how long to rest from then on, and the bytes by minute: as far as `dump` makes such.

    What is spent in a minute to come, or rests for ever, would silence a device for as long.
    """
    kept_s, rest_s = float(kept["now_s"]), float(kept["rest_s"])
    minutes = {int(at): int(spent) for at, spent in kept["minutes"]}
    if not (math.isfinite(kept_s) and 0 <= rest_s < math.inf):
        raise ValueError("no such times")
    if any(at > kept_s // _MINUTE_S or spent < 0 for at, spent in minutes.items()):
        raise ValueError("no such minutes")
    return kept_s, rest_s, minutes
