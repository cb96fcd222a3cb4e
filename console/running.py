"""Runs a service until a signal: the first drains, the second stops now."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

from console.output import say

STOPPED_NOW = 130
"""The exit code after a second signal, as of a command that Ctrl-C ended."""


def until_signal(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs `run`, whose event is set by the first SIGINT or SIGTERM."""
    asyncio.run(_until_signal(run))


async def _until_signal(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            # Nothing to tidy: what has no receipt is still with its device and the broker.
            os._exit(STOPPED_NOW)
        say("stopping: finishing what is under way; once more to stop now")
        stop.set()

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, on_signal)
    await run(stop)
