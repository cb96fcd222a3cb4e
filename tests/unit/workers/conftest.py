"""A house to ask."""

from collections.abc import AsyncIterator

import pytest

from memory.embedding import Embedder
from memory.lexicon import lexicon
from memory.ranking import DEFAULT
from memory.records import ENGLISH, Identity
from memory.store_twin import TwinStore
from memory.time_zones import UTC_NAME
from memory.word_forms import WordForms
from tests.unit.workers.fakes import ZONES, House, WordsModel, WordTokens
from workers.answers import Answers
from workers.drawing import Drawing
from workers.measuring import Measuring


@pytest.fixture
async def house() -> AsyncIterator[House]:
    model, store = WordsModel(), TwinStore()
    await store.open(Identity(1, model.name, model.precision, model.dimension))
    embedder = Embedder(model, threads=1, cache_texts_max=100)
    drawing = Drawing(store, embedder, lexicon(ENGLISH), DEFAULT)
    answers = Answers(
        store,
        Measuring(store, WordForms(lexicon(ENGLISH).stems)),
        drawing,
        WordTokens(),
        zone_of=lambda tenant: ZONES.get(tenant, UTC_NAME),
    )
    yield House(answers, store, model)
    embedder.close()
