"""When something was observed, on a device that may not know what time it is.

Ticks go on by themselves from boot to boot; the time of day is ticks and an offset, and the offset may come
late: from a time server, or from the memory (`learn`). What was observed before then has its ticks, and is
dated when the offset is known. Of an earlier boot that never knew it, only order and spacing are left.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.moment import Boot, Moment

__all__ = ["Boot", "Clock", "Moment"]

BORN = 1_704_067_200.0
"""2024: before membroker was. A clock before it has not been set: boards without a battery wake in 1970."""
LAST = 4_102_444_800.0
"""2100: a memory that tells a later time is wrong, and would be believed for ever."""
ROUND_TRIP_S_MAX = 10.0
"""The memory's time is off by a round trip at most; one longer than this says too little."""
WALL_OFF_S_MAX = 10.0
"""Further than this from the memory's time, the wall clock is not believed: it may be its image's date."""
DRIFT = 1e-4
"""How far ticks go wrong, seconds a second: a bad quartz. By this much what was learned grows old."""
BETWEEN_BOOTS_S = 1.0
"""Between the last that was observed in a boot and the next boot's beginning, where nobody knows."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class _Learned:
    offset_s: float
    error_s: float
    ticks_s: float

    def error_at(self, ticks_s: float) -> float:
        return self.error_s + (ticks_s - self.ticks_s) * DRIFT


class Clock:
    """The time of day, where it is known, and ticks, which always are."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        ticks: Callable[[], float] | None = None,
        boot: str | None = None,
    ) -> None:
        self._wall = wall
        self._ticks = ticks or since_boot
        known_boot = boot or _system_boot()
        self.boot = known_boot or os.urandom(8).hex()
        # A boot that is only this process began with it.
        self._began_ticks_s = 0.0 if known_boot else self._ticks()
        self._learned: _Learned | None = None
        self._ends_s: dict[str, tuple[float, float]] = {}

    def follow(self, earlier: Sequence[Boot]) -> None:
        """Learns of the boots before this one of which something undated is left, oldest first."""
        self._ends_s = _ends_before(earlier)

    def now(self) -> Moment:
        """This moment."""
        ticks_s = self._ticks()
        offset_s = self._offset_s(ticks_s)
        return Moment(None if offset_s is None else offset_s + ticks_s, self.boot, ticks_s)

    @property
    def offset_s(self) -> float | None:
        """What makes this boot's ticks epoch seconds; None while the time of day is not known."""
        return self._offset_s(self._ticks())

    def learn(self, epoch_s: float, asked_ticks_s: float, answered_ticks_s: float) -> bool:
        """Takes the memory's time, told between two of our ticks; False: it says less than we know."""
        round_trip_s = answered_ticks_s - asked_ticks_s
        if not (0 <= round_trip_s <= ROUND_TRIP_S_MAX and BORN <= epoch_s <= LAST):  # NaN is neither
            return False
        middle_s = (asked_ticks_s + answered_ticks_s) / 2
        told = _Learned(epoch_s - middle_s, round_trip_s / 2, answered_ticks_s)
        if self._learned is not None and self._learned.error_at(answered_ticks_s) < told.error_s:
            return False
        self._learned = told
        return True

    def when(self, moment: Moment) -> tuple[float | None, bool]:
        """Epoch seconds of a moment, and whether that is exact; None while nobody knows.

        An estimate lies before this boot's beginning, and keeps the order and spacing of its own.
        """
        if moment.at is not None:
            return moment.at, True
        offset_s = self.offset_s
        if offset_s is None:
            return None, False
        if moment.boot == self.boot:
            return offset_s + moment.ticks_s, True
        began_s = offset_s + self._began_ticks_s
        unknown = BETWEEN_BOOTS_S, moment.ticks_s
        before_s, last_ticks_s = self._ends_s.get(moment.boot, unknown)
        return began_s - before_s - (last_ticks_s - moment.ticks_s), False

    def _offset_s(self, ticks_s: float) -> float | None:
        wall_s = self._wall()
        by_wall = wall_s - ticks_s if wall_s >= BORN else None
        learned = self._learned
        if learned is None:
            return by_wall
        if by_wall is not None and abs(by_wall - learned.offset_s) <= WALL_OFF_S_MAX:
            return by_wall
        return learned.offset_s


def since_boot() -> float:
    """Counts while the device sleeps, too, where the system has such a clock (Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _ends_before(earlier: Sequence[Boot]) -> dict[str, tuple[float, float]]:
    """By boot: how long before this one its last was observed, and at which of its ticks. End to end."""
    ends: dict[str, tuple[float, float]] = {}
    before_s = BETWEEN_BOOTS_S
    for each in reversed(earlier):
        ends[each.boot] = before_s, each.last_ticks_s
        before_s += each.last_ticks_s + BETWEEN_BOOTS_S
    return ends


def _system_boot() -> str | None:
    try:
        return BOOT_ID.read_text().strip() or None
    except OSError:
        return None
