"""What the store suites remember, and how they look for it."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from memory.conditions import EVERYTHING, Filters, Where, scoped
from memory.lexicon import lexicon
from memory.payload import to_payload
from memory.records import ENGLISH, Candidate, Embedded, Identity, Memory, Scope, Vector, Words, ancestors
from memory.store import MemoryStore

DIMENSION = 4
IDENTITY = Identity(contract=1, model="a/model", precision="int8", dimension=DIMENSION)
LEXICON = lexicon(ENGLISH)
HOME = Scope("acme", "home7")
NOW = 1_760_000_000.0
ALL = 10_000

Place = Callable[[], MemoryStore]
"""Makes one more adapter over the same memories, as a restart does."""

_serial = count(1)


def toward(degrees: float) -> Vector:
    """A unit vector this far from `toward(0)`."""
    angle = math.radians(degrees)
    return np.array([math.cos(angle), math.sin(angle), 0.0, 0.0], dtype=np.float32)


def a_memory(**changes: Any) -> Memory:
    """A memory of HOME, unlike any other."""
    number = next(_serial)
    usual: dict[str, Any] = {
        "id": str(uuid4()),
        "tenant": HOME.tenant,
        "entity": HOME.entity,
        "device": "kiosk-1",
        "kind": "observation",
        "text": f"observation {number}",
        "at": NOW - 1000 - number,
        "received": NOW,
    }
    return Memory(**(usual | changes))


def numbered(number: int) -> str:
    """The same id for the same number."""
    return str(UUID(int=number, version=4))


def kept_before(memory: Memory) -> dict[str, Any]:
    """What layout 1 kept of a memory."""
    payload = to_payload(memory) | {"within": ancestors(memory.entity), "tier": memory.tier}
    return {name: value for name, value in payload.items() if name not in ("scope", "number")}


def embedded(memory: Memory, vector: Vector | None = None) -> Embedded:
    """With the words of its text; the vector that of `toward(0)` where it does not matter."""
    return Embedded(memory, toward(0) if vector is None else vector, LEXICON.document(memory.text))


async def put(store: MemoryStore, *memories: Memory) -> None:
    await store.upsert([embedded(memory) for memory in memories])


async def texts(
    store: MemoryStore, filters: Filters = EVERYTHING, *, scope: Scope = HOME, now: float = NOW
) -> set[str]:
    """The texts that every kind of search finds; that they find the same is part of the contract."""
    where = scoped(scope, filters, now)
    newest = [memory.text for memory in await store.newest(where, ALL)]
    oldest = [memory.text for memory in await store.newest(where, ALL, oldest_first=True)]
    near = [candidate.memory.text for candidate in await read_nearest(store, where, toward(0), ALL)]
    assert sorted(newest) == sorted(oldest) == sorted(near)
    assert await store.count(where) == len(newest)
    assert len(set(newest)) == len(newest)
    return set(newest)


async def read_nearest(store: MemoryStore, where: Where, vector: Vector, limit: int) -> list[Candidate]:
    """What a search by meaning finds, read."""
    found = await store.nearest(where, vector, limit)
    memories = await store.memories([*found])
    return [Candidate(memories[each], similarity=score) for each, score in found.items()]


async def read_matching(
    store: MemoryStore, where: Where, corpus: Where, words: Words, limit: int
) -> list[Candidate]:
    """What a search by words finds, read."""
    found = dict(await store.matching(where, corpus, words, limit))
    memories = await store.memories([*found])
    return [Candidate(memories[each], words=score) for each, score in found.items()]


def exactly(memory: Memory) -> str:
    """A memory so that 1, 1.0 and true differ, and the order of a map's keys does not."""
    return json.dumps(asdict(memory), sort_keys=True)
