"""The operator's connection: which broker, as whom, and one line where it cannot be had."""

import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar

import aiomqtt

from broker_bridge.faults import BrokerFault
from broker_bridge.url import BrokerUrl
from edge.client import AsyncClient, NotConnected, connection
from workers import accounts
from workers.settings import Settings

ACCOUNT_HINT = "use the operator's account: MEMBROKER_BROKER=mqtt://operator:PASSWORD@HOST:PORT"

Client = TypeVar("Client")


def broker_url(settings: Settings) -> BrokerUrl:
    """The broker, as an operator sees it; raises BrokerFault as `workers.accounts.broker_url` does."""
    return accounts.broker_url(settings, accounts.OPERATOR)


def client_id() -> str:
    """One that no other console has, in whatever container it runs: a second of a name ends the first."""
    return f"membroker-console-{os.getpid()}-{secrets.token_hex(3)}"


def away_hint(settings: Settings) -> str:
    """What to do where the broker cannot be reached."""
    if settings.broker is not None:
        return "check MEMBROKER_BROKER: its host, port and account"
    return "start it with membroker up, or set MEMBROKER_PORT (or MEMBROKER_BROKER) as it was started with"


def refused_hint(settings: Settings) -> str:
    """What to do where the broker does not know our account."""
    if settings.broker is not None:
        return "check the account in MEMBROKER_BROKER"
    return "it was started with other data, so other passwords: set MEMBROKER_DATA as there"


@asynccontextmanager
async def connected(settings: Settings, broker: BrokerUrl | None = None) -> AsyncIterator[aiomqtt.Client]:
    """A connection that may hear and say everything; or one as whom `broker` names.

    Raises:
        BrokerFault: the broker is away, or does not let us in.
    """
    broker = broker or broker_url(settings)
    async with _entered(settings, broker, connection(broker, client_id(), settings.trust)) as client:
        yield client


@asynccontextmanager
async def speaking(settings: Settings, tenant: str, client: str) -> AsyncIterator[AsyncClient]:
    """The memory's own client, speaking as `client` of `tenant`.

    Raises:
        BrokerFault: the broker is away, or does not let us in.
    """
    broker = broker_url(settings)
    wanted = AsyncClient(broker, tenant=tenant, client=client, client_id=client_id(), trust=settings.trust)
    async with _entered(settings, broker, wanted) as entered:
        yield entered


async def subscribe(client: aiomqtt.Client, topic_filter: str, *, qos: int = 1) -> None:
    """Subscribes.

    Raises:
        BrokerFault: the broker does not let us hear that.
    """
    for reason in await client.subscribe(topic_filter, qos=qos):
        if not isinstance(reason, int) and reason.is_failure:
            raise BrokerFault(
                f"the broker refused a subscription to {topic_filter}: {reason}", hint=ACCOUNT_HINT
            )


@asynccontextmanager
async def _entered(
    settings: Settings, broker: BrokerUrl, wanted: AbstractAsyncContextManager[Client]
) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        try:
            entered = await stack.enter_async_context(wanted)
        except NotConnected as error:
            raise BrokerFault(error.what, hint=error.hint) from None
        except aiomqtt.MqttError as error:
            said = re.sub(r"^\[.*?\] ", "", str(error))  # [Errno 111], [code:135]: the words say it
            refused = isinstance(error, aiomqtt.MqttCodeError)
            what = "does not let us in" if refused else "cannot be reached"
            hint = refused_hint(settings) if refused else away_hint(settings)
            raise BrokerFault(f"{broker} {what}: {said}", hint=hint) from None
        try:
            yield entered
        except aiomqtt.MqttError as error:
            raise BrokerFault(f"{broker} went away: {error}", hint=away_hint(settings)) from None
