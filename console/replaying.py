"""A dead letter published again, and what its new receipt says."""

import asyncio
import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge import topics
from broker_bridge.codec import Malformed, decode
from console.operator import connected, subscribe
from schemas.receipt import Receipt, Receipts
from schemas.service import DeadLetter
from schemas.wire import Invalid
from workers.settings import Settings

RECEIPT_S_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a letter that was sent again."""

    letter: DeadLetter
    receipts: list[Receipt]
    """None where its topic does not say whose it is, or ingest is away."""

    @property
    def taken(self) -> bool:
        """Whether all that it held is remembered now."""
        return bool(self.receipts) and all(receipt.status != "refused" for receipt in self.receipts)


def distinct(letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Of equal ones the newest: a replay refused again makes a letter, and would double them each time."""
    return list({(letter.topic, letter.payload): letter for letter in letters}.values())


async def replay(settings: Settings, letters: Sequence[DeadLetter]) -> list[Replayed]:
    """Publishes the letters, one after the other, each to where it came from."""
    async with connected(settings) as client:
        return [await _replay_one(client, letter) for letter in letters]


async def _replay_one(client: aiomqtt.Client, letter: DeadLetter) -> Replayed:
    is_told = topics.speaker(letter.topic) is not None
    if is_told:
        await subscribe(client, topics.mirror(letter.topic, topics.RECEIPT))
    # The letter's id comes back with its receipt: its observations may have no id, or none that can be read.
    mark = letter.letter.encode()
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = mark
    await client.publish(letter.topic, base64.b64decode(letter.payload), qos=1, properties=properties)
    receipts: list[Receipt] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(RECEIPT_S_MAX if is_told else 0):
            receipts = await _receipts(client, mark)
    return Replayed(letter, receipts)


async def _receipts(client: aiomqtt.Client, mark: bytes) -> list[Receipt]:
    async for message in client.messages:
        if getattr(message.properties, "CorrelationData", None) == mark:
            with suppress(Malformed, Invalid):
                return Receipts.load(decode(bytes(message.payload))).receipts
    return []
