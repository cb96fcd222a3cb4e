"""What memories tell of that a question asks for by when and how often, and no attribute says."""

import asyncio
from dataclasses import dataclass, replace

from memory import happening
from memory.asking import Aggregate, Asked
from memory.conditions import EVERYTHING, Filters, scoped
from memory.figures import PROOFS_MAX, Figure
from memory.records import Memory, Scope
from memory.reported import EVENT
from memory.store import FACET_VALUES_MAX, MemoryStore
from memory.word_forms import WordForms

EVENTS_MAX = 500
"""Memories that tell of something, looked at for those that hold all words: a millisecond."""


@dataclass(slots=True)
class Occurrences:
    """Events of one scope and time, looked for by their words and by who tells of them."""

    store: MemoryStore
    forms: WordForms
    scope: Scope
    bounds: Filters
    """Of the request, cut to the times that it names."""
    now: float
    more: bool = False
    """Whether there were more than are looked at."""

    async def answered(self, question: Asked) -> Figure | None:
        """How often or when last or first it was told of; None where nothing tells of it."""
        told = await self._of_tellers(question) or await self._by_words(question)
        told = sorted(told, key=lambda memory: (-memory.at, memory.id))
        if question.aggregate is Aggregate.FIRST:
            told.reverse()
        if not told:
            return None
        is_count = question.aggregate is Aggregate.COUNT
        return Figure(
            question.aggregate,
            self.scope.entity,
            tuple(told[: PROOFS_MAX if is_count else 1]),
            event=True,
            count=sum(each.seen for each in told) if is_count else None,
        )

    async def _of_tellers(self, question: Asked) -> list[Memory]:
        """A thing that tells of itself is a better witness than who speaks of it."""
        wanted = happening.content(question.text, self.forms, light=False)
        if not wanted:
            return []
        # What it says again and again is seen in all of its time.
        of = self._events(replace(self.bounds, since=None))
        # Of all of the scope: with a second condition a store takes 36 ms instead of 8, of 100,000 memories.
        devices = await self.store.values(scoped(self.scope, EVERYTHING, None), "device")
        await asyncio.sleep(0)
        self.more |= len(devices) >= FACET_VALUES_MAX
        meant = [each for each in devices if of.devices is None or each in of.devices]
        tellers = happening.tellers(wanted, meant, self.forms)
        if not tellers:
            return []
        where = scoped(self.scope, replace(of, devices=tellers), self.now)
        newest = await self.store.newest(where, EVENTS_MAX)
        await asyncio.sleep(0)
        since = self.bounds.since or 0.0
        told = happening.told_of_itself(newest, wanted, self.forms)
        self.more |= len(newest) == EVENTS_MAX and newest[-1].at >= since
        return [memory for memory in told if memory.at >= since]

    async def _by_words(self, question: Asked) -> list[Memory]:
        """Those that hold all that the question says."""
        wanted = happening.content(question.text, self.forms)
        if not wanted:
            return []
        where = scoped(self.scope, self._events(self.bounds), self.now)
        said_by = [each.in_text for each in wanted]
        holding, more = await self.store.holding(where, said_by, EVENTS_MAX)
        await asyncio.sleep(0)
        self.more |= more
        return [*(await self.store.memories(holding)).values()] if holding else []

    def _events(self, bounds: Filters) -> Filters:
        """To talk of it is not to do it again; unless the request says which kinds."""
        return replace(bounds, kinds=bounds.kinds or (EVENT,))
