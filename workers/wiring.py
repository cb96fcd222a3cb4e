"""The one place that builds adapters from settings."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from broker_bridge.inbox import InboxLimits
from broker_bridge.presence import Presence, ServiceName
from broker_bridge.session import Session, SessionOptions
from broker_bridge.url import BrokerUrl
from memory import model
from memory.audit_log import AuditLog
from memory.embedding import Embedder
from memory.errors import ModelError
from memory.ledger import Ledger
from memory.lexicon import Lexicon
from memory.model_fastembed import FastembedModel
from memory.published import Published
from memory.records import ENGLISH, Identity, Language
from memory.store import MemoryStore
from memory.store_edge import EdgeStore
from memory.store_lock import StoreLock
from memory.token_book import TokenBook
from memory.word_forms import WordForms
from workers import backup, broker_watch, control, ingest, query, summarizer
from workers.answers import Answers
from workers.auditing import Auditing, AuditLimits
from workers.changing import Changing
from workers.commit import CommitLimits
from workers.condensing import Condensing
from workers.deadletters import DeadLetters
from workers.digests import Digests
from workers.drawing import Drawing
from workers.erasing import Erasing
from workers.forgetting import Forgetting
from workers.herald import RECEIVE_MAX, Herald
from workers.ingest import Ingest
from workers.limits import Pace, Room
from workers.llm import LlmWriter
from workers.manage import Manage
from workers.measuring import Measuring
from workers.merging import Merging
from workers.policies import LivePolicies
from workers.query import Query
from workers.rating import Rating
from workers.removing import Removing
from workers.report import Report
from workers.retention import Retention
from workers.service import VERSION, Service
from workers.settings import EDGE, Settings
from workers.summarizer import Summarizer, SummarizerLimits
from workers.using import Using

log = logging.getLogger(__name__)

CONTRACT_VERSION = 1
SESSION_S = {"ingest": 30 * 86_400, "query": 30, "summarizer": 0}
"""How long the broker keeps what comes while a service is away: observations for a month; requests for longer
than a restart, because for older ones nobody waits; no cues, for what is due stands in the ledger."""
DAY_S = 86_400.0
ASKED_LATELY_S = 5.0
"""While somebody asks, ingest embeds on one core and leaves the other for answers."""
QUERY_EMBED_THREADS = 2
QUERY_CACHE_TEXTS_MAX = 1000
SUMMARIZER_CACHE_TEXTS_MAX = 64


@dataclass(frozen=True, slots=True)
class Parts:
    """What both workers stand on."""

    store: MemoryStore
    model: FastembedModel
    lexicon: Lexicon
    policies: LivePolicies
    embedders: list[Embedder] = field(default_factory=list)
    """Those built so far: whoever forgets has them forget, too."""

    def embedder(
        self, *, threads: int, cache_texts_max: int, parallel: Callable[[], int] | None = None
    ) -> Embedder:
        """One more."""
        made = Embedder(self.model, threads=threads, cache_texts_max=cache_texts_max, parallel=parallel)
        self.embedders.append(made)
        return made


def identity_of(loaded: FastembedModel, language: Language = ENGLISH) -> Identity:
    """What a store that serves this model is made with, and the language of its words."""
    return Identity(CONTRACT_VERSION, loaded.name, loaded.precision, loaded.dimension, language)


def controlled(settings: Settings, store: MemoryStore) -> AbstractAsyncContextManager[None]:
    """Does what commands on this machine ask; only an embedded store is ours alone."""
    if not isinstance(store, EdgeStore):
        return nullcontext()

    async def back_up(request: Mapping[str, Any]) -> Mapping[str, Any]:
        directory = Path(control.text_of(request, "directory"))
        return asdict(await backup.make(settings.data, directory, store.copy_to))

    return control.listening(settings.data, {"backup": back_up})


async def back_up_alone(settings: Settings, directory: Path) -> backup.Manifest:
    """Backs up a memory that does not run. Raises StoreTaken where one does."""
    store = EdgeStore(store_directory(settings))
    await store.open_as_it_is()
    try:
        return await backup.make(settings.data, directory, store.copy_to)
    finally:
        await store.close()


def load_model(settings: Settings, *, fetch: bool = False) -> FastembedModel:
    """The embedding model from the cache, with `fetch` put there first; ModelError where it cannot be had."""
    directory = model.model_dir(settings.model_cache, settings.model)
    if fetch:
        model.fetch(settings.model_cache, settings.model, log.info)
    if not model.is_ready(directory):
        raise ModelError(
            f"the model {settings.model} is not in {settings.model_cache}", hint="Run: membroker model fetch"
        )
    try:
        return FastembedModel(directory)
    except Exception as error:
        raise ModelError(
            f"the model in {directory} does not load: {error}", hint="Run: membroker model check"
        ) from error


def make_store(settings: Settings, lock: StoreLock) -> MemoryStore:
    """The store that the settings name, not yet open; `lock` is of an embedded one."""
    if settings.store == EDGE:
        return EdgeStore(store_directory(settings), lock)
    # Its client takes 42 MB and half a second to import: who has the store embedded has neither to give.
    from memory.store_server import ServerStore  # noqa: PLC0415

    return ServerStore(settings.store, collection=settings.collection, api_key=settings.store_api_key)


def store_directory(settings: Settings) -> Path:
    """Where an embedded store is."""
    return settings.data / "store"


def dead_letters(settings: Settings) -> DeadLetters:
    """Where refused observations are kept."""
    return DeadLetters(settings.data / "deadletters", settings.deadletter_bytes_max)


def make_auditing(settings: Settings, report: Report) -> Auditing:
    """The audit log, which all services of one machine share."""
    limits = AuditLimits(settings.audit_days, settings.audit_bytes_max)
    return Auditing(AuditLog(settings.data / backup.AUDIT), limits, report)


def make_ledger(settings: Settings) -> Ledger:
    """What ingest keeps beside the store."""
    return Ledger(settings.data / backup.LEDGER)


def make_published(settings: Settings) -> Published:
    """What stands on retained topics; not in a backup, for another broker retains something else."""
    return Published(settings.data / "digests.sqlite3")


class Asked:
    """Knows when somebody last asked, so that ingest can make room."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.query: Query | None = None

    def ingest_threads(self) -> int:
        """How many threads ingest may embed on now."""
        asked_lately = self.query is not None and time.monotonic() - self.query.last_heard < ASKED_LATELY_S
        return 1 if asked_lately else self._threads


