"""What a digest is made of, read from the store: of the entity alone, never of those below it, bounded."""

import asyncio
from dataclasses import dataclass, field, replace
from math import inf, nextafter

from memory.conditions import EVERYTHING, Filters, scoped
from memory.digest_entries import FIELDS
from memory.portions import Span, span_at
from memory.records import Memory, Scope
from memory.store import MemoryStore
from schemas.digest import Period
from workers.latest import latest
from workers.prompts import STABLE_DRAWN_MAX

ATTRIBUTES_MAX = 64
"""Those reported most: a search each, and more than fit into the largest digest."""
GISTS_MAX = 16
DAYS_MAX = 64
"""Summaries of days that are looked at for those of texts, which are few among those of readings."""
SUMMARIES_MAX = 256
"""Of one period."""


@dataclass(slots=True)
class Drawn:
    """What is stable of an entity, by kind; the newest of each of its attributes; its last gists."""

    known: dict[str, list[Memory]] = field(default_factory=dict)
    states: list[Memory] = field(default_factory=list)
    gists: list[Memory] = field(default_factory=list)


async def draw_latest(store: MemoryStore, scope: Scope, now: float) -> Drawn:
    """What there is for `summary/latest`. Raises StoreError."""
    drawn = Drawn()
    for kind in FIELDS:
        drawn.known[kind] = await store.newest(scoped(scope, Filters(kinds=[kind]), now), STABLE_DRAWN_MAX)
        await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
    counts = await store.count_by(scoped(scope, EVERYTHING, now), "attribute")
    for attribute in sorted(counts, key=lambda name: (-counts[name], name))[:ATTRIBUTES_MAX]:
        of_attribute = scoped(scope, Filters(attribute=attribute), now)
        if (state := await latest(store, of_attribute)) is not None:
            drawn.states.append(state)
        await asyncio.sleep(0)
    sessions = await _summaries(store, scope, Filters(tags=["session"]), GISTS_MAX, now)
    days = await _summaries(store, scope, Filters(tags=["day"]), DAYS_MAX, now)
    drawn.gists = [*sessions, *(day for day in days if day.measured is None)]
    return drawn


async def draw_period(
    store: MemoryStore, scope: Scope, period: Period, now: float
) -> tuple[Span, list[Memory]] | None:
    """The last period that is over and was summarised, and its summaries. Raises StoreError."""
    over = Filters(tags=[period], until=_before(span_at(now, period).start))
    last = await _summaries(store, scope, over, 1, now)
    if not last:
        return None
    span = span_at(last[0].at, period)
    summaries = []
    for tag in (period, "session") if period == "day" else (period,):
        within = Filters(tags=[tag], since=span.start, until=_before(span.end))
        summaries += await _summaries(store, scope, within, SUMMARIES_MAX, now)
        await asyncio.sleep(0)
    return span, summaries


async def _summaries(
    store: MemoryStore, scope: Scope, filters: Filters, limit: int, now: float
) -> list[Memory]:
    return await store.newest(scoped(scope, replace(filters, tier="summary"), now), limit)


def _before(end: float) -> float:
    """The last instant before: a filter includes its bounds."""
    return nextafter(end, -inf)
