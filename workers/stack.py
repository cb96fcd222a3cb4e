"""Everything on one machine: our broker if none is named, and all services on one store."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from broker_bridge.access import Account
from broker_bridge.broker import LocalBroker, find_programs
from broker_bridge.broker_config import TlsListener
from broker_bridge.faults import BrokerFault
from broker_bridge.url import BrokerUrl
from workers import listening
from workers.accounts import OPERATOR, OWNER, broker_url, load_or_make
from workers.faults import Doing, Hold, decide, hold
from workers.life import Life
from workers.settings import Settings

RESTART_S = 1.0
"""Between the end of our broker and its next start."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stack:
    """A memory that runs."""

    broker: BrokerUrl
    """As its operator."""
    owner: BrokerUrl
    """As the owner of the first tenant."""
    broken: "list[asyncio.Future[None]]"
    serves: bool = True
    """False where a stop came before everything that serving needs could be had."""

    async def until(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set; raises what ended the memory, if something does."""
        for each in await _first_of(stop, *self.broken):
            each.result()


@asynccontextmanager
async def running(
    settings: Settings,
    services: tuple[str, ...] = ("ingest", "query", "summarizer"),
    *,
    stop: asyncio.Event | None = None,
    standby: bool = False,
    fetch: bool = False,
) -> AsyncIterator[Stack]:
    """The stack, from the broker up; taken down in the opposite order. Entered once it serves, or at `stop`.

    What serving needs and cannot be had is said on the services' status, and waited for. With `standby` (or
    the setting) a store that another process has is, too; with `fetch` a missing model is fetched.

    Raises:
        BrokerFault, StoreTaken, StoreMismatch: no waiting helps; each says what to do.
    """
    beyond = None if settings.broker is not None else listening.beyond(settings)
    if beyond is not None:
        listening.mind_expiry(beyond)
    # What homes and people said is for its owner's eyes alone.
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    standby = standby or settings.standby
    life = Life(settings, services, standby=standby, fetch=fetch)
    memory = asyncio.create_task(_live(settings, services, life, beyond, standby=standby), name="memory")
    try:
        serves = asyncio.ensure_future(life.serves.wait())
        await _first_of(stop or asyncio.Event(), memory, serves)
        serves.cancel()
        if memory.done():
            memory.result()
        yield Stack(
            broker_url(settings, OPERATOR),
            broker_url(settings, OPERATOR if settings.broker else OWNER),
            [memory],
            life.serves.is_set(),
        )
    finally:
        await _end(memory)


async def _first_of(stop: asyncio.Event, *others: "asyncio.Future[Any]") -> "set[asyncio.Future[Any]]":
    stopping = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([stopping, *others], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    return done


async def _end(memory: "asyncio.Task[None]") -> None:
    """Takes the memory down; raises what taking it down, or nothing else before, could not do."""
    if memory.done():
        return
    memory.cancel()
    await asyncio.wait([memory])
    if not memory.cancelled():
        memory.result()


async def _live(
    settings: Settings,
    services: tuple[str, ...],
    life: Life,
    beyond: TlsListener | None,
    *,
    standby: bool,
) -> None:
    """The memory's one task: our broker stays up while the memory is started anew."""
    async with AsyncExitStack() as stack:
        stack.callback(life.let_go)
        keeping = None
        if settings.broker is None:
            keeping = await _own_broker(settings, life, beyond, stack, standby=standby)
        _check_one_each(settings, services)
        await life.live(keeping)


def _check_one_each(settings: Settings, services: tuple[str, ...]) -> None:
    """Two services under one client id would throw each other off for ever."""
    ids = [broker_url(settings, name).client_id for name in services]
    if len(services) > 1 and None not in ids and len(set(ids)) < len(ids):
        raise BrokerFault(
            f"the broker's URL gives {', '.join(services)} one client id",
            hint="leave user and client_id out of it, and set MEMBROKER_ACCOUNTS; or start each alone",
        )


async def _own_broker(
    settings: Settings, life: Life, beyond: TlsListener | None, stack: AsyncExitStack, *, standby: bool
) -> "asyncio.Task[None]":
    """Our own broker; the store comes first, because the broker's port and files are whose the store is."""
    attempt = 0
    while True:
        await life.claim()
        try:
            return await _broker(settings, beyond, stack)
        except BrokerFault as fault:
            if not standby:
                raise
            # The one that we stand by for lives: it has let go of its store only to open it anew.
            log.warning("%s; standing by", fault, extra={"action": "wait"})
            life.let_go()
            await asyncio.sleep(hold(attempt).wait_s)
            attempt += 1


async def _broker(
    settings: Settings, beyond: TlsListener | None, stack: AsyncExitStack
) -> "asyncio.Task[None]":
    """Our own broker, kept running."""
    directory = settings.data / "broker"
    broker = LocalBroker(find_programs(settings.mosquitto), directory, settings.port, beyond)
    accounts = load_or_make(directory, settings.port).all(settings.instance)
    await broker.start(accounts)
    stack.push_async_callback(broker.stop)
    keeping = asyncio.create_task(_keep_running(broker, accounts), name="broker")
    stack.callback(keeping.cancel)
    return keeping


async def _keep_running(broker: LocalBroker, accounts: list[Account]) -> None:
    while True:
        code = await broker.wait()
        log.error("Mosquitto ended with code %s; starting it again", code, extra={"action": "restart_broker"})
        await asyncio.sleep(RESTART_S)
        await _restart(broker, accounts)


async def _restart(broker: LocalBroker, accounts: list[Account]) -> None:
    attempt = 0
    while True:
        try:
            await broker.start(accounts)
        except Exception as fault:
            decision = decide(fault, Doing.RUNNING_BROKER, attempt)
            if not isinstance(decision, Hold):
                raise
            log.exception("Mosquitto does not start again", extra={"action": "restart_broker"})
            await asyncio.sleep(decision.wait_s)
            attempt += 1
        else:
            return
