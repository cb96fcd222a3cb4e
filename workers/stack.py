"""Everything on one machine: our broker if none is named, ingest and query on one store."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from broker_bridge.access import Account
from broker_bridge.broker import BrokerFault, LocalBroker, find_programs
from broker_bridge.url import BrokerUrl
from workers import wiring
from workers.accounts import OPERATOR, OWNER, LocalAccounts, load, load_or_make
from workers.service import Service, serving
from workers.settings import Settings

CONNECT_S_MAX = 5.0
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
    broker_pid: int | None


@asynccontextmanager
async def running(
    settings: Settings, services: tuple[str, ...] = ("ingest", "query")
) -> AsyncIterator[Stack]:
    """The stack, from the broker up; taken down in the opposite order.

    Raises:
        BrokerFault, ModelError, StoreError: something cannot be had; each says what to do.
    """
    async with AsyncExitStack() as stack:
        have = await stack.enter_async_context(wiring.parts(settings))
        accounts, broker = await _broker(settings, stack)
        asked = wiring.Asked(settings.embed_threads)
        built = {"ingest": wiring.ingest_service, "query": wiring.query_service}
        for name in services:
            url = broker_url(settings) if accounts is None else accounts.url(name)
            service = built[name](settings, url, have, asked)
            await stack.enter_async_context(serving(service))
            await _connected(service)
        yield Stack(
            broker_url(settings),
            broker_url(settings) if accounts is None else accounts.url(OWNER),
            None if broker is None else broker.pid,
        )


def broker_url(settings: Settings) -> BrokerUrl:
    """The broker, as an operator sees it.

    Raises:
        BrokerFault: none is named, and ours has never run.
    """
    if settings.broker is not None:
        return BrokerUrl.parse(settings.broker)
    accounts = load(settings.data / "broker", settings.port)
    if accounts is None:
        raise BrokerFault(
            f"no broker is named, and none has run with the data in {settings.data}",
            hint="start one with membroker up, or name one: MEMBROKER_BROKER=mqtt://…",
        )
    return accounts.url(OPERATOR)


async def _broker(
    settings: Settings, stack: AsyncExitStack
) -> tuple[LocalAccounts | None, LocalBroker | None]:
    if settings.broker is not None:
        return None, None
    directory = settings.data / "broker"
    broker = LocalBroker(find_programs(settings.mosquitto), directory, settings.port)
    accounts = load_or_make(directory, settings.port)
    await broker.start(accounts.all(settings.instance))
    stack.push_async_callback(broker.stop)
    keeping = asyncio.create_task(_keep_running(broker, accounts.all(settings.instance)), name="broker")
    stack.callback(keeping.cancel)
    return accounts, broker


async def _keep_running(broker: LocalBroker, accounts: list[Account]) -> None:
    while True:
        code = await broker.wait()
        log.error("Mosquitto ended with code %s; starting it again", code, extra={"action": "restart_broker"})
        await asyncio.sleep(RESTART_S)
        try:
            await broker.start(accounts)
        except BrokerFault:
            log.exception("Mosquitto does not start again", extra={"action": "restart_broker"})


async def _connected(service: Service) -> None:
    """Until the broker has accepted the service; a broker away at the start is said at once, not retried."""
    try:
        async with asyncio.timeout(CONNECT_S_MAX):
            await service.session.wait_connected()
    except TimeoutError:
        raise BrokerFault(
            f"{service.session.refusal or 'the broker did not answer'}",
            hint="check its address and account: --broker mqtt://user:password@host:port",
        ) from None
