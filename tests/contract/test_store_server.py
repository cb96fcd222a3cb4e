"""What only a server can do: be away, be somebody else's, be shared."""

import time
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Any

import httpx
import pytest
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from memory.conditions import EVERYTHING, scoped
from memory.errors import StoreError
from memory.records import Memory, Scope
from memory.store_server import UPSERT_POINTS_MAX, ServerStore
from tests.contract.memories import (
    ALL,
    DIMENSION,
    HOME,
    IDENTITY,
    LEXICON,
    NOW,
    a_memory,
    kept_before,
    put,
    read_matching,
    texts,
    toward,
)

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")

HERE = scoped(HOME, EVERYTHING, NOW)
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
async def client() -> AsyncIterator[AsyncQdrantClient]:
    in_process = AsyncQdrantClient(location=":memory:")
    yield in_process
    await in_process.close()


async def test_a_server_that_is_away_is_named_with_the_next_step() -> None:
    with pytest.raises(StoreError) as refused:
        await ServerStore(NOWHERE, api_key="secret").open(IDENTITY)
    assert "secret" not in str(refused.value)
    assert NOWHERE in str(refused.value)
    assert f"{NOWHERE}/readyz" in refused.value.hint


async def test_a_url_that_is_none_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="ftp"):
        await ServerStore("ftp://127.0.0.1").open(IDENTITY)


async def test_a_collection_of_somebody_else_is_left_alone(client: AsyncQdrantClient) -> None:
    params = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
    await client.create_collection("theirs", vectors_config={"dense": params}, metadata={"owner": "them"})
    with pytest.raises(StoreError, match=r"theirs .* is not membroker's"):
        await ServerStore("http://in.process", collection="theirs", client=client).open(IDENTITY)


async def test_a_server_that_counts_all_tenants_words_is_refused(
    client: AsyncQdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def older() -> models.VersionInfo:
        return models.VersionInfo(title="qdrant", version="1.18.2")

    monkeypatch.setattr(client, "info", older)
    with pytest.raises(StoreError, match=r"is 1\.18\.2, and too old") as refused:
        await ServerStore("http://in.process", client=client).open(IDENTITY)
    assert "1.19" in refused.value.hint


async def as_before(client: AsyncQdrantClient, *memories: Memory) -> None:
    """A collection as the earlier version left it: no words in it, no language in its identity."""
    params = models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)
    identity = {name: value for name, value in asdict(IDENTITY).items() if name not in ("language", "layout")}
    await client.create_collection(
        "memories", vectors_config={"dense": params}, metadata={"membroker": identity}
    )
    vector = {"dense": toward(0).tolist()}
    points = [models.PointStruct(id=each.id, vector=vector, payload=kept_before(each)) for each in memories]
    await client.upsert("memories", points)


async def found(store: ServerStore, question: str) -> set[str]:
    candidates = await read_matching(store, HERE, HERE, LEXICON.query(question), ALL)
    return {candidate.memory.text for candidate in candidates}


async def test_an_older_collection_serves_at_once_and_gets_its_words_in_place(
    client: AsyncQdrantClient,
) -> None:
    old = [a_memory(text=f"old boiler {n}") for n in range(UPSERT_POINTS_MAX + 10)]
    await as_before(client, *old)
    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    assert store.renewal_due
    await store.forget([old[0].id], NOW)
    await put(store, a_memory(text="new boiler"))
    assert await found(store, "boiler") == {"new boiler"}
    await store.erase()
    assert not store.renewal_due
    assert await found(store, "boiler") == {"new boiler"} | {memory.text for memory in old[1:]}

    again = ServerStore("http://in.process", client=client)
    await again.open(IDENTITY)
    assert not again.renewal_due


