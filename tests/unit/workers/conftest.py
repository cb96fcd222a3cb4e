"""A house to ask."""

from collections.abc import AsyncIterator

import pytest

from memory.embedding import Embedder
from memory.records import Identity
from memory.store_twin import TwinStore
from tests.unit.workers.fakes import House, WordsModel, WordTokens
from workers.answers import Answers


@pytest.fixture
async def house() -> AsyncIterator[House]:
    model, store = WordsModel(), TwinStore()
    await store.open(Identity(1, model.name, model.precision, model.dimension))
    embedder = Embedder(model, threads=1, cache_texts_max=100)
    yield House(Answers(store, embedder, WordTokens()), store, model)
    embedder.close()
