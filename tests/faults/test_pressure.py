"""Promise: a part that is slow or away loses nothing; the inbox holds its bound whatever the broker sends."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from broker_bridge.inbox import InboxLimits
from broker_bridge.session import Session, SessionOptions
from memory.embedding import Embedder
from memory.errors import StoreError
from memory.records import Embedded, Identity, Vector
from memory.store_twin import TwinStore
from schemas.service import Health
from tests.conftest import Mosquitto
from tests.mqtt import RawClient, receipts
from workers.commit import CommitLimits
from workers.deadletters import DeadLetters
from workers.ingest import SUBSCRIPTION, Ingest

WAITING_MAX = 40
MESSAGES = 1500


class Model:
    """A model that waits until it is let go, and fails on words it is told to fail on."""

    name, precision, dimension = "test", "exact", 4

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.poison: str | None = None

    def encode(self, texts: Sequence[str]) -> list[Vector]:
        self.go.wait()
        if self.poison is not None and self.poison in texts:
            raise ZeroDivisionError("a fault of ours")
        return [np.eye(4, dtype=np.float32)[len(text) % 4] for text in texts]


class Store(TwinStore):
    """A store that can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked_while_away = asyncio.Event()

    async def upsert(self, batch: Sequence[Embedded]) -> None:
        if self.away:
            self.asked_while_away.set()
            raise StoreError("the store is away", hint="wait")
        await super().upsert(batch)


class Running:
    """Ingest on a real broker, with parts that fail when told to."""

    def __init__(self, broker: Mosquitto, tenant: str, directory: Path, limits: InboxLimits) -> None:
        self.model = Model()
        self.store = Store()
        self.said: list[tuple[Health, str | None]] = []
        # A Receive Maximum far above the inbox's bound stands for a broker that ignores it.
        options = SessionOptions(f"ingest-{tenant}", (SUBSCRIPTION,), receive_max=65535, expiry_s=60)
        self.session = Session(broker.url, options)
        self.ingest = Ingest(
            session=self.session,
            store=self.store,
            embedder=Embedder(self.model, threads=1, cache_texts_max=10),
            dead_letters=DeadLetters(directory, 10**6),
            inbox_limits=limits,
            commit_limits=CommitLimits(wait_ms_max=50, observations_max=100),
            durable=True,
            say=lambda health, reason=None: self.said.append((health, reason)),
        )
        self.session.on_message = self.ingest.hear
        self.session.on_disconnect = self.ingest.connection_lost


@asynccontextmanager
async def running(
    broker: Mosquitto, tenant: str, directory: Path, limits: InboxLimits | None = None
) -> AsyncIterator[Running]:
    it = Running(broker, tenant, directory, limits or InboxLimits())
    await it.store.open(Identity(1, "test", "exact", 4))
    subscribed = asyncio.Event()
    it.session.on_subscribed = subscribed.set
    async with it.session:
        await subscribed.wait()
        working = asyncio.create_task(it.ingest.run(), name="ingest")
        yield it
        it.model.go.set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_the_inbox_holds_its_bound_and_nothing_is_lost(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    limits = InboxLimits(waiting_messages_max=WAITING_MAX, batch_messages_max=10)
    async with (
        running(own_mosquitto, tenant, tmp_path, limits) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        it.model.go.clear()
        for number in range(MESSAGES):
            await client.publish(client.topic("obs", "e"), json.dumps({"id": number, "text": f"n {number}"}))
            assert len(it.ingest.inbox) <= WAITING_MAX
        assert it.session.counters["pauses"] >= 1
        it.model.go.set()
        told: set[int] = set()
        while len(told) < MESSAGES:
            told |= {receipt["id"] for receipt in receipts(await client.next())}
            assert len(it.ingest.inbox) <= WAITING_MAX
        assert await it.store.points() == MESSAGES


async def test_while_the_store_is_away_nothing_is_acknowledged_and_then_everything_is_stored(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        it.store.away = True
        await client.publish(client.topic("obs", "e"), '{"id": 1, "text": "patience"}')
        await it.store.asked_while_away.wait()
        assert it.said[0][0] == "degraded"
        assert "the store is away" in str(it.said[0][1])
        assert it.ingest.counters["stored"] == 0
        it.store.away = False
        [receipt] = receipts(await client.next())
        assert receipt["status"] == "stored"
        assert it.said[-1] == ("online", None)


async def test_a_fault_of_ours_costs_that_one_observation_alone_and_is_kept_with_its_traceback(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        it.model.poison = "poison"
        batch = [{"id": n, "text": text} for n, text in enumerate(["good", "poison", "fine"])]
        told = await client.observe("e", batch)
        assert [each["status"] for each in told] == ["stored", "refused", "stored"]
        assert told[1]["reason"] == "fault"
        [letter] = list(DeadLetters(tmp_path, 10**6))
        assert letter.reason == "fault"
        assert "ZeroDivisionError" in str(letter.traceback)
