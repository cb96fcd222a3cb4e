"""Edge stores that earlier versions made: before memories had words, before a scope was one keyword."""

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path
from uuid import uuid4

import pytest
import qdrant_edge as edge

from memory import edge_generation
from memory.conditions import EVERYTHING, Filters, scoped
from memory.edge_place import EdgePlace, shard_of
from memory.edge_points import VECTOR
from memory.edge_restore import restore
from memory.errors import StoreMismatch
from memory.payload import tombstone
from memory.records import LAYOUT, Memory, Scope
from memory.store_edge import EdgeStore
from tests.contract.memories import (
    ALL,
    DIMENSION,
    HOME,
    IDENTITY,
    LEXICON,
    NOW,
    a_memory,
    exactly,
    kept_before,
    put,
    read_matching,
    texts,
    toward,
)

HERE = scoped(HOME, EVERYTHING, NOW)
OLD = ["the boiler lost pressure", "Ana's keys are in the cellar", "the of"]


def as_before(directory: Path, *memories: Memory, forgotten: str | None = None) -> None:
    """A store as the earlier version left it: no words in the shard, no language in its identity."""
    place = EdgePlace(directory)
    directory.mkdir(exist_ok=True)
    generation = place.new()
    dense = edge.EdgeVectorParams(
        size=DIMENSION, distance=edge.Distance.Cosine, datatype=edge.VectorStorageDatatype.Float16
    )
    shard = edge.EdgeShard.create(str(shard_of(generation)), edge.EdgeConfig(vectors={VECTOR: dense}))
    for field in ("tenant", "entity", "within", "kind", "session"):
        shard.update(edge.UpdateOperation.create_field_index(field, edge.KeywordIndexParams()))
    for field in ("at", "expires"):
        shard.update(edge.UpdateOperation.create_field_index(field, edge.FloatIndexParams()))
    points = [edge.Point(each.id, {VECTOR: toward(0).tolist()}, kept_before(each)) for each in memories]
    if forgotten is not None:
        points.append(edge.Point(forgotten, {}, tombstone(NOW)))
    shard.update(edge.UpdateOperation.upsert_points(points))
    shard.flush()
    shard.close()
    identity = asdict(IDENTITY)
    del identity["language"], identity["layout"]
    (generation / "identity.json").write_text(json.dumps(identity))
    place.switch(generation)


def language_of(directory: Path) -> str | None:
    live = EdgePlace(directory).live()
    assert live is not None
    language: str | None = json.loads((live / "identity.json").read_text())["language"]
    return language


async def opened(directory: Path) -> EdgeStore:
    store = EdgeStore(directory)
    await store.open(IDENTITY)
    return store


async def found(store: EdgeStore, question: str) -> set[str]:
    candidates = await read_matching(store, HERE, HERE, LEXICON.query(question), ALL)
    return {candidate.memory.text for candidate in candidates}


async def test_an_older_store_serves_at_once_and_has_its_words_after_the_next_generation(
    tmp_path: Path,
) -> None:
    gone = a_memory()
    as_before(tmp_path, *(a_memory(text=text) for text in OLD), forgotten=gone.id)
    store = await opened(tmp_path)
    assert store.renewal_due
    assert not store.erase_due
    assert await texts(store) == {*OLD}
    assert await found(store, "boiler") == set()
    await put(store, a_memory(text="the boiler is mended"))
    assert await found(store, "boiler") == {"the boiler is mended"}

    await store.erase()
    assert not store.renewal_due
    assert await found(store, "boiler") == {OLD[0], "the boiler is mended"}
    assert await found(store, "keys") == {OLD[1]}
    assert (await store.known([gone.id])).forgotten == {gone.id}
    await store.close()

    again = await opened(tmp_path)
    assert not again.renewal_due
    assert language_of(tmp_path) == "english"
    assert await found(again, "boiler") == {OLD[0], "the boiler is mended"}
    await again.close()


async def test_words_stay_due_over_a_restart_until_they_are_made(tmp_path: Path) -> None:
    as_before(tmp_path, *(a_memory(text=text) for text in OLD))
    store = await opened(tmp_path)
    await put(store, a_memory(text="a second boiler"))
    await store.close()
    again = await opened(tmp_path)
    assert again.renewal_due
    assert await found(again, "boiler") == {"a second boiler"}
    await again.erase()
    assert await found(again, "boiler") == {OLD[0], "a second boiler"}
    await again.close()


async def test_cut_short_while_it_makes_room_it_does_so_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_: object) -> None:
        raise KeyboardInterrupt

    as_before(tmp_path, a_memory(text=OLD[0]))
    with monkeypatch.context() as patched:
        patched.setattr(edge_generation, "make_room_for_words", dies)
        with pytest.raises(KeyboardInterrupt):
            await opened(tmp_path)
    assert language_of(tmp_path) is None
    store = await opened(tmp_path)
    await store.erase()
    assert await found(store, "boiler") == {OLD[0]}
    await store.close()


