"""Which memories answers tell, counted: what was needed is needed again (`memory/worth.py`).

    answer → noted here → once a minute, and in the end: to the store

What is counted when a process is killed, or while the store is away, is lost: a minute, and worth no wait.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping

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
"""Memories counted between two writings, others are not: so many take the store some 15 ms."""

log = logging.getLogger(__name__)


class Using:
    """Counts what answers tell."""

    def __init__(self, store: MemoryStore, changing: Changing) -> None:
        self._store = store
        self._changing = changing
        self._told: Counter[tuple[Scope, str]] = Counter()
        self.counters: Counter[str] = Counter()
        """`uses_counted`, `uses_uncounted`, since the start."""

    def note(self, tenant: str, request: Request, reply: Reply) -> None:
        """Counts the matches of a question in words; who lists memories, or names them, had no need told."""
        if not isinstance(request, InWords) or not isinstance(reply, MatchesReply | ContextReply):
            return
        for match in reply.matches:
            told = Scope(tenant, match.entity), match.memory
            if told in self._told or len(self._told) < WAITING_MAX:
                self._told[told] += 1
            else:
                self.counters["uses_uncounted"] += 1

    async def run(self) -> None:
        """Writes now and then; runs until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.settle()

    async def settle(self) -> None:
        """Writes what is counted; what cannot be written is let go."""
        told, self._told = self._told, Counter()
        by_scope: defaultdict[Scope, dict[str, int]] = defaultdict(dict)
        for (scope, memory_id), count in told.items():
            by_scope[scope][memory_id] = count
        for scope, counts in by_scope.items():
            try:
                await self._write(scope, counts)
            except MemoryFault as fault:
                self.counters["uses_uncounted"] += sum(counts.values())
                log.debug("uses are not counted: %s", fault, extra={"action": "count"})
            await asyncio.sleep(0)

    async def _write(self, scope: Scope, counts: Mapping[str, int]) -> None:
        """In the tenant's turn: a vote or an update writes a memory as it was read."""
        async with self._changing.of(scope.tenant):
            there = await self._store.page(scoped(scope, Filters(ids=[*counts]), None), len(counts))
            await self._store.reinforce([_told(each, counts[each.id]) for each in there if _counts(each)])
            self.counters["uses_counted"] += sum(counts[each.id] for each in there)


def _told(memory: Memory, more: int) -> Recalled:
    return Recalled(memory.id, min(RECALLED_FULL, memory.recalled + more))


def _counts(memory: Memory) -> bool:
    """Whether one more answer makes a difference; a device's own importance stays as it is."""
    return memory.recalled < RECALLED_FULL and (memory.judged or memory.importance is None)