async def test_of_an_older_collection_each_scope_shows_its_own_before_and_after_it_is_renewed(
    client: AsyncQdrantClient,
) -> None:
    below = Scope(HOME.tenant, HOME.entity, below=True)
    mine = [a_memory(value=1, text="mine"), a_memory(entity="home7/ana", value=2.5, text="hers")]
    await as_before(client, *mine, a_memory(entity="home70", text="next door"))
    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    await put(store, a_memory(value=2, text="new"))
    assert await texts(store) == {"mine", "new"}
    assert await texts(store, scope=below) == {"mine", "hers", "new"}
    await store.revise([replace(mine[0], seen=2)])
    await store.erase()

    again = ServerStore("http://in.process", client=client)
    await again.open(IDENTITY)
    assert not again.renewal_due
    assert await texts(again) == {"mine", "new"}
    largest = await again.extremes(scoped(below, EVERYTHING, NOW), ALL, largest=True)
    assert [memory.value for memory in largest] == [2.5, 2, 1]
    assert largest[-1].seen == 2


async def test_what_is_forgotten_or_changed_while_words_are_made_stays_so(
    client: AsyncQdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, changed, kept = (a_memory(text=f"{name} boiler") for name in ("gone", "changed", "kept"))
    await as_before(client, gone, changed, kept)
    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    write = client.update_vectors

    async def late(*args: Any, **options: Any) -> models.UpdateResult:
        await store.forget([gone.id], NOW)
        await put(store, replace(changed, text="changed lamp", written=time.time()))
        return await write(*args, **options)

    monkeypatch.setattr(client, "update_vectors", late)
    await store.erase()
    assert await found(store, "boiler") == {kept.text}
    assert await found(store, "lamp") == {"changed lamp"}
    [tombstone] = await client.retrieve("memories", [gone.id], with_vectors=True)
    assert tombstone.vector == {}


async def test_two_services_share_a_collection(client: AsyncQdrantClient) -> None:
    ingest = ServerStore("http://in.process", client=client)
    query = ServerStore("http://in.process", client=client)
    await ingest.open(IDENTITY)
    await query.open(IDENTITY)
    await put(ingest, a_memory(text="seen by both"))
    assert await texts(query) == {"seen by both"}
    await ingest.close()
    assert await texts(query) == {"seen by both"}


async def test_another_service_may_make_the_collection_first(
    client: AsyncQdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = client.create_collection

    async def made_meanwhile(*args: Any, **options: Any) -> None:
        await make(*args, **options)
        raise UnexpectedResponse(409, "Conflict", b"exists", httpx.Headers())

    monkeypatch.setattr(client, "create_collection", made_meanwhile)
    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    assert await store.points() == 0


async def test_a_refusal_is_told_in_the_servers_words(
    client: AsyncQdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden(*_: Any, **__: Any) -> None:
        raise UnexpectedResponse(403, "Forbidden", b"write access is needed", httpx.Headers())

    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    monkeypatch.setattr(client, "upsert", forbidden)
    with pytest.raises(StoreError, match="403 write access is needed") as refused:
        await put(store, a_memory())
    assert "API key" in refused.value.hint


async def test_an_upsert_that_is_not_completed_is_not_stored(
    client: AsyncQdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def acknowledged(*_: Any, **__: Any) -> models.UpdateResult:
        return models.UpdateResult(operation_id=1, status=models.UpdateStatus.ACKNOWLEDGED)

    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    monkeypatch.setattr(client, "upsert", acknowledged)
    with pytest.raises(StoreError, match="acknowledged, not completed"):
        await put(store, a_memory())


async def test_every_upsert_waits_and_is_within_the_servers_bound(
    client: AsyncQdrantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    upsert = client.upsert

    async def watched(
        collection: str, points: list[models.PointStruct], *, wait: bool
    ) -> models.UpdateResult:
        assert wait
        sizes.append(len(points))
        return await upsert(collection, points, wait=wait)

    store = ServerStore("http://in.process", client=client)
    await store.open(IDENTITY)
    monkeypatch.setattr(client, "upsert", watched)
    await put(store, *(a_memory() for _ in range(UPSERT_POINTS_MAX + 1)))
    assert sizes == [UPSERT_POINTS_MAX, 1]