async def test_what_changes_while_words_are_made_has_its_own(tmp_path: Path) -> None:
    memories = [a_memory(text=f"old {n}") for n in range(300)]
    as_before(tmp_path, *memories)
    store = await opened(tmp_path)
    making = asyncio.create_task(store.erase())
    for turn in range(20):
        changed, gone = memories[turn], memories[-1 - turn]
        await put(store, a_memory(id=changed.id, text=f"new {turn}"))
        await store.forget([gone.id], NOW)
        await asyncio.sleep(0)
    assert not making.done(), "it has to overlap with the changes"
    await making
    assert len(await found(store, "old")) == 260
    assert await found(store, "new") == {f"new {turn}" for turn in range(20)}
    await store.close()


async def test_an_older_backup_that_is_restored_gets_its_words(tmp_path: Path) -> None:
    as_before(tmp_path / "before", *(a_memory(text=text) for text in OLD))
    copy = EdgePlace(tmp_path / "before").live()
    assert copy is not None
    (tmp_path / "new").mkdir()
    restore(copy, tmp_path / "new", points=len(OLD), replace=False)
    store = await opened(tmp_path / "new")
    assert store.renewal_due
    await store.erase()
    assert await found(store, "boiler") == {OLD[0]}
    await store.close()


@pytest.mark.parametrize("runs", [True, False], ids=["of one that runs", "of one that stands still"])
async def test_a_backup_of_an_older_store_says_what_it_has(tmp_path: Path, *, runs: bool) -> None:
    as_before(tmp_path / "here", a_memory(text=OLD[0]))
    store = EdgeStore(tmp_path / "here")
    await (store.open(IDENTITY) if runs else store.open_as_it_is())
    assert await store.copy_to(tmp_path / "copy") == 1
    await store.close()
    (tmp_path / "new").mkdir()
    restore(tmp_path / "copy", tmp_path / "new", points=1, replace=False)
    copied = await opened(tmp_path / "new")
    assert copied.renewal_due is not runs
    assert await found(copied, "boiler") == ({OLD[0]} if runs else set())
    await copied.close()


SEVERAL = [("home7", 1), ("home7/ana", 2.5), ("home7/ana/bed", "off"), ("home70", 3), ("home7", None)]
BELOW = Scope(HOME.tenant, HOME.entity, below=True)


async def assert_scopes(store: EdgeStore, home: set[str], below: set[str]) -> None:
    assert await texts(store) == home
    assert await texts(store, scope=BELOW) == below
    assert await texts(store, Filters(kinds=["other"]), scope=BELOW) == set()
    assert await store.count_by(scoped(BELOW, EVERYTHING, NOW), "kind") == {"observation": len(below)}
    assert await texts(store, scope=replace(BELOW, tenant="other")) == {"theirs"}


async def test_of_an_older_layout_each_scope_shows_its_own_before_and_after_it_is_renewed(
    tmp_path: Path,
) -> None:
    old = [a_memory(entity=entity, value=value, text=f"{entity} {value}") for entity, value in SEVERAL]
    as_before(tmp_path, *old, a_memory(tenant="other", text="theirs"), forgotten=str(uuid4()))
    store = await opened(tmp_path)
    assert store.renewal_due
    home, below = {"home7 1", "home7 None"}, {"home7 1", "home7 None", "home7/ana 2.5", "home7/ana/bed off"}
    await assert_scopes(store, home, below)
    new = a_memory(entity="home7/ben", value=2, text="new")
    await put(store, new)
    await assert_scopes(store, home, below | {"new"})
    await store.revise([replace(old[1], seen=2), replace(new, seen=2)])
    seen = {
        memory.text for memory in await store.page(scoped(BELOW, EVERYTHING, NOW), ALL) if memory.seen == 2
    }
    assert seen == {"home7/ana 2.5", "new"}

    await store.erase()
    assert not store.renewal_due
    await assert_scopes(store, home, below | {"new"})
    largest = await store.extremes(scoped(BELOW, EVERYTHING, NOW), ALL, largest=True)
    assert [memory.value for memory in largest] == [2.5, 2, 1]
    assert {exactly(memory) for memory in largest[-1:]} == {exactly(old[0])}
    await store.close()
    again = await opened(tmp_path)
    assert not again.renewal_due
    await assert_scopes(again, home, below | {"new"})
    await again.close()


async def test_what_changes_while_a_layout_is_renewed_stays_changed(tmp_path: Path) -> None:
    memories = sorted((a_memory() for _ in range(300)), key=lambda memory: memory.id)
    as_before(tmp_path, *memories)
    store = await opened(tmp_path)
    renewing = asyncio.create_task(store.erase())
    for turn in range(20):
        early, late, gone = memories[turn], memories[-1 - turn], memories[150 + turn]
        await store.revise([replace(each, seen=2) for each in (early, late)])
        await store.forget([gone.id], NOW)
        await store.revise([replace(gone, seen=2)])
        await asyncio.sleep(0)
    assert not renewing.done(), "it has to overlap with the changes"
    await renewing
    found = await store.page(HERE, ALL)
    assert len(found) == 280
    assert sum(memory.seen == 2 for memory in found) == 40
    await store.close()


async def test_a_later_layout_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    await store.close()
    later = replace(IDENTITY, layout=LAYOUT + 1)
    (tmp_path / "g1" / "identity.json").write_text(json.dumps(asdict(later)))
    for how in (lambda: opened(tmp_path), EdgeStore(tmp_path).open_as_it_is):
        with pytest.raises(StoreMismatch, match=f"has layout {LAYOUT + 1}") as refused:
            await how()
        assert "upgrade membroker" in refused.value.hint
