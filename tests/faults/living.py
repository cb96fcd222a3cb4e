"""A memory in this process that may have to wait before it serves, and who watches how it says it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from broker_bridge.url import BrokerUrl
from tests.mqtt import RawClient, decoded
from workers import stack
from workers.settings import Settings

BOTH = ("ingest", "query")


@asynccontextmanager
async def living(
    settings: Settings, services: tuple[str, ...] = BOTH, *, standby: bool = False
) -> AsyncIterator["asyncio.Task[None]"]:
    """The stack, from its start on; what ends it by itself is raised."""
    stop = asyncio.Event()

    async def run() -> None:
        async with stack.running(settings, services, stop=stop, standby=standby) as running:
            await running.until(stop)

    task = asyncio.create_task(run(), name="living")
    try:
        yield task
    finally:
        stop.set()
        await task


@asynccontextmanager
async def serving(
    settings: Settings, broker: BrokerUrl, tenant: str
) -> AsyncIterator["tuple[Watcher, RawClient]"]:
    """The stack once it serves: how ingest says it is, and a device."""
    async with (
        living(settings),
        Watcher.of(broker) as ingest,
        RawClient.connected(broker, tenant, "device-1") as device,
    ):
        await ingest.until("online")
        yield ingest, device


class Watcher:
    """Hears each status that a service tells, from the retained one on."""

    def __init__(self, client: RawClient) -> None:
        self._client = client

    @classmethod
    @asynccontextmanager
    async def of(cls, broker: BrokerUrl, service: str = "ingest") -> AsyncIterator["Watcher"]:
        async with RawClient.connected(broker, "watching", "watcher") as client:
            await client.mqtt.subscribe(f"mem/v1/_sys/{service}/1/status", qos=1)
            yield cls(client)

    async def until(self, status: str, words: str = "") -> dict[str, Any]:
        """The next status of that name whose reason holds these words."""
        while True:
            told: dict[str, Any] = decoded(await self._client.next())
            if told["status"] == status and words in told.get("reason", ""):
                return told
