"""What a connection needs of an event loop: asyncio's has it, and so has a small one in a thread (edge)."""

from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Has it not be made, if it has not been."""
        ...


class Loop(Protocol):
    """Calls back, one at a time. All but `call_soon_threadsafe` and `time` are called on the loop alone."""

    def time(self) -> float:
        """Monotonic seconds, by which `call_later` counts."""
        ...

    def call_soon(self, callback: Callable[..., object], /, *args: Any) -> object:
        """Calls back as soon as the loop is free."""
        ...

    def call_soon_threadsafe(self, callback: Callable[..., object], /, *args: Any) -> object:
        """The same, from any thread."""
        ...

    def call_later(self, delay: float, callback: Callable[..., object], /, *args: Any) -> Timer:
        """Calls back after `delay` seconds."""
        ...

    def add_reader(self, fd: Any, callback: Callable[..., object], /, *args: Any) -> None:
        """Calls back whenever `fd`, a socket, has something to read."""
        ...

    def remove_reader(self, fd: Any, /) -> bool:
        """No longer; False if it did not."""
        ...

    def add_writer(self, fd: Any, callback: Callable[..., object], /, *args: Any) -> None:
        """Calls back whenever `fd` takes what is written."""
        ...

    def remove_writer(self, fd: Any, /) -> bool:
        """No longer; False if it did not."""
        ...
