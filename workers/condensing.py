"""Makes the summary of a portion from what the store has of it now; made again, it takes its own place.

series: samples → measured → words; day and month of the summaries below
texts:  memories and vectors → a few of their sentences
both:   embed → upsert → was any of it forgotten meanwhile?

A summary whose sources are not all there any more is added to, never made anew of what is left of them.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from memory.condensing import SOURCES_MAX, Condensed, condense
from memory.embedding import Embedder
from memory.importance import judged
from memory.lateness import late
from memory.ledger import Ledger
from memory.lexicon import Lexicon
from memory.measured import Measured, combined, supplemented
from memory.measured_words import series_words
from memory.measuring import Reading, measured
from memory.policies import PortionRules
from memory.portions import SUMMARY, Portion, below
from memory.records import Embedded, Memory, Sample
from memory.store import MemoryStore
from memory.thinning import OUTLIERS_MAX, outliers, proving, thinned
from memory.wording import embedded_words
from memory.worth import worth_keeping
from memory.writing import Writer
from workers.portion_sources import SAMPLES_MAX, PortionSources, Texts, span_of

LATER_S = 0.001
"""Of two summaries of one portion the later one is later, whatever the clock does."""
GONE_MAX = 8

RulesOf = Callable[[Portion], PortionRules]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a portion."""

    summary: Memory | None = None
    """As it stands now. None: nothing is left of it, its owner forgot it, or it is not to be changed."""
    is_done: bool = True
    """Whether nothing is due of it any more: else some was forgotten meanwhile, or there is more of it."""
    is_late: bool = False
    """Whether something came for it that it tells no more: what it is made of is pruned in part."""
    retold: Sequence[str] = ()
    """Readings that its summary tells well enough, once that is flushed."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """Those that stay beside these: how often each was said."""


class Condensing:
    """One portion after the other. Raises MemoryFault where the store or the model is away."""

    def __init__(
        self,
        store: MemoryStore,
        embedder: Embedder,
        lexicon: Lexicon,
        rules_of: RulesOf,
        *,
        ledger: Ledger,
        writer: Writer | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._lexicon = lexicon
        self._ledger = ledger
        self._rules_of = rules_of
        self._sources = PortionSources(store)
        self._writer = writer

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
        samples = await self._sources.samples(portion)
        if not samples:
            return Made()
        before, rules = await self._sources.summary(portion), self._rules_of(portion)
        if before is not None:
            now = max(now, before.received + LATER_S)
        since = await self._late(samples, before, now)
        kept = await asyncio.to_thread(_kept, samples, rules)
        retold = [each.id for each in samples if each.id not in kept]
        counted = {each.id: each.seen for each in samples if each.id in kept} if retold else {}
        # Where nothing can go, there is no other round: it would be of the same.
        is_done = len(samples) < SAMPLES_MAX or not retold
        if since is not None and not since:
            return Made(before, is_done=is_done, retold=retold, counted=counted)
        summary = await self._of_hour(portion, now, samples, before, since)
        if since is not None:
            # Before the summary is there: killed in between, what it counts is not counted once more.
            await asyncio.to_thread(self._ledger.count, {each.id: each.seen for each in samples}, now, now)
        made = await self._put(summary, [each.id for each in samples], before=before)
        return (
            made if made.summary is None else replace(made, is_done=is_done, retold=retold, counted=counted)
        )

    async def _late(
        self, samples: Sequence[Sample], before: Memory | None, now: float
    ) -> Sequence[Sample] | None:
        """Those that the summary does not count; None: it is to be made of all."""
        ids = [each.id for each in samples]
        if before is None:
            if await asyncio.to_thread(self._ledger.counted, ids, now):
                await asyncio.to_thread(self._ledger.uncount, ids)
            return None
        counted = await asyncio.to_thread(self._ledger.counted, ids, before.received)
        merged = await asyncio.to_thread(self._ledger.merged, ids) if counted else {}
        going = {each for each, memory in merged.items() if memory == before.id}
        return late(samples, before, counted=counted, thinned=going, now=now)

    async def _of_hour(
        self,
        portion: Portion,
        now: float,
        samples: Sequence[Sample],
        before: Memory | None,
        since: Sequence[Sample] | None,
    ) -> Memory:
        readings = [Reading.of(each) for each in samples]
        whole = await self._measured(portion, readings)
        far = await asyncio.to_thread(outliers, readings)
        if since is not None and before is not None and before.measured is not None:
            of_late = await self._measured(portion, [Reading.of(each) for each in since])
            whole = supplemented(before.measured, of_late, whole)
            # Of what stayed alone nobody could tell any more what is far from the others.
            far = [*before.measured.outliers, *far]
        whole = replace(whole, outliers=list(dict.fromkeys(far))[:OUTLIERS_MAX])
        proofs = await asyncio.to_thread(proving, readings)
        return _of_series(portion, now, whole, await self._sources.unit(portion), proofs)

    async def _measured(self, portion: Portion, readings: Sequence[Reading]) -> Measured:
        return await asyncio.to_thread(
            measured,
            readings,
            span_of(portion),
            before=await self._sources.reading_before(portion),
            thresholds=self._rules_of(portion).thresholds,
        )

    async def _condense_summaries(self, portion: Portion, now: float) -> Made:
        found = await self._sources.summaries(below(portion))
        parts = [each.measured for each in found if each.measured is not None]
        if not parts:
            return Made()
        whole = combined(parts)
        ids = [each.id for each in found]
        before = await self._sources.summary(portion)
        if before is not None and before.measured is not None:
            now = max(now, before.received + LATER_S)
            if not set(before.sources) <= set(ids) or whole.count < before.measured.count:
                return Made(is_late=True)
        summary = _of_series(portion, now, whole, found[-1].unit, ids)
        return await self._put(summary, ids, before=before)

    async def _condense_texts(self, portion: Portion, now: float) -> Made:
        texts = await self._sources.texts(portion)
        if texts is None:
            return Made()
        before = await self._sources.summary(portion)
        gone: list[str] = []
        if before is not None:
            now = max(now, before.received + LATER_S)
            stored = (await self._store.known(before.sources)).stored
            gone = [each for each in before.sources if each not in stored]
            if gone:
                texts = texts.behind(before)  # it alone tells what is gone
        vectors = await self._store.vectors([each.id for each in texts.memories])
        memories = [each for each in texts.memories if each.id in vectors]
        if not memories:
            return Made()
        rows = np.stack([vectors[each.id] for each in memories])
        earlier = await self._sources.earlier(portion, memories)
        told = await asyncio.to_thread(condense, memories, rows, earlier=earlier)
        if self._writer is not None:
            told = await self._writer.gist(portion, [*memories, *earlier], told) or told
        made_of = [each.id for each in (*memories, *earlier) if each.id != portion.summary_id]
        return await self._put(_of_texts(portion, now, texts, told, gone), made_of, before=before)

    async def _put(self, summary: Memory, made_of: Sequence[str], *, before: Memory | None) -> Made:
        """Stores a summary, and takes it back where some of it was forgotten meanwhile."""
        [vector] = await self._embedder.embed([embedded_words(summary, plain_reading=False)])
        known = await self._store.known([summary.id])
        if summary.id in known.forgotten:
            return Made()  # its owner does not want it, whatever comes for it
        if before is not None and summary.id not in known.stored:
            return Made(is_done=False)  # some of what it told was forgotten, and some of that is in this one
        await self._store.upsert([Embedded(summary, vector, self._lexicon.document(summary.text))])
        known = await self._store.known(made_of)
        # Summaries that this one is made of are removed where something that they tell is forgotten.
        is_short = (
            summary.measured is not None and "hour" not in summary.tags and len(known.stored) < len(made_of)
        )
        if known.forgotten or is_short:
            await self._store.remove([summary.id])
            return Made(is_done=False)
        return Made(summary)


def _kept(samples: Sequence[Sample], rules: PortionRules) -> Collection[str]:
    kept = set(thinned([Reading.of(each) for each in samples], rules.keep_max))
    return kept | {each.id for each in samples if worth_keeping(each) >= rules.keep_from_importance}


def _of_series(
    portion: Portion, now: float, whole: Measured, unit: str | None, sources: Sequence[str]
) -> Memory:
    summary = Memory(
        id=portion.summary_id,
        tenant=portion.tenant,
        entity=portion.entity,
        device=portion.device or "",
        kind=SUMMARY,
        text=series_words(portion.entity, portion.attribute, unit, whole),
        at=whole.until,
        first=whole.since,
        received=now,
        tier="summary",
        tags=[portion.period],
        attribute=portion.attribute,
        unit=unit,
        measured=whole,
        sources=list(sources[:SOURCES_MAX]),
    )
    return judged(summary)


def _of_texts(portion: Portion, now: float, texts: Texts, told: Condensed, gone: Sequence[str]) -> Memory:
    """`gone` are sources that a summary before tells and that are pruned: that they are is not to be lost."""
    devices = [each.device for each in texts.memories]
    sources = [*gone[:GONE_MAX], *(each for each in told.sources if each != portion.summary_id)]
    return Memory(
        id=portion.summary_id,
        tenant=portion.tenant,
        entity=portion.entity,
        device=max(set(devices), key=lambda each: (devices.count(each), each)),
        kind=SUMMARY,
        text=told.text,
        at=texts.at,
        first=texts.first,
        received=now,
        tier="summary",
        tags=[portion.period],
        session=portion.session,
        # All that is told: of what a writer was shown none may be left out, for forgetting it forgets this.
        sources=list(dict.fromkeys(sources)),
        importance=told.importance,
        judged=True,
    )
