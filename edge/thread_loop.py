"""An event loop in a thread of its own: the few calls of asyncio's that a connection needs.

asyncio itself costs a sensor 4 MB, and a plain script has no loop to lend.
"""

import heapq
import itertools
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

WAKE_BYTES_MAX: Final = 4096
"""Of wake-up calls read at once; what is left wakes again."""

CANCELLED_MIN: Final = 100
"""Timers that were cancelled and are not due yet, before they are looked for: most end by themselves."""

log = logging.getLogger(__name__)

Call = tuple[Callable[..., object], tuple[Any, ...]]


class Timer:
    """A call that was put off."""

    __slots__ = ("args", "callback", "cancelled", "told")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], told: Callable[[], None]
    ) -> None:
        """`told` hears that it was cancelled."""
        self.callback = callback
        self.args = args
        self.cancelled = False
        self.told = told

    def cancel(self) -> None:
        """Has it not be made, if it has not been."""
        if not self.cancelled:
            self.cancelled = True
            self.told()


class ThreadLoop:
    """`broker_bridge.loops.Loop`, run by `start` until `stop`. A callback that raises is logged, and over."""

    def __init__(self, name: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets: dict[Any, dict[int, Call]] = {}
        self._ready: deque[Call] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._cancelled = 0
        """At least so many of them, since they were looked for."""
        self._numbers = itertools.count()
        self._heard, self._calls = socket.socketpair()
        for end in (self._heard, self._calls):
            end.setblocking(False)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begins calling back."""
        self.add_reader(self._heard, self._hear)
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Ends after the calls that are due now; False if one of them takes longer than `timeout_s`."""
        self.call_soon_threadsafe(setattr, self, "_stopping", True)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Lets go of what it waits by; `stop` does so, too. Only for one that was never started."""
        self._selector.close()
        self._heard.close()
        self._calls.close()

    def time(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> None:
        """Calls back as soon as the loop is free."""
        self._ready.append((callback, args))

    def call_soon_threadsafe(self, callback: Callable[..., object], /, *args: Any) -> None:
        """The same, from any thread; after `stop`, nothing is called."""
        self._ready.append((callback, args))
        try:
            self._calls.send(b"!")
        except BlockingIOError:
            pass  # it has so many calls to wake it that one more changes nothing
        except OSError:
            self._ready.clear()  # stopped

    def call_later(self, delay: float, callback: Callable[..., object], /, *args: Any) -> Timer:
        """Calls back after `delay` seconds."""
        timer = Timer(callback, args, self._one_cancelled)
        heapq.heappush(self._timers, (self.time() + delay, next(self._numbers), timer))
        return timer

    def add_reader(self, fd: Any, callback: Callable[..., object], /, *args: Any) -> None:
        """Calls back whenever `fd`, a socket, has something to read."""
        self._watch(fd, selectors.EVENT_READ, (callback, args))

    def remove_reader(self, fd: Any, /) -> bool:
        """No longer; False if it did not."""
        return self._unwatch(fd, selectors.EVENT_READ)

    def add_writer(self, fd: Any, callback: Callable[..., object], /, *args: Any) -> None:
        """Calls back whenever `fd` takes what is written."""
        self._watch(fd, selectors.EVENT_WRITE, (callback, args))

    def remove_writer(self, fd: Any, /) -> bool:
        """No longer; False if it did not."""
        return self._unwatch(fd, selectors.EVENT_WRITE)

    def _watch(self, fd: Any, event: int, call: Call) -> None:
        calls = self._sockets.setdefault(fd, {})
        calls[event] = call
        if len(calls) == 1:
            self._selector.register(fd, event)
        else:
            self._selector.modify(fd, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _unwatch(self, fd: Any, event: int) -> bool:
        calls = self._sockets.get(fd, {})
        if calls.pop(event, None) is None:
            return False
        if calls:
            self._selector.modify(fd, next(iter(calls)))
        else:
            self._selector.unregister(fd)
            del self._sockets[fd]
        return True

    def _hear(self) -> None:
        self._heard.recv(WAKE_BYTES_MAX)

    def _run(self) -> None:
        while not self._stopping:
            for key, events in self._selector.select(self._patience()):
                calls = self._sockets.get(key.fileobj, {})
                self._ready.extend(call for event, call in tuple(calls.items()) if event & events)
            self._take_due()
            for _ in range(len(self._ready)):
                callback, args = self._ready.popleft()
                try:
                    callback(*args)
                except Exception:  # whoever is called next has done nothing wrong
                    log.exception("a callback failed", extra={"action": "call"})
        self.close()

    def _patience(self) -> float | None:
        """How long nothing is to be done, in seconds; None: until something comes."""
        if self._ready:
            return 0
        return max(0.0, self._timers[0][0] - self.time()) if self._timers else None

    def _one_cancelled(self) -> None:
        """Who puts a call off again and again, to an hour ahead, must not fill the RAM with it."""
        self._cancelled += 1
        if self._cancelled > max(CANCELLED_MIN, len(self._timers) // 2):
            self._timers = [each for each in self._timers if not each[2].cancelled]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def _take_due(self) -> None:
        now = self.time()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if not timer.cancelled:
                self._ready.append((timer.callback, timer.args))
