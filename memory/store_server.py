"""Qdrant server by URL: one collection, shared by as many services as there are.

What is safe when, read in Qdrant's source (`shard_ops.rs`, `flush_workers.rs`, `wal`) because its
documentation says more than the code does:

- An upsert with `wait=true` is answered when it is in the write-ahead log and applied: seen by every
  search after it, and safe from the death of the server's process.
- The log is a memory-mapped file, and is synced to the disk by the flush worker alone, every
  `flush_interval_sec` (5 by default; our collection asks for FLUSH_INTERVAL_S). No request makes it sync
  sooner, so a power cut at the server takes at most what it accepted in that last interval.
- What is forgotten is overwritten at once, and found by no request; its bytes stay in their segment until the
  optimizer rewrites it (our collection asks for that at VACUUM_DELETED), and in the log until that is cut.
- Write ordering stays `weak`: one node applies writes in the order of its log, whatever the ordering asked
  for, and on a cluster our writes commute but for two versions of one memory.

How rare a word is, it counts for each request among the memories of the scope (`idf.corpus`, since 1.19); an
older server would count all tenants', so it is refused. On a cluster each shard counts its own.
"""

import time
import warnings
from collections.abc import Collection, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from memory.conditions import (
    Where,
    among,
    measured,
    nothing_of,
)
from memory.errors import MemoryFault, StoreError, StoreRefused
from memory.holders import any_of, held_by, looks
from memory.lexicon import lexicon
from memory.payload import (
    FORGOTTEN,
    KEYWORD_FIELDS,
    NUMBER_FIELDS,
    SAMPLE_FIELDS,
    sample_of,
    tombstone,
)
from memory.records import (
    LAYOUT,
    Embedded,
    Identity,
    Known,
    Language,
    Memory,
    Recalled,
    Repeated,
    Sample,
    Vector,
    Words,
)
from memory.server_points import (
    VECTOR,
    WORDS,
    all_of,
    to_filter,
    to_memory,
    to_point,
    to_renewal,
    to_repeats,
    to_revision,
    to_sparse,
    words_anew,
    words_of,
)
from memory.store import FACET_VALUES_MAX, Scored, check_kin, point_ids, refuse_doubtful
from memory.upkeep import Upkeep
from schemas.service import Durability

VERSION_MIN = (1, 19)
"""The first that counts rarity within a scope."""
FLUSH_INTERVAL_S = 1
"""The shortest that Qdrant takes: whole seconds."""
VACUUM_DELETED = 0.01
"""The share of a segment that has to be deleted before the server rewrites it."""
VACUUM_POINTS_MIN = 100
"""The smallest segment that it rewrites, and the least that Qdrant takes here."""
REQUEST_TIMEOUT_S = 30
"""For one request; an upsert may have to wait for the optimizer."""
UPSERT_POINTS_MAX = 256
"""In one request: with the longest texts and 1,024 dimensions about 8 MB, and the server refuses 32."""
CLOCKS_APART_S_MAX = 60
"""Between the machines of services that share a collection."""
_IDENTITY = "membroker"
"""The entry of the collection's metadata that holds the identity."""


WRONG_FOR_EVER = frozenset((400, 413, 422))
"""HTTP answers that the same request would get again."""


