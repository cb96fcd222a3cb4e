"""The store's twin in memory, for tests: yours and ours. It passes the same suite as the real ones.

    store = TwinStore()
    await store.open(Identity(contract=1, model="any", precision="int8", dimension=3))

It looks at every memory for every search, and keeps them when it is closed, so that a test can restart
what it tests. A power cut takes everything: `flush` does nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from typing import Any

import numpy as np

from memory.conditions import AnyOf, Between, Condition, Equals, HasId, Where
from memory.errors import StoreError
from memory.payload import FORGOTTEN, from_payload, to_payload, tombstone
from memory.records import Candidate, Embedded, Identity, Known, Memory, Vector
from memory.store import FACET_VALUES_MAX, mismatch, point_ids, refuse_doubtful
from schemas.service import Durability


class TwinStore:
    """A `MemoryStore` in a dict."""

    survives: Durability = "process"

    def __init__(self) -> None:
        self._identity: Identity | None = None
        self._is_open = False
        self._payloads: dict[str, dict[str, Any]] = {}
        self._vectors: dict[str, Vector] = {}

    async def open(self, identity: Identity) -> None:
        """See MemoryStore.open."""
        if self._identity not in {None, identity}:
            raise mismatch("the store in memory", self._identity, identity)
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

    async def forget(self, ids: Sequence[str], at: float) -> None:
        """See MemoryStore.forget."""
        self._opened()
        for id_ in ids:
            self._payloads[id_] = tombstone(at)
            self._vectors.pop(id_, None)

    @property
    def erase_due(self) -> bool:
        """See MemoryStore.erase_due; a dict has no disk."""
        return False

    async def erase(self) -> None:
        """See MemoryStore.erase; a dict has no disk."""
        self._opened()

    async def flush(self) -> None:
        """See MemoryStore.flush; a dict has no disk."""
        self._opened()

    async def nearest(self, where: Where, vector: Vector, limit: int) -> list[Candidate]:
        """See MemoryStore.nearest."""
        found = self._found(where)
        candidates = [Candidate(self._memory(id_), _cosine(self._vectors[id_], vector)) for id_ in found]
        return sorted(candidates, key=lambda candidate: -candidate.similarity)[:limit]

    async def newest(self, where: Where, limit: int, *, oldest_first: bool = False) -> list[Memory]:
        """See MemoryStore.newest."""
        memories = [self._memory(id_) for id_ in self._found(where)]
        return sorted(memories, key=lambda memory: memory.at, reverse=not oldest_first)[:limit]

    async def page(self, where: Where, limit: int, after: str | None = None) -> list[Memory]:
        """See MemoryStore.page."""
        ids = sorted(id_ for id_ in self._found(where) if after is None or id_ > after)
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

    def _found(self, where: Where) -> list[str]:
        self._opened()
        return [
            id_
            for id_, payload in self._payloads.items()
            if all(_holds(condition, id_, payload) for condition in where.must)
            and not any(_holds(condition, id_, payload) for condition in where.must_not)
        ]


def _holds(condition: Condition, id_: str, payload: dict[str, Any]) -> bool:
    match condition:
        case Equals(key, value):
            return value in _values(payload, key)
        case AnyOf(key, values):
            return not _values(payload, key).isdisjoint(values)
        case Between(key, at_least, at_most):
            number = payload.get(key)
            return (
                number is not None
                and (at_least is None or at_least <= number)
                and (at_most is None or number <= at_most)
            )
        case HasId(ids):
            return id_ in point_ids(ids)


def _values(payload: dict[str, Any], key: str) -> AbstractSet[str]:
    value: str | Iterable[str] = payload.get(key, ())
    return {value} if isinstance(value, str) else set(value)


def _cosine(one: Vector, other: Vector) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0
