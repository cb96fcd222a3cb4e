"""A store of a million memories, filled directly: through the stack that takes half an hour."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.random import Generator

from bench.client import TENANT
from bench.texts import distinct_texts
from memory.embedding import Embedder
from memory.lexicon import lexicon
from memory.model_fastembed import FastembedModel
from memory.records import Embedded, Memory, Vector, Words
from memory.store_edge import EdgeStore
from workers.settings import Settings
from workers.wiring import identity_of, load_model

MEMORIES = 1_000_000
OWN = 100_000
"""Of these, memories of the one entity that has many."""
LARGE = "hall"
ENTITIES = [f"room-{number}" for number in range(999)]
"""The others, some 900 memories each."""
TEXTS = 4000
"""Embedded for real; each memory has the words of one, and its vector with some noise of its own."""
NOISE = 0.02
"""Of each dimension, where a unit vector has 0.05: as far apart as two sentences about one thing."""
BATCH = 4096
BATCHES_PER_FLUSH = 8


@dataclass(frozen=True, slots=True)
class _Said:
    """What memories say: texts, their vectors and words."""

    texts: Sequence[str]
    vectors: Vector
    words: Sequence[Words]


def fill(directory: Path, count: int = MEMORIES) -> None:
    """Makes a store there, a tenth of it of one entity."""
    asyncio.run(_fill(directory, count))


async def _fill(directory: Path, count: int) -> None:
    model, rng = load_model(Settings()), np.random.default_rng(7)
    said = await _said(model)
    store = EdgeStore(directory)
    await store.open(identity_of(model))
    for turn, start in enumerate(range(0, count, BATCH)):
        await store.upsert(_batch(said, rng, range(start, min(start + BATCH, count))))
        if turn % BATCHES_PER_FLUSH == 0:
            await store.flush()
    await store.close()


async def _said(model: FastembedModel) -> _Said:
    texts = distinct_texts(TEXTS, seed=7)
    embedder = Embedder(model, threads=2, cache_texts_max=1)
    vectors = np.stack(await embedder.embed(texts))
    embedder.close()
    return _Said(texts, vectors, [lexicon("english").document(text) for text in texts])


def _batch(said: _Said, rng: Generator, numbers: range) -> list[Embedded]:
    picked = rng.integers(0, TEXTS, len(numbers))
    vectors = said.vectors[picked] + NOISE * rng.standard_normal(
        (len(numbers), said.vectors.shape[1]), dtype=np.float32
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        Embedded(_memory(number, said.texts[text], rng), vector, said.words[text])
        for number, text, vector in zip(numbers, picked, vectors, strict=True)
    ]


def _memory(number: int, text: str, rng: Generator) -> Memory:
    entity = LARGE if number % (MEMORIES // OWN) == 0 else ENTITIES[number % len(ENTITIES)]
    at = 1_600_000_000.0 + number
    id_ = str(UUID(bytes=rng.bytes(16), version=4))
    return Memory(id_, TENANT, entity, "filler", "event", text, at=at, received=at)
