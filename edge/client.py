"""An asyncio client of the memory: observe and be told, ask and be answered. Over aiomqtt.

It keeps nothing on disk: an observation whose receipt does not come is the caller's to send again.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiomqtt

from broker_bridge import tls, topics
from broker_bridge.codec import Encoding, Malformed, decode, encode
from broker_bridge.paho_client import publish_properties
from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.topics import Address
from broker_bridge.url import BrokerUrl
from schemas.observation import Observation
from schemas.receipt import Receipt, Receipts
from schemas.requests import Request
from schemas.wire import Raw, Wire

ANSWER_S_MAX = 10.0
"""How long to wait for a receipt or an answer."""
IN_FLIGHT_MAX = 1000
SILENCE_S_MAX = 1.0
"""A broker that has said neither yes nor no by then is looked at more closely, while we go on waiting."""


class NoAnswer(Exception):
    """Nothing came in time: the broker took the message, and no service spoke."""


class NotAllowed(Exception):
    """The account lacks a right; which one, the message says."""


class AsyncClient:
    """One client of one tenant. Use as a context manager."""

    def __init__(
        self,
        broker: BrokerUrl,
        *,
        tenant: str,
        client: str,
        client_id: str | None = None,
        trust: Trust = SYSTEM,
    ) -> None:
        """`client` is who speaks, in topics; `client_id`, the MQTT one, is the same unless given."""
        self._tenant = tenant
        self._client = client
        self._mqtt = connection(broker, client_id or client, trust)
        self._waiting: dict[bytes, asyncio.Future[Any]] = {}
        self._unheard: dict[str, str] = {}
        """Why, by verb: what the account has no right to."""
        self._lost: str | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connects, and listens for what is meant for this client."""
        async with contextlib.AsyncExitStack() as connecting:
            await connecting.enter_async_context(self._mqtt)
            for verb in (topics.RECEIPT, topics.REPLY):
                await self._hear(verb)
            if len(self._unheard) > 1:
                raise NotAllowed(self._unheard[topics.RECEIPT])
            self._reading = asyncio.create_task(self._read(), name=f"client {self._client}")
            self._connection = connecting.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnects."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await self._reading
        await self._connection.__aexit__(kind, error, trace)

    async def _hear(self, verb: str) -> None:
        """Subscribes; a device that may only observe is not let hear replies, and needs none."""
        topic_filter = topics.all_of_client(verb, self._tenant, self._client)
        for reason in await self._mqtt.subscribe(topic_filter, qos=1):
            if not isinstance(reason, int) and reason.is_failure:
                self._unheard[verb] = f"the broker does not let this account hear {topic_filter}: {reason}"

    async def observe(
        self,
        entity: str,
        observations: Sequence[Observation],
        *,
        encoding: Encoding = Encoding.MSGPACK,
        wait_s: float = ANSWER_S_MAX,
    ) -> list[Receipt]:
        """Publishes observations of one entity in one message; returns their receipts, in order.

        Those without an id are given one, so that sending them again is harmless. A message that is refused
        as a whole has one receipt, which says why.

        Raises:
            NoAnswer: the receipts did not come within `wait_s`.
            NotAllowed: the account may not observe.
        """
        named = [
            each if each.id is not None else each.model_copy(update={"id": uuid4().hex})
            for each in observations
        ]
        payload = [each.dump(short=encoding is Encoding.MSGPACK) for each in named]
        topic = topics.of_client(topics.OBS, Address(self._tenant, self._client, entity))
        self._check_heard(topics.RECEIPT)
        receipts = await self._answer(topic, encode(payload, encoding), wait_s, "no receipt", "ingest")
        return Receipts.load(receipts).receipts

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
            NotAllowed: the account may not ask.
        """
        raw = request.dump(short=encoding is Encoding.MSGPACK) if isinstance(request, Wire) else request
        topic = topics.of_client(verb, Address(self._tenant, self._client, address))
        self._check_heard(topics.REPLY)
        reply: Raw = await self._answer(topic, encode(raw, encoding), wait_s, "no answer", "query")
        return reply

    def _check_heard(self, verb: str) -> None:
        if verb in self._unheard:
            raise NotAllowed(self._unheard[verb])

    async def _answer(self, topic: str, payload: bytes, wait_s: float, nothing: str, service: str) -> Any:
        """Publishes, and waits for what carries the same Correlation Data."""
        if self._lost is not None:
            raise aiomqtt.MqttError(self._lost)
        correlation = uuid4().bytes
        answer: asyncio.Future[Any] = asyncio.Future()
        self._waiting[correlation] = answer
        try:
            await self._mqtt.publish(topic, payload, qos=1, properties=publish_properties(correlation))
            async with asyncio.timeout(wait_s):
                return await answer
        except TimeoutError:
            raise NoAnswer(
                f"{nothing} within {wait_s:g} s: is {service} running? membroker status;"
                " and may this account speak of that entity? membroker access show"
            ) from None
        finally:
            del self._waiting[correlation]

    async def _read(self) -> None:
        try:
            async for message in self._mqtt.messages:
                with contextlib.suppress(Malformed):
                    self._take(message)
        except aiomqtt.MqttError as error:
            # Whoever waits hears it now, and not when his patience ends.
            self._lost = str(error)
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(aiomqtt.MqttError(self._lost))

    def _take(self, message: aiomqtt.Message) -> None:
        answer = self._waiting.get(getattr(message.properties, "CorrelationData", b""))
        if answer is not None and not answer.done() and isinstance(message.payload, bytes):
            answer.set_result(decode(message.payload))


class NotConnected(aiomqtt.MqttError):
    """There is no connection, because of TLS; says why, and what to do."""

    def __init__(self, broker: BrokerUrl, cause: tls.Cause) -> None:
        self.what = f"{broker} cannot be reached: {cause.what}"
        self.hint = cause.hint
        super().__init__(f"{broker} cannot be reached: {cause}")


class Connection(aiomqtt.Client):
    """aiomqtt's, which says why where TLS keeps it from being one.

    By itself it waits out its patience when a broker hangs up before it has said yes or no.
    """

    def __init__(self, broker: BrokerUrl, trust: Trust, **options: Any) -> None:
        context = trust.context() if broker.tls else None
        super().__init__(broker.host, broker.port, tls_context=context, **options)
        self._broker = broker
        self._trust = trust

    async def __aenter__(self) -> Self:
        """Connects.

        Raises:
            NotConnected: certificate, host name or protocol are not what one side wants.
        """
        connecting = asyncio.ensure_future(super().__aenter__())
        try:
            await asyncio.wait([connecting], timeout=SILENCE_S_MAX)
            if _in_doubt(connecting):
                cause = await asyncio.to_thread(tls.look, self._broker, self._trust)
                if cause is not None:
                    raise NotConnected(self._broker, cause)
            return await connecting
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)


def _in_doubt(connecting: "asyncio.Future[Any]") -> bool:
    """Whether the broker has said neither yes nor no."""
    if not connecting.done():
        return True
    error = connecting.exception()
    return error is not None and not isinstance(error, aiomqtt.MqttCodeError)


def connection(broker: BrokerUrl, client_id: str, trust: Trust = SYSTEM) -> aiomqtt.Client:
    """An aiomqtt client for a broker, not yet connected; a client id in the URL has precedence."""
    return Connection(
        broker,
        trust,
        username=broker.username,
        password=broker.password,
        identifier=broker.client_id or client_id,
        protocol=aiomqtt.ProtocolVersion.V5,
        max_inflight_messages=IN_FLIGHT_MAX,
        # Else Nagle's algorithm and the broker's delayed TCP acknowledgement hold a question for 40 ms.
        socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
    )
