"""Makes the summary of a portion from what the store has of it now; made again, it takes its own place.

series: samples → measured → words; day and month of the summaries below
texts:  memories and vectors → a few of their sentences (or a language model's, if it holds)
both:   embed → upsert → was any of it forgotten meanwhile?
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from memory.condensing import SOURCES_MAX, Condensed, condense
from memory.conditions import Filters, Where, raw, scoped, without
from memory.embedding import Embedder
from memory.importance import judged
from memory.lexicon import Lexicon
from memory.measured import Measured, combined
from memory.measured_words import series_words
from memory.measuring import HOLD_S_MAX, Reading, measured
from memory.portions import STABLE_KINDS, Portion, Span, below
from memory.records import Embedded, Memory, Sample, Scope
from memory.store import MemoryStore
from memory.thinning import proving, thinned
from memory.wording import embedded_words
from memory.worth import worth, worth_keeping

PAGE = 256
"""Samples or memories read together: some 10 ms, and then others have their turn."""
SAMPLES_MAX = 50_000
"""Of a series' hour: 14 a second. What comes faster is cut, and said so in the count of the next."""
TEXTS_MAX = 400
"""Of a session or a day: the most important, then the newest."""
EARLIER_MAX = 8
"""Attributes that changed in a session, of which it is looked up what they were before."""

RulesOf = Callable[[Portion], "PortionRules"]


