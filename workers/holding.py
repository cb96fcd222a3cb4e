"""Tries until it succeeds, as far as `decide` says: while a part is away nothing is acknowledged."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from workers.faults import Doing, Hold, Reopen, Reopening, decide
from workers.report import Report

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Holding:
    """What a worker does through a part that may be away; it counts and reports."""

    def __init__(self, report: Report, counters: Counter[str]) -> None:
        self._report = report
        self._counters = counters

    async def held(self, doing: Doing, act: Callable[[], Awaitable[Result]]) -> Result:
        """What an act returns, however long it takes; what is not to be held for is raised."""
        attempt = 0
        while True:
            try:
                result = await act()
            except Exception as fault:
                match decide(fault, doing, attempt):
                    case Hold(wait_s):
                        await self._hold(doing, fault, wait_s)
                        attempt += 1
                    case Reopen():
                        raise Reopening(f"{doing}: {fault}") from fault
                    case _:
                        raise
            else:
                if attempt:
                    self._report(doing, None)
                return result

    async def _hold(self, doing: Doing, fault: Exception, wait_s: float) -> None:
        self._counters["holds"] += 1
        self._report(doing, f"{doing}: {fault}")
        log.warning("held: %s", fault, extra={"action": "hold", "doing": doing})
        await asyncio.sleep(wait_s)
