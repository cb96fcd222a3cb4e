"""Answers of readings: which series a question is about, what it asks of each, and what proves it.

question → asked of readings? → which series → measure each (bounded, others have their turn between) → order
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory import conditions, happening, measured
from memory.asking import Aggregate, Asked, asked
from memory.conditions import scoped
from memory.lexicon import Lexicon
from memory.measured import Measured
from memory.records import Scope
from memory.store import MemoryStore
from memory.time_windows import Window
from memory.word_forms import WordForms
from workers.gauging import gauge
from workers.reach import Reach
from workers.surveying import SERIES_MAX, Survey
from workers.timing import measured_within, without_times

EVENTS_MAX = 500
"""Memories that tell of something, looked at for those that hold all words: some 10 ms."""
EVENT_KINDS = ("event",)
"""What a question of how often counts, unless it says which kinds: to talk of it is not to do it again."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What readings say to a question, best first, and whether there is more to it than was looked at."""

    measured: Sequence[Measured] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Measuring:
    """Answers questions of readings from a store."""

    store: MemoryStore
    lexicon: Lexicon
    forms: WordForms

    async def answered(
        self, scope: Scope, filters: conditions.Filters, text: str, windows: Sequence[Window], now: float
    ) -> Answered:
        """What a question asks of readings; `filters` are the request's own, `windows` the times in it."""
        bounds = measured_within(filters, windows)
        bounded = bounds.since is not None or bounds.until is not None
        question = asked(without_times(text, windows), bounded=bounded)
        if question is None:
            return Answered()
        found = await self._of_series(scope, bounds, question, now)
        if not found.measured and question.event:
            told = await self._of_events(scope, bounds, question, now)
            found = Answered(told.measured, found.more or told.more)
        said = ", ".join(dict.fromkeys(window.words for window in windows)) if bounds != filters else ""
        dated = [replace(each, since=bounds.since, until=bounds.until, words=said) for each in found.measured]
        return Answered(dated, found.more)

    async def _of_series(
        self, scope: Scope, bounds: conditions.Filters, question: Asked, now: float
    ) -> Answered:
        # A door that did not move in the window has a state all the same.
        of = replace(bounds, since=None) if question.target or question.event else bounds
        surveyed = await Survey(self.store, scope, of, question, self.forms, now).surveyed()
        reach = Reach(self.store, scope, bounds, now)
        found = [await gauge(reach, question, series, self.forms) for series in surveyed.series]
        known = measured.in_order(question, [each for each in found if each is not None])
        return Answered(known[:SERIES_MAX], surveyed.more or reach.more or len(known) > SERIES_MAX)

    async def _of_events(
        self, scope: Scope, bounds: conditions.Filters, question: Asked, now: float
    ) -> Answered:
        """By their words: those that hold all that the question says."""
        wanted = happening.content(question.text, self.forms)
        if not wanted:
            return Answered()
        filters = replace(bounds, kinds=bounds.kinds or EVENT_KINDS)
        where = scoped(scope, filters, now)
        words = self.lexicon.query(question.text)
        drawn = await self.store.matching(where, scoped(scope, conditions.EVERYTHING, now), words, EVENTS_MAX)
        await asyncio.sleep(0)
        held = happening.holding([each.memory.text for each in drawn], wanted, self.forms)
        told = sorted((drawn[place].memory for place in held), key=lambda memory: (-memory.at, memory.id))
        if question.aggregate is Aggregate.FIRST:
            told.reverse()
        more = len(drawn) == EVENTS_MAX
        if not told:
            return Answered(more=more)
        is_count = question.aggregate is Aggregate.COUNT
        answer = Measured(
            question.aggregate,
            scope.entity,
            tuple(told[: measured.PROOFS_MAX if is_count else 1]),
            event=True,
            count=len(told) if is_count else None,
        )
        return Answered([answer], more)
