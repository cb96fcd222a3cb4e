"""Answers of readings: which series a question is about, what it asks of each, and what proves it.

question → asked of readings? → which series → measure each (bounded, others have their turn between) → order
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory import conditions, figures
from memory.asking import Asked, asked
from memory.figures import Figure
from memory.records import Scope
from memory.store import MemoryStore
from memory.tiling import last_told
from memory.time_windows import Window
from memory.word_forms import WordForms
from workers.gauging import gauge
from workers.occurring import Occurrences
from workers.reach import Reach
from workers.surveying import SERIES_MAX, Survey
from workers.timing import measured_within, without_times


@dataclass(frozen=True, slots=True)
class Answered:
    """What readings say to a question, best first, and whether there is more to it than was looked at."""

    measured: Sequence[Figure] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Measuring:
    """Answers questions of readings from a store."""

    store: MemoryStore
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
            told = Occurrences(self.store, self.forms, scope, bounds, now)
            answer = await told.answered(question)
            found = Answered([answer] if answer else (), found.more or told.more)
        said = ", ".join(dict.fromkeys(window.words for window in windows)) if bounds != filters else ""
        dated = [
            each if each.snapped else replace(each, since=bounds.since, until=bounds.until)
            for each in found.measured
        ]
        return Answered([replace(each, words=said) for each in dated], found.more)

    async def _of_series(
        self, scope: Scope, bounds: conditions.Filters, question: Asked, now: float
    ) -> Answered:
        # A door that did not move in the window has a state all the same.
        of = replace(bounds, since=None) if question.target or question.event else bounds
        # A day of this zone may be told by one of UTC, whose time is that of its last reading.
        of = replace(of, until=last_told(of.until, "day", now))
        surveyed = await Survey(self.store, scope, of, question, self.forms, now).surveyed()
        reach = Reach(self.store, scope, bounds, now)
        found = [await gauge(reach, question, series, self.forms) for series in surveyed.series]
        known = figures.in_order(question, [each for each in found if each is not None])
        return Answered(known[:SERIES_MAX], surveyed.more or reach.more or len(known) > SERIES_MAX)
