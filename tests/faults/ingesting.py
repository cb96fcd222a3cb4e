"""Ingest on a real broker, with a model and a store that fail when a test says so."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from broker_bridge.inbox import InboxLimits
from broker_bridge.session import Session, SessionOptions
from memory.audit_log import AuditLog
from memory.embedding import Embedder
from memory.errors import StoreError
from memory.ledger import Ledger
from memory.lexicon import lexicon
from memory.records import ENGLISH, Embedded, Identity, Vector
from memory.store import MemoryStore
from memory.store_twin import TwinStore
from tests.conftest import Mosquitto
from workers.auditing import Auditing, AuditLimits
from workers.commit import CommitLimits
from workers.deadletters import DeadLetters
from workers.ingest import SUBSCRIPTION, Ingest
from workers.limits import Pace, Room
from workers.merging import Merging
from workers.policies import LivePolicies

RESEND_S = 86_400.0

IDENTITY = Identity(1, "test", "exact", 4)


class Model:
    """A model that waits until it is let go, and fails on words it is told to fail on."""

    name, precision, dimension = "test", "exact", 4

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.poison: str | None = None

    def encode(self, texts: Sequence[str], _begun: object = None) -> list[Vector]:
        self.go.wait()
        if self.poison is not None and self.poison in texts:
            raise ZeroDivisionError("a fault of ours")
        return [np.eye(4, dtype=np.float32)[len(text) % 4] for text in texts]


class AwayStore(TwinStore):
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

    def __init__(
        self, broker: Mosquitto, tenant: str, directory: Path, limits: InboxLimits, store: MemoryStore
    ) -> None:
        self.model = Model()
        self.store = store
        self.said: list[tuple[str, str | None]] = []
        # A Receive Maximum far above the inbox's bound stands for a broker that ignores it.
        options = SessionOptions(f"ingest-{tenant}", (SUBSCRIPTION,), receive_max=65535, expiry_s=60)
        self.session = Session(broker.url, options)
        policies = LivePolicies(None)
        self.ingest = Ingest(
            session=self.session,
            store=self.store,
            lexicon=lexicon(ENGLISH),
            embedder=Embedder(self.model, threads=1, cache_texts_max=10),
            merging=Merging(
                Ledger(directory.with_name(f"{directory.name}-ledger") / "ledger.sqlite3"),
                store,
                policies.rule_of,
                RESEND_S,
                10**9,
            ),
            policies=policies,
            dead_letters=DeadLetters(directory, 10**6),
            auditing=Auditing(AuditLog(directory / "audit.sqlite3"), AuditLimits(1.0), self._report),
            inbox_limits=limits,
            commit_limits=CommitLimits(wait_ms_max=50, observations_max=100),
            pace=Pace(None),
            room=Room(store, 10**6),
            durable=True,
            report=self._report,
        )
        self.heard_report: Callable[[], None] = lambda: None
        self.session.on_message = self.ingest.hear
        self.session.on_disconnect = self.ingest.connection_lost

    def _report(self, part: str, trouble: str | None) -> None:
        if (part, trouble) == ("policies", None):
            return  # said again and again
        self.said.append((part, trouble))
        self.heard_report()


@asynccontextmanager
async def running(
    broker: Mosquitto,
    tenant: str,
    directory: Path,
    store: MemoryStore,
    limits: InboxLimits | None = None,
) -> AsyncIterator[Running]:
    it = Running(broker, tenant, directory, limits or InboxLimits(), store)
    await store.open(IDENTITY)
    subscribed = asyncio.Event()
    it.session.on_subscribed = subscribed.set
    async with it.session:
        await subscribed.wait()
        working = asyncio.create_task(it.ingest.run(), name="ingest")
        yield it
        it.model.go.set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        it.ingest.close()
    await store.close()
