"""How long a machine that others use kept a process waiting: what is late by that is not late by itself."""

import threading
import time

BEAT_S = 0.05


class Starving:
    """A thread that does nothing: where it comes late, nobody in the process had a turn.

    What holds up an event loop in Python does not hold up this: threads take turns every few milliseconds.
    """

    def __init__(self) -> None:
        self._starved_s = 0.0
        self._beat_s = time.monotonic()
        threading.Thread(target=self._beat, name="starving", daemon=True).start()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._starved_s + max(0.0, time.monotonic() - self._beat_s - BEAT_S)

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_S)
            late_s = time.monotonic() - self._beat_s - BEAT_S
            self._starved_s += max(0.0, late_s)
            self._beat_s = time.monotonic()