@dataclass(frozen=True, slots=True)
class PortionRules:
    """What a tenant's policies say of a portion."""

    thresholds: Sequence[float] = ()
    keep_max: int = 60
    """Readings of an hour that stay."""
    keep_from_importance: float = 1.01


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a portion."""

    summary: Memory | None
    """None: nothing is left of it, or nothing new is in it."""
    retold: Sequence[str] = ()
    """Readings that its summary tells well enough, once that is flushed."""


class Condensing:
    """One portion after the other. Raises MemoryFault where the store or the model is away."""

    def __init__(self, store: MemoryStore, embedder: Embedder, lexicon: Lexicon, rules_of: RulesOf) -> None:
        self._store = store
        self._embedder = embedder
        self._lexicon = lexicon
        self._rules_of = rules_of

    def close(self) -> None:
        """Ends the embedding threads."""
        self._embedder.close()

    async def condense(self, portion: Portion) -> Made:
        """Makes the summary anew; it is safe with the next flush."""
        now = time.time()  # before its sources are read: what comes later may not be in it
        if not portion.is_series:
            return await self._condense_texts(portion, now)
        if portion.period == "hour":
            return await self._condense_hour(portion, now)
        return await self._condense_summaries(portion, now)

    async def _condense_hour(self, portion: Portion, now: float) -> Made:
        where = _of_series(portion)
        samples = await self._samples(where)
        if not samples:
            return Made(None)
        before = await self._made_before(portion)
        rules = self._rules_of(portion)
        readings = [_reading(sample) for sample in samples]
        whole = await self._measured(portion, readings, rules)
        if before is not None and before.measured is not None:
            late = [_reading(each) for each in samples if each.received > before.received]
            if whole.count < before.measured.count + sum(each.seen for each in late):
                # Some of what the summary tells is thinned: only what came since is added to it.
                if not late:
                    return Made(None)
                whole = combined([before.measured, await self._measured(portion, late, rules)])
        made = await self._store_summary(portion, now, whole, await self._unit(where), proving(readings))
        kept = set(thinned(readings, rules.keep_max))
        kept |= {each.id for each in samples if worth_keeping(each) >= rules.keep_from_importance}
        return Made(made, [each.id for each in samples if each.id not in kept])

    async def _condense_summaries(self, portion: Portion, now: float) -> Made:
        ids = [each.summary_id for each in below(portion)]
        found = await self._store.page(_of_ids(portion, ids), len(ids))
        parts = [each.measured for each in found if each.measured is not None]
        if not parts:
            return Made(None)
        unit = max(found, key=lambda each: each.at).unit
        sources = [each.id for each in sorted(found, key=lambda each: each.at)]
        return Made(await self._store_summary(portion, now, combined(parts), unit, sources))

    async def _condense_texts(self, portion: Portion, now: float) -> Made:
        memories = await self._texts(portion)
        if not memories:
            return Made(None)
        vectors = await self._store.vectors([each.id for each in memories])
        memories = [each for each in memories if each.id in vectors]
        if not memories:
            return Made(None)
        rows = np.stack([vectors[each.id] for each in memories])
        earlier = await self._earlier(portion, memories)
        told = await asyncio.to_thread(condense, memories, rows, earlier=earlier)
        return Made(await self._store_texts(portion, now, memories, told))

    async def _store_summary(
        self, portion: Portion, now: float, whole: Measured, unit: str | None, sources: Sequence[str]
    ) -> Memory:
        text = series_words(portion.entity, portion.attribute, unit, whole)
        summary = replace(
            _summary(portion, now, text, whole.since, whole.until),
            device=portion.device or "",
            attribute=portion.attribute,
            unit=unit,
            measured=whole,
            sources=list(sources[:SOURCES_MAX]),
        )
        return await self._put(judged(summary))

    async def _store_texts(
        self, portion: Portion, now: float, memories: Sequence[Memory], told: Condensed
    ) -> Memory:
        devices = [each.device for each in memories]
        times = [each.at for each in memories]
        summary = replace(
            _summary(portion, now, told.text, min(times), max(times)),
            device=max(set(devices), key=lambda each: (devices.count(each), each)),
            session=portion.session,
            sources=told.sources,
            importance=told.importance,
            judged=True,
        )
        return await self._put(summary, made_of=[each.id for each in memories])

    async def _put(self, summary: Memory, made_of: Sequence[str] = ()) -> Memory:
        """Stores a summary, and takes it back where some of it was forgotten meanwhile."""
        [vector] = await self._embedder.embed([embedded_words(summary, plain_reading=False)])
        known = await self._store.known([summary.id])
        if summary.id in known.forgotten:
            return summary  # its owner does not want it, whatever comes for it
        await self._store.upsert([Embedded(summary, vector, self._lexicon.document(summary.text))])
        sources = list({*made_of, *summary.sources})
        if (await self._store.known(sources)).forgotten:
            await self._store.remove([summary.id])
        return summary

    async def _made_before(self, portion: Portion) -> Memory | None:
        found = await self._store.page(_of_ids(portion, [portion.summary_id]), 1)
        return found[0] if found else None

    async def _samples(self, where: Where) -> list[Sample]:
        found: list[Sample] = []
        while len(found) < SAMPLES_MAX:
            page = await self._store.samples(where, PAGE, found[-1].id if found else None)
            found += page
            await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
            if len(page) < PAGE:
                break
        return found

    async def _measured(self, portion: Portion, readings: Sequence[Reading], rules: PortionRules) -> Measured:
        span = _span(portion)
        earlier = replace(portion, start=portion.start - int(HOLD_S_MAX))
        last = await self._store.newest(_of_series(earlier, Span(earlier.start, span.start)), 1)
        before = None
        if last and last[0].value is not None:
            before = Reading(last[0].id, last[0].value, last[0].at, last[0].seen, last[0].first)
        return measured(readings, span, before=before, thresholds=rules.thresholds)

    async def _unit(self, where: Where) -> str | None:
        newest = await self._store.newest(where, 1)
        return newest[0].unit if newest else None

    async def _texts(self, portion: Portion) -> list[Memory]:
        where, found = _of_texts(portion), list[Memory]()
        after: str | None = None
        while page := await self._store.page(where, PAGE, after):
            after = page[-1].id
            found = sorted([*found, *page], key=_worth, reverse=True)[:TEXTS_MAX]
            await asyncio.sleep(0)
            if len(page) < PAGE:
                break
        return sorted(found, key=lambda each: (each.at, each.seq or 0, each.id))

    async def _earlier(self, portion: Portion, memories: Sequence[Memory]) -> list[Memory]:
        """What the attributes that were spoken of were before."""
        scope, found = Scope(portion.tenant, portion.entity), list[Memory]()
        attributes = dict.fromkeys(each.attribute for each in memories if each.attribute is not None)
        until = np.nextafter(min(each.at for each in memories), 0.0)
        for attribute in list(attributes)[:EARLIER_MAX]:
            filters = Filters(attribute=attribute, until=float(until))
            found += await self._store.newest(without(raw(scoped(scope, filters, None)), ["expires"]), 1)
        return found


def _worth(memory: Memory) -> tuple[float, float, str]:
    return worth(memory), memory.at, memory.id


def _reading(sample: Sample) -> Reading:
    return Reading(sample.id, sample.value, sample.at, sample.seen, sample.first)


def _span(portion: Portion) -> Span:
    assert portion.span is not None, "of a session nothing is measured"  # noqa: S101
    return portion.span


def _summary(portion: Portion, now: float, text: str, first: float, at: float) -> Memory:
    return Memory(
        id=portion.summary_id,
        tenant=portion.tenant,
        entity=portion.entity,
        device="",
        kind="summary",
        text=text,
        at=at,
        first=first,
        received=now,
        tier="summary",
        tags=[portion.period],
    )


def _of_ids(portion: Portion, ids: Sequence[str]) -> Where:
    return scoped(Scope(portion.tenant, portion.entity), Filters(ids=ids), None)


def _of_series(portion: Portion, span: Span | None = None) -> Where:
    """The readings of a series; what has a time to live is told by nothing that lives longer."""
    start, end = (_span(portion).start, _span(portion).end) if span is None else (span.start, span.end)
    filters = Filters(
        since=start,
        until=float(np.nextafter(end, 0.0)),
        devices=[portion.device or ""],
        attribute=portion.attribute,
    )
    lacking = ["expires"] if portion.attribute is not None else ["expires", "attribute"]
    return without(raw(scoped(Scope(portion.tenant, portion.entity), filters, None)), lacking, STABLE_KINDS)


def _of_texts(portion: Portion) -> Where:
    scope = Scope(portion.tenant, portion.entity)
    if portion.session is not None:
        in_session = Filters(sessions=[portion.session])
        return without(raw(scoped(scope, in_session, None)), ["expires", "value"])
    span = _span(portion)
    of_day = Filters(since=span.start, until=float(np.nextafter(span.end, 0.0)))
    return without(raw(scoped(scope, of_day, None)), ["expires", "value", "session"], STABLE_KINDS)
