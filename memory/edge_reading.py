"""What a shard is asked: each question in Edge's words, each answer in ours. Waits for nothing."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import qdrant_edge as edge

from memory.conditions import EVERYTHING, Condition, Where, among, measured, nothing_of, scoped
from memory.edge_faults import faults
from memory.edge_live import EdgeLive
from memory.edge_points import (
    VECTOR,
    WORDS,
    to_filter,
    to_memory,
    to_sparse,
    to_upkeep_filter,
    to_vector,
    words_of,
)
from memory.edge_words import ScopeWords
from memory.holders import any_of, held_by, looks
from memory.payload import FORGOTTEN, SAMPLE_FIELDS, from_payload
from memory.records import Memory, Scope, Vector, Words
from memory.store import FACET_VALUES_MAX, Scored, point_ids
from memory.upkeep import Upkeep

UNWANTED_COUNTED = 1000
"""What a request must not find is counted first where there may be no more: a tenth of a millisecond."""


class EdgeReading:
    """Reads one shard; of an older layout where it says so."""

    def __init__(self, live: EdgeLive, *, older: bool) -> None:
        self._live = live
        self._shard = live.shard
        self._older = older

    def nearest(self, where: Where, vector: Vector, limit: int) -> dict[str, float]:
        """See MemoryStore.nearest."""
        with faults("searching"):
            request = edge.QueryRequest(
                limit=limit,
                query=edge.Query.Nearest(vector.tolist(), using=VECTOR),
                filter=self._filter(where),
            )
            return {str(point.id): point.score for point in self._shard.query(request)}

    def matching(self, where: Where, corpus: Where, words: Words, limit: int) -> Scored:
        """See MemoryStore.matching."""
        with faults("searching by words"):
            where, corpus = self._reduced(where), self._reduced(corpus)
            if where == corpus and (read := self._read_whole(corpus, words)) is not None:
                return read.matching(words, limit)
            found = self._by_words(where, corpus, words, limit)
        return ((str(point.id), point.score) for point in found)

    def holding(self, where: Where, wanted: Sequence[Collection[int]], limit: int) -> tuple[list[str], bool]:
        """See MemoryStore.holding."""
        words = any_of(wanted)
        with faults("searching by words"):
            where = self._reduced(where)
            if (read := self._read_whole(scoped(where.scope, EVERYTHING, None), words)) is not None:
                return self._those(where, read.holding(wanted)), False
            for look in looks(limit):
                found = self._by_words(where, nothing_of(where), words, look, read=True)
                held, more = held_by({str(each.id): _words(each) for each in found}, wanted, look)
                if not more:
                    break
        return held, more

    def _read_whole(self, corpus: Where, words: Words) -> ScopeWords | None:
        """The words of a whole scope, where it is quicker to read them than to search by so many."""
        if self._older or corpus.must or corpus.must_not:
            return None
        return self._live.words.of(corpus.scope, to_filter(corpus), len(words.indices))

    def _by_words(
        self, where: Where, corpus: Where, words: Words, limit: int, *, read: bool = False
    ) -> list[edge.ScoredPoint]:
        """Best first; with their words, if they are to be read."""
        if not words.indices:
            return []
        request = edge.QueryRequest(
            limit=limit,
            query=edge.Query.Nearest(to_sparse(words), using=WORDS),
            filter=to_filter(where, older=self._older),
            params=edge.SearchParams(idf=edge.IdfParams(corpus=to_filter(corpus, older=self._older))),
            with_vector=[WORDS] if read else False,
        )
        return self._shard.query(request)

    def _those(self, where: Where, ids: Sequence[str]) -> list[str]:
        """Which of some ids are of a request's."""
        if not ids:
            return []
        those = self._filter(among(where, ids))
        found, _ = self._shard.scroll(edge.ScrollRequest(limit=len(ids), filter=those, with_payload=False))
        return [str(point.id) for point in found]

    def memories(self, ids: Sequence[str]) -> dict[str, Memory]:
        """See MemoryStore.memories."""
        with faults("reading"):
            read = self._shard.retrieve([*ids], with_payload=True, with_vector=False)
        # Of a point both are made when they are asked for, each time.
        held = ((str(point.id), point.payload or {}) for point in read)
        return {id_: from_payload(id_, payload) for id_, payload in held if FORGOTTEN not in payload}

    def similarities(self, where: Where, vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """See MemoryStore.similarities."""
        with faults("comparing"):
            request = edge.QueryRequest(
                limit=max(1, len(ids)),
                query=edge.Query.Nearest(vector.tolist(), using=VECTOR),
                filter=self._filter(among(where, ids)),
            )
            return {str(point.id): point.score for point in self._shard.query(request)}

    def ordered(self, where: Where, by: str, limit: int, *, descending: bool) -> list[Memory]:
        """Memories by a number field; those without it are not among them."""
        order = edge.OrderBy(by, edge.Direction.Desc if descending else edge.Direction.Asc)
        with faults("listing"):
            request = edge.ScrollRequest(
                limit=limit, filter=self._filter(where), with_payload=True, order_by=order
            )
            found, _ = self._shard.scroll(request)
        return [to_memory(point) for point in found]

    def listed(
        self, where: Where, limit: int, after: str | None, *, payload: bool | Sequence[str] = True
    ) -> list[edge.Record]:
        """By id, those after an id, with their payload or these fields of it."""
        fields = payload if isinstance(payload, bool) else list(payload)
        with faults("listing"):
            return self._page(self._filter(where), limit, after, payload=fields)

    def kept(self, upkeep: Upkeep, limit: int, after: str | None) -> list[edge.Record]:
        """The same of whole tenants."""
        with faults("listing"):
            return self._page(to_upkeep_filter(upkeep), limit, after, payload=True)

    def _page(
        self, those: edge.Filter, limit: int, after: str | None, *, payload: bool | list[str]
    ) -> list[edge.Record]:
        request = edge.ScrollRequest(offset=after, limit=limit + 1, filter=those, with_payload=payload)
        found, _ = self._shard.scroll(request)
        return [point for point in found if str(point.id) != after][:limit]

    def samples(self, where: Where, limit: int, after: str | None) -> list[edge.Record]:
        """What measured something, by id.

        No index says that it did: as a condition it costs three times the page. So a page is read without it,
        and again with it where something there measured nothing; of one attribute mostly all did.
        """
        found = self.listed(where, limit, after, payload=SAMPLE_FIELDS)
        if all("value" in (point.payload or {}) for point in found):
            return found
        return self.listed(measured(where), limit, after, payload=SAMPLE_FIELDS)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """See MemoryStore.vectors."""
        with faults("looking vectors up"):
            found = self._shard.retrieve([*point_ids(ids)], with_payload=False, with_vector=[VECTOR])
        return {str(point.id): to_vector(point) for point in found if VECTOR in (point.vector or ())}

    def count(self, where: Where) -> int:
        """See MemoryStore.count."""
        with faults("counting"):
            return self._counted(self._filter(where))

    def count_by(self, where: Where, field: str) -> dict[str, int]:
        """See MemoryStore.count_by."""
        return self._facet(where, field, exact=True)

    def values(self, where: Where, field: str) -> list[str]:
        """See MemoryStore.values: of 100,000 memories 1 to 8 ms, where counting takes 40."""
        where = self._reduced(where)

        def look() -> list[str]:
            return list(self._facet(where, field, exact=False))

        is_whole = not where.must and not where.must_not
        return self._live.values(where.scope, field, look) if is_whole else look()

    def _facet(self, where: Where, field: str, *, exact: bool) -> dict[str, int]:
        with faults(f"counting by {field}"):
            request = edge.FacetRequest(
                key=field, limit=FACET_VALUES_MAX, exact=exact, filter=self._filter(where)
            )
            return {str(hit.value): hit.count for hit in self._shard.facet(request).hits}

    def _filter(self, where: Where) -> edge.Filter:
        """The conditions of a request, without what it must not be where nothing of the scope is that.

        With it Edge looks at each memory of the scope twice: at 100,000 a search takes 35 ms instead of 19.
        """
        return to_filter(self._reduced(where), older=self._older)

    def _reduced(self, where: Where) -> Where:
        there = tuple(each for each in where.must_not if self._may_be(where.scope, each))
        return replace(where, must_not=there)

    def _may_be(self, scope: Scope, unwanted: Condition) -> bool:
        """Whether some memory of the scope may be what is not wanted."""

        def look() -> bool:
            those = to_filter(Where(scope, (unwanted,), ()), older=self._older)
            estimate = self._shard.count(edge.CountRequest(exact=False, filter=those))
            return estimate > UNWANTED_COUNTED or self._counted(those) > 0

        return self._live.may_be(scope, unwanted, look)

    def _counted(self, those: edge.Filter) -> int:
        return self._shard.count(edge.CountRequest(exact=True, filter=those))


def _words(point: edge.ScoredPoint) -> list[int]:
    words = words_of(point)
    return [] if words is None else words.indices
