"""Somebody in the place of the memory, on a real broker: answers what a test says, when it says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiomqtt
import msgpack
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge.topics import mirror
from broker_bridge.url import BrokerUrl
from tests.mqtt import WAIT_S_MAX


class Pretended:
    """Hears what clients of a tenant observe and ask, and answers by hand."""

    def __init__(self, mqtt: aiomqtt.Client) -> None:
        self._mqtt = mqtt

    @classmethod
    @asynccontextmanager
    async def listening(cls, broker: BrokerUrl, tenant: str) -> AsyncIterator["Pretended"]:
        async with aiomqtt.Client(
            broker.host, broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier=f"pretended-{tenant}"
        ) as mqtt:
            for verb in ("obs", "query"):
                await mqtt.subscribe(f"mem/v1/{tenant}/{verb}/#", qos=1)
            yield cls(mqtt)

    async def next(self) -> aiomqtt.Message:
        """The next message that a client sent."""
        async with asyncio.timeout(WAIT_S_MAX):
            return await anext(aiter(self._mqtt.messages))

    async def observed(self) -> tuple[aiomqtt.Message, list[dict[str, Any]]]:
        """The next message of observations, and what is in it."""
        message = await self.next()
        said = msgpack.unpackb(message.payload)
        return message, said if isinstance(said, list) else [said]

    async def receipt(self, message: aiomqtt.Message, *receipts: dict[str, Any], **more: Any) -> None:
        """Sends receipts for a message, under short keys."""
        await self._answer(message, "receipt", msgpack.packb({"rs": list(receipts), **more}))

    async def reply(self, message: aiomqtt.Message, payload: bytes) -> None:
        """Sends an answer, whatever it is."""
        await self._answer(message, "reply", payload)

    async def say(
        self, topic: str, payload: bytes, to: aiomqtt.Message | None = None, *, retain: bool = False
    ) -> None:
        """Publishes anything, as if it were an answer `to` a message."""
        properties = Properties(PacketTypes.PUBLISH)
        correlation = getattr(to.properties, "CorrelationData", None) if to is not None else None
        if correlation is not None:
            properties.CorrelationData = correlation
        await self._mqtt.publish(topic, payload, qos=1, retain=retain, properties=properties)

    async def _answer(self, message: aiomqtt.Message, verb: str, payload: bytes) -> None:
        await self.say(mirror(str(message.topic), verb), payload, message)


def stored(*observations: dict[str, Any]) -> list[dict[str, Any]]:
    """A receipt for each."""
    return [{"i": each["i"], "s": "stored", "m": "a-memory"} for each in observations]