class ServerStore:
    """A `MemoryStore` in a collection of a Qdrant server, 1.19 or newer.

    An `api_key` over http can be read on the way: use https across a network you do not trust.
    """

    survives: Durability = "process"

    def __init__(
        self,
        url: str,
        *,
        collection: str = "memories",
        api_key: str | None = None,
        client: AsyncQdrantClient | None = None,
    ) -> None:
        self._url = url
        self._collection = collection
        self._api_key = api_key
        self._lent = client
        self._opened: AsyncQdrantClient | None = None
        self._identity: Identity | None = None
        self._kept: Identity | None = None
        """What the collection holds, which may be older than what it is asked to serve."""

    async def open(self, identity: Identity) -> None:
        """See MemoryStore.open."""
        client = self._lent or self._connect()
        try:
            with self._faults(f"opening the collection {self._collection}"):
                self._check_version((await client.info()).version)
                await self._make(client, identity)
                held = await client.get_collection(self._collection)
                made_with = self._check_identity(identity, held.config.metadata)
                await self._index(client, held.payload_schema)
                if made_with.language != identity.language:
                    await self._make_room_for_words(client, made_with, held.config.params.sparse_vectors)
        except BaseException:
            await self._let_go(client)
            raise
        self._opened = client
        self._identity, self._kept = identity, made_with

    async def close(self) -> None:
        """See MemoryStore.close; a client that was lent stays open."""
        client, self._opened = self._opened, None
        if client is not None:
            await self._let_go(client)

    async def known(self, ids: Sequence[str]) -> Known:
        """See MemoryStore.known."""
        with self._faults("looking ids up"):
            found = await self._client.retrieve(
                self._collection, point_ids(ids), with_payload=[FORGOTTEN], with_vectors=False
            )
        forgotten = {str(record.id) for record in found if record.payload}
        return Known({str(record.id) for record in found} - forgotten, forgotten)

    async def upsert(self, batch: Sequence[Embedded]) -> None:
        """See MemoryStore.upsert."""
        self._client  # noqa: B018 - raises when not open
        refuse_doubtful(batch, self._made_with.dimension)
        await self._put("storing", [to_point(item) for item in batch])

    async def forget(self, ids: Sequence[str], at: float) -> None:
        """See MemoryStore.forget."""
        self._client  # noqa: B018 - raises when not open
        points = [models.PointStruct(id=id_, vector={}, payload=tombstone(at)) for id_ in ids]
        await self._put("forgetting", points)

    async def remove(self, ids: Sequence[str]) -> None:
        """See MemoryStore.remove; the server itself looks which of them are tombstones."""
        client = self._client
        named = point_ids(ids)
        for start in range(0, len(named), UPSERT_POINTS_MAX):
            some = named[start : start + UPSERT_POINTS_MAX]
            what = f"removing {len(some)} memories"
            remembered = models.IsEmptyCondition(is_empty=models.PayloadField(key=FORGOTTEN))
            these = models.Filter(must=[models.HasIdCondition(has_id=[*some]), remembered])
            with self._faults(what):
                done = await client.delete(self._collection, models.FilterSelector(filter=these), wait=True)
            if done.status is not models.UpdateStatus.COMPLETED:
                raise self._refused(what, f"it answered {done.status.value}, not completed")

    async def revise(self, memories: Sequence[Memory]) -> None:
        """See MemoryStore.revise; the server itself looks, as it writes, whether each is still there."""
        await self._change("revising", [to_revision(memory, older=self._is_older) for memory in memories])

    async def reinforce(self, repeats: Sequence[Repeated | Recalled]) -> None:
        """See MemoryStore.reinforce."""
        await self._change("counting repeats of", [to_repeats(repeated) for repeated in repeats])

    async def _change(self, doing: str, changes: list[Any]) -> None:
        self._client  # noqa: B018 - raises when not open
        for start in range(0, len(changes), UPSERT_POINTS_MAX):
            some = changes[start : start + UPSERT_POINTS_MAX]
            what = f"{doing} {len(some)} memories"
            with self._faults(what):
                done = await self._client.batch_update_points(self._collection, some, wait=True)
            if any(each.status is not models.UpdateStatus.COMPLETED for each in done):
                raise self._refused(what, "it did not complete them all")

    @property
    def erase_due(self) -> bool:
        """Never: a server vacuums by itself, when VACUUM_DELETED of a segment is gone; see the module."""
        return False

    @property
    def renewal_due(self) -> bool:
        """See MemoryStore.renewal_due."""
        return self._kept != self._identity

    async def erase(self) -> None:
        """Renews what is due, in place; of what was forgotten the server vacuums by itself."""
        self._client  # noqa: B018 - raises when not open
        if self.renewal_due and self._made_with.language is not None:
            with self._faults("renewing memories"):
                await self._renew(self._made_with.language)
                await self._note_identity(self._client, self._made_with)
            self._kept = self._made_with

    async def flush(self) -> None:
        """Returns at once: the server syncs by itself, FLUSH_INTERVAL_S after it accepted; see the module."""
        self._client  # noqa: B018 - raises when not open

    async def nearest(self, where: Where, vector: Vector, limit: int) -> dict[str, float]:
        """See MemoryStore.nearest."""
        with self._faults("searching"):
            found = await self._client.query_points(
                self._collection,
                query=vector.tolist(),
                using=VECTOR,
                query_filter=self._filter(where),
                limit=limit,
                with_payload=False,
            )
        return {str(point.id): point.score for point in found.points}

    async def matching(self, where: Where, corpus: Where, words: Words, limit: int) -> Scored:
        """See MemoryStore.matching."""
        found = await self._by_words(where, corpus, words, limit)
        return ((str(point.id), point.score) for point in found)

    async def holding(
        self, where: Where, wanted: Sequence[Collection[int]], limit: int
    ) -> tuple[list[str], bool]:
        """See MemoryStore.holding."""
        for look in looks(limit):
            found = await self._by_words(where, nothing_of(where), any_of(wanted), look, read=True)
            held, more = held_by({str(point.id): words_of(point) for point in found}, wanted, look)
            if not more:
                break
        return held, more

    async def _by_words(
        self, where: Where, corpus: Where, words: Words, limit: int, *, read: bool = False
    ) -> list[models.ScoredPoint]:
        """Best first; with their words, if they are to be read."""
        client = self._client
        if not words.indices:
            return []
        with self._faults("searching by words"):
            found = await client.query_points(
                self._collection,
                query=to_sparse(words),
                using=WORDS,
                query_filter=self._filter(where),
                search_params=models.SearchParams(idf=models.IdfCorpusParams(corpus=self._filter(corpus))),
                limit=limit,
                with_payload=False,
                with_vectors=[WORDS] if read else False,
            )
        return found.points

    async def memories(self, ids: Sequence[str]) -> dict[str, Memory]:
        """See MemoryStore.memories."""
        with self._faults("reading"):
            read = await self._client.retrieve(self._collection, [*ids], with_payload=True)
        return {str(point.id): to_memory(point) for point in read if FORGOTTEN not in (point.payload or {})}

    async def similarities(self, where: Where, vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """See MemoryStore.similarities."""
        with self._faults("comparing"):
            found = await self._client.query_points(
                self._collection,
                query=vector.tolist(),
                using=VECTOR,
                query_filter=self._filter(among(where, ids)),
                limit=max(1, len(ids)),
                with_payload=False,
            )
        return {str(point.id): point.score for point in found.points}

    async def newest(self, where: Where, limit: int, *, oldest_first: bool = False) -> list[Memory]:
        """See MemoryStore.newest."""
        return await self._ordered(where, "at", limit, descending=not oldest_first)

    async def extremes(self, where: Where, limit: int, *, largest: bool) -> list[Memory]:
        """See MemoryStore.extremes."""
        return await self._ordered(where, "number", limit, descending=largest)

    async def samples(self, where: Where, limit: int, after: str | None = None) -> list[Sample]:
        """See MemoryStore.samples."""
        found = await self._listed(self._filter(measured(where)), limit, after, payload=list(SAMPLE_FIELDS))
        return [sample_of(str(point.id), point.payload or {}) for point in found]

    async def page(self, where: Where, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.page."""
        found = await self._listed(self._filter(where), limit, after, payload=True)
        return [to_memory(point) for point in found]

    async def kept(self, upkeep: Upkeep, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.kept."""
        found = await self._listed(all_of(upkeep.must, upkeep.must_not), limit, after, payload=True)
        return [to_memory(point) for point in found]

    async def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """See MemoryStore.vectors."""
        with self._faults("looking vectors up"):
            found = await self._client.retrieve(
                self._collection, point_ids(ids), with_payload=False, with_vectors=[VECTOR]
            )
        return {
            str(point.id): np.asarray(point.vector[VECTOR], dtype=np.float32)
            for point in found
            if isinstance(point.vector, dict) and VECTOR in point.vector
        }

    async def count(self, where: Where) -> int:
        """See MemoryStore.count."""
        with self._faults("counting"):
            counted = await self._client.count(self._collection, count_filter=self._filter(where), exact=True)
        return counted.count

    async def count_by(self, where: Where, field: str) -> dict[str, int]:
        """See MemoryStore.count_by."""
        return await self._facet(where, field, exact=True)

    async def values(self, where: Where, field: str) -> list[str]:
        """See MemoryStore.values."""
        return list(await self._facet(where, field, exact=False))

    async def _facet(self, where: Where, field: str, *, exact: bool) -> dict[str, int]:
        with self._faults(f"counting by {field}"):
            facet = await self._client.facet(
                self._collection, field, facet_filter=self._filter(where), limit=FACET_VALUES_MAX, exact=exact
            )
        return {str(hit.value): hit.count for hit in facet.hits}

    async def points(self) -> int:
        """See MemoryStore.points."""
        with self._faults("counting"):
            counted = await self._client.count(self._collection, exact=True)
        return counted.count

    def _filter(self, where: Where) -> models.Filter:
        return to_filter(where, older=self._is_older)

    @property
    def _is_older(self) -> bool:
        return self._kept is not None and self._kept.layout < LAYOUT

    async def _ordered(self, where: Where, key: str, limit: int, *, descending: bool) -> list[Memory]:
        direction = models.Direction.DESC if descending else models.Direction.ASC
        with self._faults("listing"):
            found, _ = await self._client.scroll(
                self._collection,
                scroll_filter=self._filter(where),
                limit=limit,
                order_by=models.OrderBy(key=key, direction=direction),
                with_payload=True,
            )
        return [to_memory(point) for point in found]

    async def _listed(
        self, where: models.Filter, limit: int, after: str | None, *, payload: bool | list[str]
    ) -> list[models.Record]:
        """By id, those after an id."""
        with self._faults("listing"):
            found, _ = await self._client.scroll(
                self._collection,
                scroll_filter=where,
                limit=limit + 1,
                offset=after,
                with_payload=payload,
            )
        return [point for point in found if str(point.id) != after][:limit]

    async def _renew(self, language: Language) -> None:
        """Leaves alone what is forgotten or changed meanwhile: the server itself looks, as it writes."""
        since = time.time() - CLOCKS_APART_S_MAX
        as_it_was = models.Filter(
            must_not=[
                models.IsEmptyCondition(is_empty=models.PayloadField(key="tenant")),
                models.FieldCondition(key="written", range=models.Range(gte=since)),
            ]
        )
        is_older = self._is_older
        has_words = self._kept is not None and self._kept.language == language
        offset: Any = None
        while True:
            records, offset = await self._client.scroll(
                self._collection,
                scroll_filter=as_it_was,
                limit=UPSERT_POINTS_MAX,
                offset=offset,
                with_payload=True,
            )
            if records and not has_words:
                words = [words_anew(record, lexicon(language)) for record in records]
                await self._client.update_vectors(self._collection, words, wait=True, update_filter=as_it_was)
            if records and is_older:
                added = [to_renewal(record, as_it_was) for record in records]
                await self._client.batch_update_points(self._collection, added, wait=True)
            if offset is None:
                return

    async def _make_room_for_words(
        self, client: AsyncQdrantClient, made_with: Identity, there: Container[str] | None
    ) -> None:
        # First said, then done: from here on words of another language may be stored beside those there are.
        await self._note_identity(client, replace(made_with, language=None))
        if WORDS not in (there or ()):
            config = models.SparseVectorConfig(modifier=models.Modifier.IDF)
            await client.create_vector_name(
                self._collection, WORDS, models.SparseVectorNameConfig(sparse=config)
            )

    async def _note_identity(self, client: AsyncQdrantClient, identity: Identity) -> None:
        await client.update_collection(self._collection, metadata={_IDENTITY: asdict(identity)})

    @property
    def _made_with(self) -> Identity:
        assert self._identity is not None, "set before the client"  # noqa: S101
        return self._identity

    @property
    def _client(self) -> AsyncQdrantClient:
        if self._opened is None:
            raise StoreError(f"the store at {self._url} is not open", hint="open it first")
        return self._opened

    async def _put(self, doing: str, points: list[models.PointStruct]) -> None:
        for start in range(0, len(points), UPSERT_POINTS_MAX):
            some = points[start : start + UPSERT_POINTS_MAX]
            what = f"{doing} {len(some)} memories"
            with self._faults(what):
                done = await self._client.upsert(self._collection, some, wait=True)
            if done.status is not models.UpdateStatus.COMPLETED:
                raise self._refused(what, f"it answered {done.status.value}, not completed")

    def _connect(self) -> AsyncQdrantClient:
        with self._faults("connecting"), warnings.catch_warnings():
            # A Python warning is no way to tell an operator: of the key the class says it, and of a version
            # that does not fit the server's refusal does.
            warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
            return AsyncQdrantClient(
                url=self._url,
                api_key=self._api_key,
                timeout=REQUEST_TIMEOUT_S,
                check_compatibility=False,
            )

    async def _make(self, client: AsyncQdrantClient, identity: Identity) -> None:
        if await client.collection_exists(self._collection):
            return
        try:
            await client.create_collection(
                self._collection,
                vectors_config={
                    VECTOR: models.VectorParams(
                        size=identity.dimension,
                        distance=models.Distance.COSINE,
                        datatype=models.Datatype.FLOAT16,  # as in store_edge.py, which says why
                    )
                },
                sparse_vectors_config={WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                # Every search is inside one tenant: graphs for each tenant, and none over all.
                hnsw_config=models.HnswConfigDiff(m=0, payload_m=16),
                optimizers_config=models.OptimizersConfigDiff(
                    flush_interval_sec=FLUSH_INTERVAL_S,
                    deleted_threshold=VACUUM_DELETED,
                    vacuum_min_vector_number=VACUUM_POINTS_MIN,
                ),
                metadata={_IDENTITY: asdict(identity)},
            )
        except UnexpectedResponse as error:
            if error.status_code != 409:  # another service was quicker, and what it made is checked next
                raise

    def _check_version(self, version: str) -> None:
        if tuple(int(part) for part in version.split(".")[:2]) < VERSION_MIN:
            raise StoreError(
                f"Qdrant at {self._url} is {version}, and too old",
                hint=f"upgrade it to {'.'.join(map(str, VERSION_MIN))} or newer",
            )

    def _check_identity(self, identity: Identity, metadata: dict[str, Any] | None) -> Identity:
        entry = (metadata or {}).get(_IDENTITY)
        if entry is None:
            raise StoreError(
                f"the collection {self._collection} at {self._url} is not membroker's",
                hint="give membroker a collection of its own, by another name",
            )
        made_with = Identity.of(entry)
        check_kin(f"the collection {self._collection} at {self._url}", made_with, identity)
        return made_with

    async def _index(self, client: AsyncQdrantClient, there: dict[str, Any]) -> None:
        keyword, number = models.KeywordIndexType.KEYWORD, models.FloatIndexType.FLOAT
        schema: dict[str, models.KeywordIndexParams | models.FloatIndexParams] = {
            "tenant": models.KeywordIndexParams(type=keyword, is_tenant=True),
            **{field: models.KeywordIndexParams(type=keyword) for field in KEYWORD_FIELDS},
            **{field: models.FloatIndexParams(type=number) for field in NUMBER_FIELDS},
        }
        for field, params in schema.items():
            if field not in there:
                await client.create_payload_index(self._collection, field, params, wait=True)

    async def _let_go(self, client: AsyncQdrantClient) -> None:
        if client is not self._lent:
            await client.close()

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (MemoryFault, TypeError, AttributeError):
            raise  # the latter are mistakes of ours, which no waiting mends
        except ResponseHandlingException as error:
            reason = str(error.source) or type(error.source).__name__
            raise StoreError(
                f"{doing} failed: Qdrant at {self._url} does not answer ({reason})",
                hint=f"start it, or correct the URL; it is up when {self._url.rstrip('/')}/readyz answers",
            ) from error
        except UnexpectedResponse as error:
            answer = error.content.decode(errors="replace")
            if error.status_code in WRONG_FOR_EVER:
                raise StoreRefused(
                    f"{doing} failed: Qdrant refuses it: {error.status_code} {answer[:200]}",
                    hint="what ingest let in, it has to refuse",
                ) from error
            raise self._refused(doing, f"{error.status_code} {answer}") from error
        except Exception as error:
            raise self._refused(doing, str(error) or type(error).__name__) from error

    def _refused(self, doing: str, reason: str) -> StoreError:
        return StoreError(
            f"{doing} failed: Qdrant at {self._url} refused: {reason}",
            hint="check the API key (401, 403), the server's disk and log, and its version",
        )