def ingest_service(settings: Settings, broker: BrokerUrl, have: Parts, asked: Asked) -> Service:
    """The ingest worker and its connection."""
    name = ServiceName("ingest", settings.instance)
    session = _session(
        settings,
        broker,
        name,
        (ingest.SUBSCRIPTION,),
        settings.receive_max,
        hears_also=broker_watch.TOPICS,
    )
    durable = settings.durability == "power" and have.store.survives == "power"
    presence = Presence(name, session, version=VERSION, durability="power" if durable else "process")
    wait_ms = settings.flush_wait_ms_max if durable else 0
    worker = Ingest(
        session=session,
        store=have.store,
        embedder=have.embedder(
            threads=settings.embed_threads,
            cache_texts_max=settings.embed_cache_texts_max,
            parallel=asked.ingest_threads,
        ),
        lexicon=have.lexicon,
        merging=Merging(
            make_ledger(settings),
            have.store,
            have.policies.rule_of,
            settings.resend_days * DAY_S,
            settings.ledger_bytes_max,
        ),
        policies=have.policies,
        dead_letters=dead_letters(settings),
        auditing=make_auditing(settings, presence.report),
        inbox_limits=InboxLimits(
            settings.inbox_messages_max,
            settings.inbox_bytes_max,
            settings.batch_messages_max,
            settings.batch_bytes_max,
            settings.batch_wait_ms_max,
        ),
        commit_limits=CommitLimits(wait_ms, settings.flush_observations_max),
        pace=Pace(settings.messages_per_s_max),
        room=Room(have.store, settings.memories_per_entity_max),
        durable=durable,
        report=presence.report,
    )
    session.on_message = worker.hear
    session.on_disconnect = worker.connection_lost
    return _service(settings, name, session, presence, worker)


