"""The wall clock, watched: gateways start without a battery, and time servers set them right by years.

Nothing here or elsewhere waits by it. It says when an observation came, how far ahead one may be dated,
and when one has outlived its `ttl`; so a clock that is wrong is said, and nothing is refused because of it.
"""

import asyncio
import time
from collections.abc import Callable

BORN = 1_704_067_200.0
"""2024: before membroker was. A clock before it has not been set yet."""
JUMP_S_MAX = 60.0
"""Further than this from where it was going, the clock has jumped; less is a time server's daily work."""
ACCEPTED_S = 600.0
"""A clock that has jumped and stays is taken for right after this long."""
LOOK_EVERY_S = 1.0


class ClockWrong(Exception):
    """The clock has not been set: nothing can be dated by it."""


class Clock:
    """The time of day, and whether to trust it."""

    def __init__(
        self, wall: Callable[[], float] | None = None, steady: Callable[[], float] | None = None
    ) -> None:
        """`wall` is the time of day; `steady` only ever goes on, while the machine sleeps, too."""
        self._wall = wall or (lambda: time.time())  # noqa: PLW0108 - looked up at each call: tests let it jump
        self._steady = steady or _since_boot
        self._offset = self._wall() - self._steady()
        self._jumped_s = 0.0
        self._jumped_at = 0.0

    def now(self) -> float:
        """Epoch seconds. Raises ClockWrong where they cannot be."""
        now = self._wall()
        if now < BORN:
            date = time.strftime("%Y-%m-%d", time.gmtime(max(0.0, now)))
            raise ClockWrong(
                f"this machine's clock says {date}. Set it (timedatectl), or wait for its time server"
            )
        return now

    def latest(self) -> float:
        """The latest that it can be now: a clock that jumped back must not make true dates look ahead."""
        return max(self._wall(), self._offset + self._steady())

    def trouble(self) -> str | None:
        """That it has jumped, in words; None while it goes on, and once it has stayed where it jumped to."""
        off_s = self._wall() - self._steady() - self._offset
        if abs(off_s) <= JUMP_S_MAX:
            self._jumped_s = 0.0
            return None
        if abs(off_s - self._jumped_s) > JUMP_S_MAX:
            self._jumped_s, self._jumped_at = off_s, self._steady()
        if self._wall() - off_s < BORN or self._steady() - self._jumped_at > ACCEPTED_S:
            self._offset, self._jumped_s = self._wall() - self._steady(), 0.0
            return None
        jumped = f"{abs(self._jumped_s):.0f} s {'ahead' if self._jumped_s > 0 else 'back'}"
        return (
            f"this machine's clock jumped {jumped}: what has no `at` is dated by it, and a `ttl` ends by it."
            f" Check its time server; where it stays it is believed after {ACCEPTED_S:.0f} s"
        )

    async def watch(self, report: Callable[[str, str | None], None]) -> None:
        """Reports trouble and its end, part `clock`; runs until cancelled."""
        said = None
        while True:
            if (trouble := self.trouble()) != said:
                report("clock", said := trouble)
            await asyncio.sleep(LOOK_EVERY_S)


def _since_boot() -> float:
    """Counts while the machine sleeps, where the system has such a clock (Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
