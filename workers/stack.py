"""Everything on one machine: our broker if none is named, ingest and query on one store."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from broker_bridge.access import Account
from broker_bridge.broker import BrokerFault, LocalBroker, find_programs
from broker_bridge.broker_config import TlsListener
from broker_bridge.session import SessionRefused
from broker_bridge.url import BrokerUrl
from workers import listening, wiring
from workers.accounts import OPERATOR, OWNER, broker_url, load_or_make
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
    broken: "list[asyncio.Future[None]]"

    async def until(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set; raises what broke a service, if one breaks."""
        stopping = asyncio.ensure_future(stop.wait())
        waits: list[asyncio.Future[Any]] = [stopping, *self.broken]
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for each in done:
            each.result()


@asynccontextmanager
async def running(
    settings: Settings, services: tuple[str, ...] = ("ingest", "query")
) -> AsyncIterator[Stack]:
    """The stack, from the broker up; taken down in the opposite order.

    Raises:
        BrokerFault, ModelError, StoreError: something cannot be had; each says what to do.
    """
    async with AsyncExitStack() as stack:
        beyond = None if settings.broker is not None else listening.beyond(settings)
        if beyond is not None:
            listening.mind_expiry(beyond)
        # What homes and people said is for its owner's eyes alone.
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        have = await stack.enter_async_context(wiring.parts(settings))
        await _broker(settings, beyond, stack)
        _check_one_each(settings, services)
        asked = wiring.Asked(settings.embed_threads)
        built = {"ingest": wiring.ingest_service, "query": wiring.query_service}
        broken = []
        for name in services:
            service = built[name](settings, broker_url(settings, name), have, asked)
            await stack.enter_async_context(serving(service))
            await _connected(service)
            broken.append(service.broken)
        yield Stack(
            broker_url(settings, OPERATOR),
            broker_url(settings, OPERATOR if settings.broker else OWNER),
            broken,
        )


def _check_one_each(settings: Settings, services: tuple[str, ...]) -> None:
    """Two services under one client id would throw each other off for ever."""
    ids = [broker_url(settings, name).client_id for name in services]
    if len(services) > 1 and None not in ids and len(set(ids)) < len(ids):
        raise BrokerFault(
            f"the broker's URL gives {' and '.join(services)} one client id",
            hint="leave user and client_id out of it, and set MEMBROKER_ACCOUNTS; or start each alone",
        )


async def _broker(settings: Settings, beyond: TlsListener | None, stack: AsyncExitStack) -> None:
    """Our own broker, kept running, where none is named."""
    if settings.broker is not None:
        return
    directory = settings.data / "broker"
    broker = LocalBroker(find_programs(settings.mosquitto), directory, settings.port, beyond)
    accounts = load_or_make(directory, settings.port).all(settings.instance)
    stack.push_async_callback(broker.stop)
    await broker.start(accounts)
    keeping = asyncio.create_task(_keep_running(broker, accounts), name="broker")
    stack.callback(keeping.cancel)


async def _keep_running(broker: LocalBroker, accounts: list[Account]) -> None:
    while True:
        code = await broker.wait()
        log.error("Mosquitto ended with code %s; starting it again", code, extra={"action": "restart_broker"})
        await asyncio.sleep(RESTART_S)
        try:
            await broker.start(accounts)
        except (BrokerFault, OSError):
            log.exception("Mosquitto does not start again", extra={"action": "restart_broker"})


async def _connected(service: Service) -> None:
    """Until the broker has accepted the service; a broker away at the start is said at once, not retried."""
    try:
        async with asyncio.timeout(CONNECT_S_MAX):
            await service.session.wait_connected()
    except (SessionRefused, TimeoutError) as error:
        raise BrokerFault(
            str(error) or "the broker did not answer",
            hint="check its address and account: --broker mqtt://user:password@host:port",
        ) from None
