"""An independent client of the wire: raw topics and payloads, aiomqtt below."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiomqtt
import msgpack
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge.url import BrokerUrl

WAIT_S_MAX = 20.0


class RawClient:
    """Publishes whatever it is told to, and keeps what comes back, by topic."""

    def __init__(self, mqtt: aiomqtt.Client, tenant: str, name: str) -> None:
        self.tenant = tenant
        self.name = name
        self.mqtt = mqtt
        self._inbox: asyncio.Queue[aiomqtt.Message] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def connected(
        cls, broker: BrokerUrl, tenant: str, name: str, *, version: int = 5
    ) -> AsyncIterator["RawClient"]:
        mqtt = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=f"{name}-{uuid4().hex[:6]}",
            protocol=aiomqtt.ProtocolVersion.V5 if version == 5 else aiomqtt.ProtocolVersion.V311,
        )
        async with mqtt:
            client = cls(mqtt, tenant, name)
            for verb in ("receipt", "reply"):
                await mqtt.subscribe(f"mem/v1/{tenant}/{verb}/{name}/#", qos=1)
            reading = asyncio.create_task(client._read(), name=f"read {name}")
            try:
                yield client
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self.mqtt.messages:
            self._inbox.put_nowait(message)

    def topic(self, verb: str, entity: str) -> str:
        return f"mem/v1/{self.tenant}/{verb}/{self.name}/{entity}"

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False,
                      response_topic: str | None = None, correlation: bytes | None = None,
                      expiry_s: int | None = None) -> None:  # fmt: skip
        properties = None
        if response_topic is not None or correlation is not None or expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)
            if response_topic is not None:
                properties.ResponseTopic = response_topic
            if correlation is not None:
                properties.CorrelationData = correlation
            if expiry_s is not None:
                properties.MessageExpiryInterval = expiry_s
        await self.mqtt.publish(topic, payload, qos=qos, retain=retain, properties=properties)

    async def next(self) -> aiomqtt.Message:
        """The next message that reached us."""
        async with asyncio.timeout(WAIT_S_MAX):
            return await self._inbox.get()

    async def nothing_for(self, probe: "asyncio.Future[Any]") -> bool:
        """True if nothing has reached us by the time `probe` is done: an event, not a clock."""
        await probe
        return self._inbox.empty()

    async def observe(
        self, entity: str, payload: Any, *, as_json: bool = False, **more: Any
    ) -> list[dict[str, Any]]:
        """Publishes observations; returns the receipts of the one message they were, under long names."""
        packed = payload if isinstance(payload, bytes) else _pack(payload, as_json=as_json)
        await self.publish(self.topic("obs", entity), packed, **more)
        return receipts(await self.next())

    async def publish_batch(self, entity: str, observations: list[dict[str, Any]]) -> None:
        await self.publish(self.topic("obs", entity), _pack(observations, as_json=False))

    async def ask(
        self, entity: str, request: Any, *, verb: str = "query", as_json: bool = True, **more: Any
    ) -> Any:
        """Asks; returns the decoded answer as it came."""
        packed = request if isinstance(request, bytes) else _pack(request, as_json=as_json)
        await self.publish(self.topic(verb, entity), packed, **more)
        while str((message := await self.next()).topic).split("/")[3] != "reply":
            pass  # a receipt of something sent again
        return decoded(message)


SHORT_RECEIPT = {"i": "id", "s": "status", "m": "memory", "r": "reason", "h": "hint"}


def receipts(message: aiomqtt.Message) -> list[dict[str, Any]]:
    """The receipts in a message, under long names whichever encoding they came in."""
    value = decoded(message)
    listed = value["receipts"] if "receipts" in value else value["rs"]
    return [{SHORT_RECEIPT.get(key, key): each[key] for key in each} for each in listed]


def decoded(message: aiomqtt.Message) -> Any:
    payload = message.payload
    assert isinstance(payload, bytes)
    return json.loads(payload) if payload[:1] in (b"{", b"[") else msgpack.unpackb(payload)


def _pack(value: Any, *, as_json: bool) -> bytes:
    if as_json:
        return json.dumps(value).encode()
    packed: bytes = msgpack.packb(value)
    return packed
