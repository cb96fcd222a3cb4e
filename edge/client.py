"""An asyncio client of the memory: observe and be told, ask and be answered. Over aiomqtt.

It keeps nothing on disk: an observation whose receipt does not come is the caller's to send again.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiomqtt

from broker_bridge import topics
from broker_bridge.codec import Encoding, Malformed, decode, encode
from broker_bridge.topics import Address
from broker_bridge.url import BrokerUrl
from schemas.observation import Observation
from schemas.receipt import Receipt, Receipts
from schemas.requests import Request
from schemas.wire import Invalid, Raw, Wire

ANSWER_S_MAX = 10.0
"""How long to wait for a receipt or an answer."""
RECEIVE_MAX = 1000


class NoAnswer(Exception):
    """Nothing came in time: the broker took the message, and no service spoke."""


class AsyncClient:
    """One client of one tenant. Use as a context manager."""

    def __init__(
        self,
        broker: BrokerUrl,
        *,
        tenant: str,
        client: str,
        client_id: str | None = None,
        ca: str | None = None,
    ) -> None:
        """`client` is who speaks, in topics; `client_id`, the MQTT one, is the same unless given."""
        self._tenant = tenant
        self._client = client
        self._mqtt = connection(broker, client_id or client, ca)
        self._receipts: dict[str | int, asyncio.Future[Receipt]] = {}
        self._replies: dict[str, asyncio.Future[Raw]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connects, and listens for what is meant for this client."""
        await self._mqtt.__aenter__()
        for verb in (topics.RECEIPT, topics.REPLY):
            await self._mqtt.subscribe(f"{topics.ROOT}/{self._tenant}/{verb}/{self._client}/#", qos=1)
        self._reading = asyncio.create_task(self._read(), name=f"client {self._client}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnects."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await self._reading
        await self._mqtt.__aexit__(kind, error, trace)

    async def observe(
        self,
        entity: str,
        observations: Sequence[Observation],
        *,
        encoding: Encoding = Encoding.MSGPACK,
        wait_s: float = ANSWER_S_MAX,
    ) -> list[Receipt]:
        """Publishes observations of one entity in one message; returns their receipts, in order.

        Those without an id are given one, so that sending them again is harmless.

        Raises:
            NoAnswer: not every receipt came within `wait_s`.
        """
        named = [
            each if each.id is not None else each.model_copy(update={"id": uuid4().hex})
            for each in observations
        ]
        ids = [each.id for each in named if each.id is not None]
        told = [self._receipts.setdefault(each, asyncio.Future()) for each in ids]
        payload = [each.dump(short=encoding is Encoding.MSGPACK) for each in named]
        topic = topics.of_client(topics.OBS, Address(self._tenant, self._client, entity))
        try:
            await self._mqtt.publish(topic, encode(payload, encoding), qos=1)
            async with asyncio.timeout(wait_s):
                return list(await asyncio.gather(*told))
        except TimeoutError:
            raise NoAnswer(f"no receipt within {wait_s:g} s: is ingest running? membroker status") from None
        finally:
            for each in ids:
                self._receipts.pop(each, None)

    async def ask(
        self,
        address: str,
        request: Request | Raw,
        *,
        verb: str = topics.QUERY,
        encoding: Encoding = Encoding.MSGPACK,
        wait_s: float = ANSWER_S_MAX,
    ) -> Raw:
        """Asks about an entity (`home7`, `home7/_all`); returns the answer as sent, in its encoding's names.

        Raises:
            NoAnswer: no answer came within `wait_s`.
        """
        raw = request.dump(short=encoding is Encoding.MSGPACK) if isinstance(request, Wire) else dict(request)
        request_id = uuid4().hex
        raw["id"] = request_id
        reply: asyncio.Future[Raw] = asyncio.Future()
        self._replies[request_id] = reply
        topic = f"{topics.ROOT}/{self._tenant}/{verb}/{self._client}/{address}"
        try:
            await self._mqtt.publish(topic, encode(raw, encoding), qos=1)
            async with asyncio.timeout(wait_s):
                return await reply
        except TimeoutError:
            raise NoAnswer(f"no answer within {wait_s:g} s: is query running? membroker status") from None
        finally:
            del self._replies[request_id]

    async def _read(self) -> None:
        async for message in self._mqtt.messages:
            with contextlib.suppress(Malformed, Invalid):
                self._take(str(message.topic).split("/")[3], decode(_payload(message)))

    def _take(self, verb: str, value: Any) -> None:
        if verb == topics.RECEIPT:
            for receipt in Receipts.load(value).receipts:
                told = self._receipts.get(receipt.id) if receipt.id is not None else None
                if told is not None and not told.done():
                    told.set_result(receipt)
        elif isinstance(value, dict):
            reply = self._replies.get(str(value.get("id", value.get("i"))))
            if reply is not None and not reply.done():
                reply.set_result(value)


def connection(broker: BrokerUrl, client_id: str, ca: str | None = None) -> aiomqtt.Client:
    """An aiomqtt client for a broker, not yet connected."""
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=client_id,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_params=aiomqtt.TLSParameters(ca_certs=ca) if broker.tls else None,
        max_inflight_messages=RECEIVE_MAX,
    )


def _payload(message: aiomqtt.Message) -> bytes:
    return message.payload if isinstance(message.payload, bytes) else bytes(str(message.payload), "utf-8")
