"""What a portion is made of, read from the store a page at a time."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memory.condensing import foremost
from memory.conditions import Filters, Where, raw, scoped, without
from memory.measuring import HOLD_S_MAX, Reading
from memory.portions import STABLE_KINDS, SUMMARY, Portion, Span
from memory.records import Memory, Sample, Scope
from memory.store import MemoryStore

PAGE = 256
"""Samples or memories read together: some 10 ms, and then others have their turn."""
SAMPLES_MAX = 10_000
"""Of a series' hour, read together: three a second. What is beyond is counted in another round."""
TEXTS_MAX = 400
"""Of a session or a day, compared with each other at once: some 25 ms. Of more, these after those."""
EARLIER_MAX = 8
"""Attributes that changed in a session, of which it is looked up what they were before."""
_NO_SOURCE = frozenset({SUMMARY})


@dataclass(frozen=True, slots=True)
class Texts:
    """Of a session or a day what is told first, in the order of time; at most TEXTS_MAX."""

    memories: list[Memory]
    first: float
    at: float
    """When the first and the last of all was said, those that are not told included."""

    def behind(self, summary: Memory) -> "Texts":
        """With a summary of what was said before these."""
        first = summary.at if summary.first is None else summary.first
        return Texts([summary, *self.memories], min(first, self.first), max(summary.at, self.at))


class PortionSources:
    """Reads for who condenses. Raises StoreError."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def samples(self, portion: Portion) -> list[Sample]:
        """The readings of an hour, at most SAMPLES_MAX."""
        where, found = _of_series(portion, span_of(portion)), list[Sample]()
        while len(found) < SAMPLES_MAX:
            page = await self._store.samples(where, PAGE, found[-1].id if found else None)
            found += page
            await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
            if len(page) < PAGE:
                break
        return found[:SAMPLES_MAX]

    async def unit(self, portion: Portion) -> str | None:
        """That of the last reading."""
        newest = await self._store.newest(_of_series(portion, span_of(portion)), 1)
        return newest[0].unit if newest else None

    async def reading_before(self, portion: Portion) -> Reading | None:
        """The last one before an hour that may hold into it."""
        start = span_of(portion).start
        last = await self._store.newest(_of_series(portion, Span(start - HOLD_S_MAX, start)), 1)
        if not last or last[0].value is None:
            return None
        return Reading(last[0].id, last[0].value, last[0].at, last[0].seen, last[0].first)

    async def summary(self, portion: Portion) -> Memory | None:
        """The portion's, as it was made before."""
        found = await self.summaries([portion])
        return found[0] if found else None

    async def summaries(self, portions: Sequence[Portion]) -> list[Memory]:
        """Those of some portions of one series that there are, in the order of time."""
        if not portions:
            return []
        ids = [each.summary_id for each in portions]
        scope = Scope(portions[0].tenant, portions[0].entity)
        found = await self._store.page(scoped(scope, Filters(ids=ids), None), len(ids))
        return sorted(found, key=lambda each: each.at)

    async def texts(self, portion: Portion) -> Texts | None:
        """Of a session or a day; None: nothing is there. All are read, and each is weighed with others."""
        where, found = _of_texts(portion), list[Memory]()
        after, first, at = None, math.inf, -math.inf
        while page := await self._store.page(where, PAGE, after):
            after = page[-1].id
            if len(found) + len(page) > TEXTS_MAX:
                found = await self._foremost(found)
            found += page
            first = min(first, *(each.at if each.first is None else each.first for each in page))
            at = max(at, *(each.at for each in page))
            await asyncio.sleep(0)
            if len(page) < PAGE:
                break
        if not found:
            return None
        return Texts(sorted(found, key=lambda each: (each.at, each.seq or 0, each.id)), first, at)

    async def _foremost(self, memories: Sequence[Memory]) -> list[Memory]:
        vectors = await self._store.vectors([each.id for each in memories])
        there = [each for each in memories if each.id in vectors]
        if not there:
            return []
        rows = np.stack([vectors[each.id] for each in there])
        return await asyncio.to_thread(foremost, there, rows, TEXTS_MAX - PAGE)

    async def earlier(self, portion: Portion, memories: Sequence[Memory]) -> list[Memory]:
        """What the attributes that were spoken of were before."""
        scope, found = Scope(portion.tenant, portion.entity), list[Memory]()
        attributes = dict.fromkeys(each.attribute for each in memories if each.attribute is not None)
        until = float(np.nextafter(min(each.at for each in memories), 0.0))
        for attribute in list(attributes)[:EARLIER_MAX]:
            where = raw(scoped(scope, Filters(attribute=attribute, until=until), None))
            found += await self._store.newest(without(where, ["expires"], _NO_SOURCE), 1)
        return found


def span_of(portion: Portion) -> Span:
    """Of one that has bounds."""
    assert portion.span is not None, "of a session nothing is measured"  # noqa: S101
    return portion.span


def _of_series(portion: Portion, span: Span) -> Where:
    """The readings of a series; what has a time to live is told by nothing that lives longer."""
    filters = Filters(
        since=span.start,
        until=float(np.nextafter(span.end, 0.0)),
        devices=[portion.device or ""],
        attribute=portion.attribute,
    )
    lacking = ["expires"] if portion.attribute is not None else ["expires", "attribute"]
    kinds = STABLE_KINDS | _NO_SOURCE
    return without(raw(scoped(Scope(portion.tenant, portion.entity), filters, None)), lacking, kinds)


def _of_texts(portion: Portion) -> Where:
    scope = Scope(portion.tenant, portion.entity)
    if portion.session is not None:
        in_session = Filters(sessions=[portion.session])
        return without(raw(scoped(scope, in_session, None)), ["expires", "value"], _NO_SOURCE)
    span = span_of(portion)
    of_day = Filters(since=span.start, until=float(np.nextafter(span.end, 0.0)))
    return without(
        raw(scoped(scope, of_day, None)), ["expires", "value", "session"], STABLE_KINDS | _NO_SOURCE
    )
