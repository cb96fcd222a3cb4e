"""Retained digests: made of the store, fitted, encoded, published where they differ from what stands there.

    what stands → draw → fit → encode → same? → in doubt → publish → forgotten meanwhile? → settled

Nothing forgotten may come back in a digest that was drawn before. Forgetting empties topics and then doubts
them (`memory/published.py`); whoever was at work on one meanwhile finds that its turn is over and makes it
anew, and so does who finds that something it told was forgotten by somebody who shares no file with it.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from broker_bridge import topics
from broker_bridge.codec import Encoding, encode
from memory import digesting
from memory.digesting import Room, Told
from memory.policies import TenantPolicy
from memory.published import Published, hash_of
from memory.records import Scope
from memory.store import MemoryStore
from schemas.digest import Digest, Period, PeriodDigest
from workers.digest_drawing import draw_latest, draw_period
from workers.forgetting import Publish

TRIES_MAX = 5
"""For one topic at a time; each but the first because something was forgotten or changed meanwhile."""
DUE_MAX = 64
"""Topics of one `publish_due`: a second or so."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Made:
    """What is to stand on a topic."""

    payload: bytes = b""
    """Empty: nothing is known."""
    memories: tuple[str, ...] = ()
    """Those that it tells."""
    expires: float | None = None
    """When the first of these does, epoch seconds."""


class Digests:
    """Keeps the retained digests as the store is."""

    def __init__(
        self,
        store: MemoryStore,
        published: Published,
        *,
        of_tenant: Callable[[str], TenantPolicy],
        publish: Publish,
    ) -> None:
        self._store = store
        self._published = published
        self._of_tenant = of_tenant
        self._publish = publish

    async def publish_latest(self, tenant: str, entity: str) -> bool:
        """Tells what is to be known of an entity now; whether that is something else. Raises StoreError."""
        return await self._bring(topics.summary(tenant, topics.LATEST, entity))

    async def publish_period(self, tenant: str, entity: str, period: Period) -> bool:
        """Tells what an entity's last hour, day or month was of those that are over; whether that is
        something else. Raises StoreError.

        Which that is, the store says: summaries of earlier ones may come late.
        """
        return await self._bring(topics.summary(tenant, period, entity))

    async def publish_due(self) -> int:
        """Brings up to date, some at a time, what was emptied, left unfinished, or tells what has expired.

        How many topics; 0: nothing is due. Raises StoreError.
        """
        due = await asyncio.to_thread(self._published.due, time.time(), DUE_MAX)
        for topic in due:
            await self._bring(topic)
        return len(due)

    async def doubt_all(self) -> None:
        """Has everything published once more: a broker may lose what it retained. Raises StoreError."""
        await asyncio.to_thread(self._published.doubt_all)

    async def _bring(self, topic: str) -> bool:
        told = False
        for _ in range(TRIES_MAX):
            stand = await asyncio.to_thread(self._published.stand, topic)
            made = await self._make(topic)
            # What we told in vain may have come after what settled meanwhile: then it stands there.
            if stand.hash == hash_of(made.payload) and not told:
                return False
            begun = await asyncio.to_thread(self._published.begin, topic, stand)
            if begun is None:
                continue
            await self._publish(topic, made.payload, retain=True)
            told = True
            if (await self._store.known(made.memories)).forgotten:
                continue
            if await asyncio.to_thread(self._published.settle, topic, begun, made.payload, made.expires):
                return True
        log.warning("a digest changes faster than it is told", extra={"action": "digest", "topic": topic})
        if told:
            await self._publish(topic, b"", retain=True)
        return told

    async def _make(self, topic: str) -> _Made:
        tenant, name, entity = topics.of_summary(topic)
        policy = self._of_tenant(tenant)
        encoding = Encoding(policy.digest)
        room = Room(policy.summary_bytes_max, lambda digest: len(_encoded(digest, encoding)))
        told = await self._fitted(name, Scope(tenant, entity), room)
        if told is None or not told.memories:
            return _Made()
        return _Made(
            _encoded(told.digest, encoding),
            tuple(memory.id for memory in told.memories),
            min((memory.expires for memory in told.memories if memory.expires is not None), default=None),
        )

    async def _fitted(self, name: str, scope: Scope, room: Room) -> Told[Digest] | Told[PeriodDigest] | None:
        now = time.time()
        if name == topics.LATEST:
            drawn = await draw_latest(self._store, scope, now)
            return digesting.latest(drawn.known, drawn.states, drawn.gists, room)
        period = cast("Period", name)
        found = await draw_period(self._store, scope, period, now)
        return None if found is None else digesting.of_period(period, *found, room)


def _encoded(digest: Digest | PeriodDigest, encoding: Encoding) -> bytes:
    return encode(digest.dump(short=encoding is Encoding.MSGPACK), encoding)
