"""Which series of readings there are for a question: attributes, then entities, then devices, by counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory import series
from memory.asking import Asked
from memory.conditions import Filters, scoped
from memory.records import Scope
from memory.series import Series
from memory.store import MemoryStore

ATTRIBUTES_MAX = 4
"""Of one question: `warm` is a temperature, and there may be one of the air and one of the floor."""
ENTITIES_MAX = 32
"""Whose devices are looked at, a count each: first those that the question names, then who says most."""
SERIES_MAX = 8
"""Answered, some searches each."""
UNITS_LOOKED_MAX = 16
"""Attributes of no telling name whose newest unit is looked at, a search each."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The series to measure, and whether there would be more."""

    series: Sequence[Series] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """Looks for the series of one question in one scope."""

    store: MemoryStore
    scope: Scope
    filters: Filters
    question: Asked
    now: float

    async def surveyed(self) -> Surveyed:
        """The series that the question is about; for most questions none, after one count."""
        there = await self._counted(self.scope, self.filters, "attribute")
        attributes = series.attributes_of(self.question, there)
        if not attributes and series.units_of(self.question):
            attributes = await self._by_unit(list(there))
        found: list[Series] = []
        more = len(attributes) > ATTRIBUTES_MAX
        for attribute in attributes[:ATTRIBUTES_MAX]:
            of = replace(self.filters, attribute=attribute)
            entities = await self._entities(of)
            more = more or len(entities) > ENTITIES_MAX
            for entity in entities[:ENTITIES_MAX]:
                here = replace(self.scope, entity=entity, below=False)
                found += [Series(entity, attribute, each) for each in await self._counted(here, of, "device")]
        chosen = series.chosen(self.question, found, self.scope.entity)
        return Surveyed(chosen[:SERIES_MAX], more or len(chosen) > SERIES_MAX)

    async def _entities(self, of: Filters) -> list[str]:
        """Which have the attribute; those whose names the question says come first."""
        if not self.scope.below:
            return [self.scope.entity]
        counted = await self._counted(self.scope, of, "entity")
        return sorted(counted, key=lambda entity: -series.named_by(self.question, entity, self.scope.entity))

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

    async def _counted(self, scope: Scope, filters: Filters, field: str) -> dict[str, int]:
        found = await self.store.count_by(scoped(scope, filters, self.now), field)
        await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
        return found