def query_service(settings: Settings, broker: BrokerUrl, have: Parts, asked: Asked) -> Service:
    """The query worker and its connection: one of its own, so that questions don't wait behind ingest."""
    name = ServiceName("query", settings.instance)
    session = _session(settings, broker, name, query.SUBSCRIPTIONS, query.UNDER_WAY_MAX)
    presence = Presence(name, session, version=VERSION, durability=None)
    embedder = have.embedder(threads=QUERY_EMBED_THREADS, cache_texts_max=QUERY_CACHE_TEXTS_MAX)
    auditing, changing, upkeep = make_auditing(settings, presence.report), Changing(), asyncio.Lock()
    forgetting = Forgetting(
        have.store,
        auditing=auditing,
        ledger=make_ledger(settings),
        digests=make_published(settings),
        letters=dead_letters(settings),
        embedders=have.embedders,
        publish=session.publish,
    )
    worker = Query(
        session=session,
        answers=Answers(
            have.store,
            Measuring(have.store, WordForms(have.lexicon.stems)),
            Drawing(have.store, embedder, have.lexicon, settings.ranking),
            have.model.tokens,
            zone_of=lambda _tenant: settings.time_zone,
        ),
        manage=Manage(
            have.store,
            embedder,
            have.lexicon,
            auditing=auditing,
            forgetting=forgetting,
            changing=changing,
            publish=session.publish,
        ),
        rating=Rating(have.store, auditing=auditing, changing=changing),
        auditing=auditing,
        erasing=Erasing(have.store, every_s=settings.erase_every_s, report=presence.report, alone=upkeep),
        retention=Retention(
            have.store,
            have.policies,
            Removing(have.store, session.publish),
            every_s=settings.retention_every_s,
            report=presence.report,
            alone=upkeep,
        ),
        using=Using(have.store, changing),
        policies=have.policies,
        pace=Pace(settings.requests_per_s_max),
        at_once=settings.queries_at_once,
        report=presence.report,
    )
    session.on_message = worker.hear
    asked.query = worker
    return _service(settings, name, session, presence, worker)


def summarizer_service(settings: Settings, broker: BrokerUrl, have: Parts, _asked: Asked) -> Service:
    """The summarizer and its connection."""
    name = ServiceName("summarizer", settings.instance)
    session = _session(settings, broker, name, summarizer.SUBSCRIPTIONS, settings.receive_max)
    presence = Presence(name, session, version=VERSION, durability=None)
    ledger = make_ledger(settings)
    writer = LlmWriter(
        TokenBook(settings.data / "tokens.sqlite3"),
        lambda tenant: have.policies.of_tenant(tenant).llm,
        presence.report,
    )
    worker = Summarizer(
        session=session,
        store=have.store,
        ledger=ledger,
        condensing=Condensing(
            have.store,
            have.embedder(threads=1, cache_texts_max=SUMMARIZER_CACHE_TEXTS_MAX),
            have.lexicon,
            have.policies.rules_of,
            ledger=ledger,
            writer=writer,
        ),
        writer=writer,
        digests=Digests(
            have.store,
            make_published(settings),
            of_tenant=have.policies.of_tenant,
            publish=session.publish,
        ),
        limits=SummarizerLimits(
            settings.condensing,
            settings.condense_every_s,
            settings.digest_wait_s,
            settings.condense_share,
        ),
        report=presence.report,
    )
    session.on_message = worker.hear
    return _service(settings, name, session, presence, worker)


def herald(settings: Settings, broker: BrokerUrl, service: str) -> Herald:
    """Who speaks for a service while it cannot serve."""
    name = ServiceName(service, settings.instance)
    session = _session(settings, broker, name, (), RECEIVE_MAX)
    return Herald(session, Presence(name, session, version=VERSION, durability=None))


def _session(
    settings: Settings,
    broker: BrokerUrl,
    name: ServiceName,
    subscriptions: tuple[str, ...],
    receive_max: int,
    *,
    hears_also: tuple[str, ...] = (),
) -> Session:
    options = SessionOptions(
        client_id=broker.client_id or name.client_id,
        subscriptions=subscriptions,
        hears_also=hears_also,
        will=name.will,
        expiry_s=SESSION_S[name.service],
        receive_max=receive_max,
        trust=settings.trust,
    )
    return Session(broker, options)


def _service(
    settings: Settings,
    name: ServiceName,
    session: Session,
    presence: Presence,
    worker: Ingest | Query | Summarizer,
) -> Service:
    return Service(
        name, session, presence, worker.run, worker.drain, worker.close, worker.measure,
        settings.stats_every_s, settings.drain_s_max,
    )  # fmt: skip
