"""When the words of a scope are read whole, and how long they are kept. What is found: `test_store_words`."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import qdrant_edge as edge

from memory import edge_words
from memory.conditions import EVERYTHING, scoped
from memory.edge_points import create_shard, to_filter, to_point
from memory.edge_words import EdgeWords, ScopeWords
from memory.lexicon import lexicon
from memory.records import ENGLISH, Embedded, Memory, Scope
from tests.contract.memories import DIMENSION, toward

ENTITIES = [f"e{number}" for number in range(6)]
LEXICON = lexicon(ENGLISH)


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[edge.EdgeShard]:
    opened = create_shard(str(tmp_path / "shard"), DIMENSION)
    for entity in ENTITIES:
        put(opened, entity, "the cat sleeps", "the key hangs in the cellar")
    yield opened
    opened.close()


def put(shard: edge.EdgeShard, entity: str, *texts: str) -> None:
    points = [
        to_point(
            Embedded(
                Memory(str(uuid4()), "t", entity, "d", "note", text, 1.0, 1.0),
                toward(0),
                LEXICON.document(text),
            )
        )
        for text in texts
    ]
    shard.update(edge.UpdateOperation.upsert_points(points))


def read(words: EdgeWords, entity: str, count: int = 1) -> ScopeWords | None:
    scope = Scope("t", entity)
    return words.of(scope, to_filter(scoped(scope, EVERYTHING, None)), count)


def test_a_scope_is_read_whole_where_that_is_quicker(
    shard: edge.EdgeShard, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = EdgeWords(shard)
    assert read(words, "e0") is None, "of twelve memories a search is quicker"
    monkeypatch.setattr(edge_words, "WALKED_US", 1000 * edge_words.READ_US / 12)
    assert read(words, "e0", 1) is None
    assert read(words, "e0", 2) is not None, "two words are walked twice as long as one"


def test_a_large_scope_is_never_read_whole(shard: edge.EdgeShard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_words, "READ_US", 0.0)
    monkeypatch.setattr(edge_words, "MEMORIES_MAX", 1)
    assert read(EdgeWords(shard), "e0") is None


def test_it_is_kept_until_something_changes_and_few_are(
    shard: edge.EdgeShard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_words, "READ_US", 0.0)
    words = EdgeWords(shard)
    first = read(words, "e0")
    assert first is not None
    assert read(words, "e0") is first
    words.changing()
    put(shard, "e0", "a zebra came")
    second = read(words, "e0")
    assert second is not None
    assert len(dict(second.matching(LEXICON.query("zebra"), 9))) == 1
    for entity in ENTITIES[1 : 1 + edge_words.SCOPES_KEPT]:
        read(words, entity)
    assert read(words, "e0") is not second
