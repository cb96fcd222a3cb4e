"""Which memories answers tell, counted: what was needed is needed again (`memory/worth.py`).

    answer → noted here → once a minute, and in the end: to the store

What is counted when a process is killed, or while the store is away, is lost: a minute, and worth no wait.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from memory.conditions import Filters, scoped
from memory.errors import MemoryFault
from memory.records import Memory, Recalled, Scope
from memory.store import MemoryStore
from memory.worth import RECALLED_FULL
from schemas.replies import ContextReply, MatchesReply, Reply
from schemas.requests import InWords, Request
from workers.changing import Changing

WRITE_EVERY_S = 60.0
WAITING_MAX = 256
"""Memories counted between two writings, others are not: the next flush takes longer by so many."""
STEP_MEMORIES = 64
"""Written together: some milliseconds, and then others have their turn."""

log = logging.getLogger(__name__)


class Using:
    """Counts what answers tell."""

    def __init__(self, store: MemoryStore, changing: Changing) -> None:
        self._store = store
        self._changing = changing
        self._told: dict[Scope, Counter[str]] = {}
        self._waiting = 0
        self.counters: Counter[str] = Counter()
        """`uses_counted`, `uses_uncounted`, since the start."""

    def note(self, tenant: str, request: Request, reply: Reply) -> None:
        """Counts the matches of a question in words; who lists memories, or names them, had no need told."""
        if not isinstance(request, InWords) or not isinstance(reply, MatchesReply | ContextReply):
            return
        for match in reply.matches:
            told = self._told.setdefault(Scope(tenant, match.entity), Counter())
            if match.memory not in told:
                if self._waiting >= WAITING_MAX:
                    self.counters["uses_uncounted"] += 1
                    continue
                self._waiting += 1
            told[match.memory] += 1

    async def run(self) -> None:
        """Writes now and then; runs until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.settle()

    async def settle(self) -> None:
        """Writes what is counted; what cannot be written is let go."""
        told, self._told, self._waiting = self._told, {}, 0
        for scope, counts in told.items():
            told_of = list(counts)
            for start in range(0, len(told_of), STEP_MEMORIES):
                ids = told_of[start : start + STEP_MEMORIES]
                try:
                    await self._write(scope, ids, counts)
                except MemoryFault as fault:
                    self.counters["uses_uncounted"] += sum(counts[each] for each in ids)
                    log.debug("uses are not counted: %s", fault, extra={"action": "count"})
                await asyncio.sleep(0)

    async def _write(self, scope: Scope, ids: Sequence[str], counts: Mapping[str, int]) -> None:
        """In the tenant's turn: a vote or an update writes a memory as it was read."""
        async with self._changing.of(scope.tenant):
            there = await self._store.page(scoped(scope, Filters(ids=ids), None), len(ids))
            await self._store.reinforce([_told(each, counts[each.id]) for each in there if _counts(each)])
            self.counters["uses_counted"] += sum(counts[each.id] for each in there)


def _told(memory: Memory, more: int) -> Recalled:
    return Recalled(memory.id, min(RECALLED_FULL, memory.recalled + more))


def _counts(memory: Memory) -> bool:
    """Whether one more answer makes a difference; a device's own importance stays as it is."""
    return memory.recalled < RECALLED_FULL and (memory.judged or memory.importance is None)
