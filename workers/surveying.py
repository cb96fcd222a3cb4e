"""Which series of readings there are for a question: first attributes, then entities, then devices."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory import series
from memory.asking import Aggregate, Asked
from memory.conditions import Filters, entities_in, scoped
from memory.records import Scope
from memory.series import Series
from memory.store import FACET_VALUES_MAX, MemoryStore
from memory.word_forms import WordForms

ATTRIBUTES_MAX = 4
"""Of one question: `warm` is a temperature, and there may be one of the air and one of the floor."""
ENTITIES_MAX = 32
"""Whose devices are looked at, a count each, over all attributes: first those that the question names."""
SERIES_MAX = 8
"""Answered; each costs some searches."""
UNITS_LOOKED_MAX = 16
"""Attributes of no telling name whose newest unit is looked at, a search each."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The series to measure, and whether there would be more."""

    series: Sequence[Series] = ()
    more: bool = False


@dataclass(slots=True)
class Survey:
    """Looks for the series of one question in one scope."""

    store: MemoryStore
    scope: Scope
    filters: Filters
    question: Asked
    forms: WordForms
    now: float
    cut: bool = False
    """Whether a count had more values than a store counts: those of the fewest memories stay unknown."""

    async def surveyed(self) -> Surveyed:
        """The series that the question is about; for most questions none, after one count."""
        there = await self._values(self.scope, self.filters, "attribute")
        attributes = series.attributes_of(self.question, there, self.forms)
        if not attributes and series.units_of(self.question):
            attributes = await self._by_unit(there)
        places = await self._places(attributes[:ATTRIBUTES_MAX])
        found: list[Series] = []
        for attribute, entity in places[:ENTITIES_MAX]:
            here = replace(self.scope, entity=entity, below=False)
            of = replace(self.filters, attribute=attribute)
            found += [Series(entity, attribute, each) for each in await self._values(here, of, "device")]
        chosen = series.chosen(self.question, found, self.scope.entity, self.forms)
        more = self.cut or len(attributes) > ATTRIBUTES_MAX or len(places) > ENTITIES_MAX
        if self.question.order:  # one search each, and the most may be anywhere: cut when they are in order
            return Surveyed(chosen, more)
        if more or len(chosen) > SERIES_MAX:
            return Surveyed((await self._with_extremes(attributes, found, chosen))[:SERIES_MAX], more=True)
        return Surveyed(chosen)

    async def _with_extremes(
        self, attributes: Sequence[str], found: Sequence[Series], chosen: Sequence[Series]
    ) -> Sequence[Series]:
        """Those that hold the very lowest or highest come first: of many rooms the coldest may be any."""
        if self.question.aggregate not in (Aggregate.MIN, Aggregate.MAX):
            return chosen
        first = []
        for attribute in attributes[:ATTRIBUTES_MAX]:
            where = scoped(self.scope, replace(self.filters, attribute=attribute), self.now)
            is_largest = self.question.aggregate is Aggregate.MAX
            most = await self.store.extremes(where, SERIES_MAX, largest=is_largest)
            first += [Series(each.entity, attribute, each.device) for each in most]
            await asyncio.sleep(0)
        there = list(dict.fromkeys([*first, *found]))
        known = series.chosen(self.question, there, self.scope.entity, self.forms)
        return list(dict.fromkeys([*(each for each in first if each in known), *chosen]))

    async def _places(self, attributes: Sequence[str]) -> list[tuple[str, str]]:
        """Which attribute is of which entity; those whose names the question says come first."""
        if not self.scope.below:
            return [(attribute, self.scope.entity) for attribute in attributes]
        places: list[tuple[str, str]] = []
        for attribute in attributes:
            terms = await self._values(self.scope, replace(self.filters, attribute=attribute), "scope")
            places += [(attribute, entity) for entity in entities_in(self.scope, terms)]

        def named(at: tuple[str, str]) -> int:
            return series.named_by(self.question, at[1], self.scope.entity, self.forms)

        return sorted(places, key=named, reverse=True)

    async def _by_unit(self, attributes: Sequence[str]) -> list[str]:
        """Attributes that nothing but what is asked for is measured in: `high`, in degrees."""
        measured = [each for each in attributes if not series.is_setting(self.question, each)]
        found = []
        for attribute in measured[:UNITS_LOOKED_MAX]:
            where = scoped(self.scope, replace(self.filters, attribute=attribute), self.now)
            newest = await self.store.newest(where, 1)
            if newest and newest[0].unit in series.units_of(self.question):
                found.append(attribute)
            await asyncio.sleep(0)
        return found

    async def _values(self, scope: Scope, filters: Filters, field: str) -> list[str]:
        found = await self.store.values(scoped(scope, filters, self.now), field)
        await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
        self.cut |= len(found) >= FACET_VALUES_MAX
        return found
