"""The store's twin in memory, for tests: yours and ours. It passes the same suite as the real ones.

    store = TwinStore()
    await store.open(Identity(contract=1, model="any", precision="int8", dimension=3))

It looks at every memory for every search, and keeps them when it is closed, so that a test can restart
what it tests. A power cut takes everything: `flush` does nothing.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from math import inf, log
from typing import Any

import numpy as np

from memory.conditions import (
    AnyOf,
    Between,
    Condition,
    Equals,
    HasId,
    Present,
    Where,
    among,
    measured,
    the_one,
    within,
)
from memory.errors import StoreError
from memory.holders import any_of, held_by
from memory.lexicon import Lexicon, lexicon
from memory.payload import FORGOTTEN, from_payload, repeats_of, sample_of, to_payload, tombstone
from memory.records import (
    ENGLISH,
    Embedded,
    Identity,
    Known,
    Memory,
    Recalled,
    Repeated,
    Sample,
    Vector,
    Words,
)
from memory.store import FACET_VALUES_MAX, Scored, check_kin, point_ids, refuse_doubtful
from memory.upkeep import Upkeep
from schemas.service import Durability


class TwinStore:
    """A `MemoryStore` in a dict."""

    survives: Durability = "process"

    def __init__(self) -> None:
        self._identity: Identity | None = None
        self._is_open = False
        self._payloads: dict[str, dict[str, Any]] = {}
        self._vectors: dict[str, Vector] = {}
        self._words: dict[str, dict[int, float]] = {}
        """Of each memory, the weight of each word."""

    async def open(self, identity: Identity) -> None:
        """See MemoryStore.open."""
        made_with = self._identity or identity
        check_kin("the store in memory", made_with, identity)
        if made_with.language != identity.language:
            self._make_words(lexicon(identity.language or ENGLISH))
        self._identity = identity
        self._is_open = True

    async def close(self) -> None:
        """See MemoryStore.close."""
        self._is_open = False

    async def known(self, ids: Sequence[str]) -> Known:
        """See MemoryStore.known."""
        self._opened()
        there = self._payloads.keys() & set(point_ids(ids))
        forgotten = {id_ for id_ in there if FORGOTTEN in self._payloads[id_]}
        return Known(there - forgotten, forgotten)

    async def upsert(self, batch: Sequence[Embedded]) -> None:
        """See MemoryStore.upsert."""
        refuse_doubtful(batch, self._opened().dimension)
        for item in batch:
            # Copies, so that a test which changes what it stored changes nothing here.
            self._payloads[item.memory.id] = deepcopy(to_payload(item.memory))
            self._vectors[item.memory.id] = item.vector.copy()
            self._words[item.memory.id] = _weights(item.words)

    async def forget(self, ids: Sequence[str], at: float) -> None:
        """See MemoryStore.forget."""
        self._opened()
        for id_ in ids:
            self._payloads[id_] = tombstone(at)
            self._vectors.pop(id_, None)
            self._words.pop(id_, None)

    async def remove(self, ids: Sequence[str]) -> None:
        """See MemoryStore.remove."""
        for id_ in (await self.known(ids)).stored:
            del self._payloads[id_], self._vectors[id_], self._words[id_]

    async def revise(self, memories: Sequence[Memory]) -> None:
        """See MemoryStore.revise."""
        self._opened()
        for memory in memories:
            for id_ in self._found(the_one(memory)):
                self._payloads[id_] = deepcopy(to_payload(memory))

    async def reinforce(self, repeats: Sequence[Repeated | Recalled]) -> None:
        """See MemoryStore.reinforce."""
        self._opened()
        for repeated in repeats:
            if (payload := self._payloads.get(repeated.id)) is not None and FORGOTTEN not in payload:
                payload |= repeats_of(repeated)

    @property
    def erase_due(self) -> bool:
        """See MemoryStore.erase_due; a dict has no disk."""
        return False

    @property
    def renewal_due(self) -> bool:
        """See MemoryStore.renewal_due; they are made at opening."""
        return False

    async def erase(self) -> None:
        """See MemoryStore.erase; a dict has no disk."""
        self._opened()

    async def flush(self) -> None:
        """See MemoryStore.flush; a dict has no disk."""
        self._opened()

    async def nearest(self, where: Where, vector: Vector, limit: int) -> dict[str, float]:
        """See MemoryStore.nearest."""
        return _best({id_: _cosine(self._vectors[id_], vector) for id_ in self._found(where)}, limit)

    async def matching(self, where: Where, corpus: Where, words: Words, limit: int) -> Scored:
        """See MemoryStore.matching."""
        asked = _weights(words)
        return iter(self._by_words(where, asked, self._rarities(asked, corpus), limit).items())

    async def holding(
        self, where: Where, wanted: Sequence[Collection[int]], limit: int
    ) -> tuple[list[str], bool]:
        """See MemoryStore.holding."""
        asked = _weights(any_of(wanted))
        best = self._by_words(where, asked, dict.fromkeys(asked, 1.0), limit)
        return held_by({id_: self._words[id_].keys() for id_ in best}, wanted, limit)

    async def memories(self, ids: Sequence[str]) -> dict[str, Memory]:
        """See MemoryStore.memories."""
        return {id_: self._memory(id_) for id_ in (await self.known(ids)).stored}

    async def similarities(self, where: Where, vector: Vector, ids: Sequence[str]) -> dict[str, float]:
        """See MemoryStore.similarities."""
        return {id_: _cosine(self._vectors[id_], vector) for id_ in self._found(among(where, ids))}

    async def newest(self, where: Where, limit: int, *, oldest_first: bool = False) -> list[Memory]:
        """See MemoryStore.newest."""
        memories = [self._memory(id_) for id_ in self._found(where)]
        return sorted(memories, key=lambda memory: memory.at, reverse=not oldest_first)[:limit]

    async def extremes(self, where: Where, limit: int, *, largest: bool) -> list[Memory]:
        """See MemoryStore.extremes."""
        numbers = {id_: self._payloads[id_].get("number") for id_ in self._found(where)}
        by_number = sorted((number, id_) for id_, number in numbers.items() if number is not None)
        return [self._memory(id_) for _, id_ in (by_number[::-1] if largest else by_number)[:limit]]

    async def samples(self, where: Where, limit: int, after: str | None = None) -> list[Sample]:
        """See MemoryStore.samples."""
        ids = sorted(id_ for id_ in self._found(measured(where)) if after is None or id_ > after)
        return [sample_of(id_, self._payloads[id_]) for id_ in ids[:limit]]

    async def page(self, where: Where, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.page."""
        ids = sorted(id_ for id_ in self._found(where) if after is None or id_ > after)
        return [self._memory(id_) for id_ in ids[:limit]]

    async def kept(self, upkeep: Upkeep, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.kept."""
        ids = sorted(
            id_ for id_ in self._holding(upkeep.must, upkeep.must_not) if after is None or id_ > after
        )
        return [self._memory(id_) for id_ in ids[:limit]]

    async def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """See MemoryStore.vectors."""
        self._opened()
        return {id_: self._vectors[id_].copy() for id_ in point_ids(ids) if id_ in self._vectors}

    async def count(self, where: Where) -> int:
        """See MemoryStore.count."""
        return len(self._found(where))

    async def count_by(self, where: Where, field: str) -> dict[str, int]:
        """See MemoryStore.count_by."""
        values = (value for id_ in self._found(where) for value in _values(self._payloads[id_], field))
        return dict(Counter(values).most_common(FACET_VALUES_MAX))

    async def values(self, where: Where, field: str) -> list[str]:
        """See MemoryStore.values."""
        return list(await self.count_by(where, field))

    async def points(self) -> int:
        """See MemoryStore.points."""
        self._opened()
        return len(self._payloads)

    def _opened(self) -> Identity:
        if self._identity is None or not self._is_open:
            raise StoreError("the store in memory is not open", hint="open it first")
        return self._identity

    def _memory(self, id_: str) -> Memory:
        return from_payload(id_, deepcopy(self._payloads[id_]))

    def _make_words(self, of_language: Lexicon) -> None:
        for id_ in self._words:
            self._words[id_] = _weights(of_language.document(self._payloads[id_]["text"]))

    def _rarities(self, words: Iterable[int], corpus: Where) -> dict[int, float]:
        held = [self._words[id_] for id_ in self._found(corpus)]
        holding = {word: sum(word in each for each in held) for word in words}
        return {word: log(1 + (len(held) - n + 0.5) / (n + 0.5)) for word, n in holding.items()}

    def _by_words(
        self, where: Where, asked: dict[int, float], rarities: dict[int, float], limit: int
    ) -> dict[str, float]:
        scores = {id_: self._score(id_, asked, rarities) for id_ in self._found(where)}
        return _best({id_: score for id_, score in scores.items() if score > 0.0}, limit)

    def _score(self, id_: str, asked: dict[int, float], rarities: dict[int, float]) -> float:
        held = self._words[id_]
        return sum(asked[word] * rarities[word] * held[word] for word in asked if word in held)

    def _found(self, where: Where) -> list[str]:
        return self._holding((within(where.scope), *where.must), where.must_not)

    def _holding(self, must: Sequence[Condition], must_not: Sequence[Condition]) -> list[str]:
        self._opened()
        wanted, unwanted = [*map(_test, must)], [*map(_test, must_not)]
        return [
            id_
            for id_, payload in self._payloads.items()
            if all(holds(id_, payload) for holds in wanted)
            and not any(holds(id_, payload) for holds in unwanted)
        ]


def _best(scores: dict[str, float], limit: int) -> dict[str, float]:
    return dict(sorted(scores.items(), key=lambda scored: -scored[1])[:limit])


def _weights(words: Words) -> dict[int, float]:
    return dict(zip(words.indices, words.values, strict=True))


def _test(condition: Condition) -> Callable[[str, dict[str, Any]], bool]:
    """Of an id and a payload, whether the condition holds."""
    match condition:
        case Equals(key, value):
            return lambda _id, payload: value in _values(payload, key)
        case AnyOf(key, values):
            return lambda _id, payload: not _values(payload, key).isdisjoint(values)
        case Between(key, at_least, at_most):
            low, high = -inf if at_least is None else at_least, inf if at_most is None else at_most
            return lambda _id, payload: key in payload and low <= payload[key] <= high
        case Present(key):
            return lambda _id, payload: key in payload
        case HasId(ids):
            named = frozenset(point_ids(ids))
            return lambda id_, _payload: id_ in named


def _values(payload: dict[str, Any], key: str) -> AbstractSet[str]:
    value: str | Iterable[str] = payload.get(key, ())
    return {value} if isinstance(value, str) else set(value)


def _cosine(one: Vector, other: Vector) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0
