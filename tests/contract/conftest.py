"""Every adapter of the store, by the name of the place where it keeps its memories."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from qdrant_client import AsyncQdrantClient

from memory.store import MemoryStore
from memory.store_edge import EdgeStore
from memory.store_server import ServerStore
from memory.store_twin import TwinStore
from tests.contract.memories import IDENTITY, Place
from tests.docker_engine import NO_ENGINE, docker_answers

QDRANT_IMAGE = "qdrant/qdrant:v1.19.1"

ADAPTERS = [
    "twin",
    "edge",
    pytest.param(
        "server-inprocess",
        # The client's own mode has no indexes, and says so; it only stands in for the server here.
        marks=pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    ),
    pytest.param("server-container", marks=pytest.mark.containers),
]

EDGE_READING_WORDS = "edge-reading-words"


@asynccontextmanager
async def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """The place of the adapter that a fixture's parameter names."""
    match request.param:
        case "twin":
            twin = TwinStore()
            yield lambda: twin
        case "edge" | "edge-reading-words":
            yield lambda: EdgeStore(tmp_path)
        case "server-inprocess":
            client = AsyncQdrantClient(location=":memory:")
            yield lambda: ServerStore("http://in.process", client=client)
            await client.close()
        case "server-container":
            url = request.getfixturevalue("qdrant_url")
            collection = f"test-{uuid4()}"
            yield lambda: ServerStore(url, collection=collection)


@pytest.fixture(params=ADAPTERS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with adapter(request, tmp_path) as place:
        yield place


@pytest.fixture
async def store(place: Place) -> AsyncIterator[MemoryStore]:
    opened = place()
    await opened.open(IDENTITY)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def qdrant_url() -> Iterator[str]:
    from testcontainers.community.qdrant import QdrantContainer  # noqa: PLC0415 - containers alone need it

    if not docker_answers():
        pytest.skip(NO_ENGINE)
    with QdrantContainer(QDRANT_IMAGE) as qdrant:
        yield f"http://{qdrant.get_container_host_ip()}:{qdrant.get_exposed_port(6333)}"
