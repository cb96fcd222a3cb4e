"""Forgetting: everything that a memory left behind goes with it.

find a page → the summaries made of it → audit → dead letters, caches → tombstones, flushed → digests, stream

Whatever is done before the tombstones can be done again: a request that was cut short comes again, and
finds what is left. The text leaves the disk later (`workers/erasing.py`).
"""

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from broker_bridge import topics
from broker_bridge.topics import BadTopic, Topic
from memory.conditions import Filters, Where, scoped
from memory.embedding import Embedder
from memory.records import Memory, Scope, ancestors
from memory.store import MemoryStore
from memory.wording import embedded_words
from schemas.service import DeadLetter
from workers import deeds, telling
from workers.auditing import Auditing
from workers.deadletters import DeadLetters
from workers.intake import Accepted, take_in

PAGE = 256
"""Memories forgotten together: some 30 ms, and then others have their turn."""


class Publish(Protocol):
    """Where topics are told of it."""

    def __call__(self, topic: str, payload: bytes, *, retain: bool = False) -> Awaitable[None]: ...


class Forgetting:
    """Takes memories out of everything that holds them."""

    def __init__(
        self,
        store: MemoryStore,
        *,
        auditing: Auditing,
        letters: DeadLetters,
        embedders: Sequence[Embedder],
        publish: Publish,
    ) -> None:
        self._store = store
        self._auditing = auditing
        self._letters = letters
        self._embedders = embedders
        self._publish = publish

    async def forget(self, where: Where, *, client: str) -> Counter[str]:
        """Forgets all there is; how many of what. Raises MemoryFault, and has forgotten a part then."""
        counts: Counter[str] = Counter()
        while page := await self._store.page(where, PAGE):
            counts += await self._forget(page, client)
        return counts

    async def forget_letters(self, scope: Scope) -> int:
        """Takes out whatever was refused of an entity (or all below); how many letters."""
        return await asyncio.to_thread(self._letters.remove, lambda letter: _is_of(letter, scope))

    async def forget_made_of(self, memory: Memory, *, client: str) -> None:
        """Forgets the summaries and digests that a memory is in: what they say is no longer true."""
        summaries = await self._summaries_of([memory])
        if summaries:
            await self._forget(summaries, client)
        await self._empty_digests([memory])

    async def _forget(self, memories: list[Memory], client: str) -> Counter[str]:
        named = {memory.id for memory in memories}
        summaries = [each for each in await self._summaries_of(memories) if each.id not in named]
        gone = [*memories, *summaries]
        now = time.time()
        await self._auditing.write(
            deeds.of_memories("forgot", gone, at=now, tenant=gone[0].tenant, client=client)
        )
        letters = await asyncio.to_thread(self._letters.remove, _holds_any_of(gone))
        cached = self._forget_words(gone)
        await self._store.forget([memory.id for memory in gone], now)
        await self._store.flush()
        retained = await self._empty_digests(gone)
        for topic, payload in telling.forgotten(gone):
            await self._publish(topic, payload)
        return Counter(
            forgotten=len(memories),
            summaries=len(summaries),
            letters=letters,
            cached=cached,
            retained=retained,
        )

    async def _summaries_of(self, memories: Sequence[Memory]) -> list[Memory]:
        """Those made of the memories, and those made of these, wherever in the tree of their entity."""
        found: dict[str, Memory] = {}
        made_of = list(memories)
        while made_of:
            tree = Scope(made_of[0].tenant, ancestors(made_of[0].entity)[0], below=True)
            in_tree = [memory for memory in made_of if memory.entity.split("/")[0] == tree.entity]
            elsewhere = [memory for memory in made_of if memory.entity.split("/")[0] != tree.entity]
            where = scoped(tree, Filters(sources=[memory.id for memory in in_tree]), None)
            summaries = [each for each in await self._all(where) if each.id not in found]
            found |= {summary.id: summary for summary in summaries}
            made_of = elsewhere + summaries
        return list(found.values())

    async def _all(self, where: Where) -> list[Memory]:
        found = page = await self._store.page(where, PAGE)
        while len(page) == PAGE:
            page = await self._store.page(where, PAGE, after=page[-1].id)
            found = [*found, *page]
        return found

    def _forget_words(self, gone: Sequence[Memory]) -> int:
        words = {embedded_words(memory, plain_reading=plain) for memory in gone for plain in (True, False)}
        return sum(embedder.forget(words) for embedder in self._embedders)

    async def _empty_digests(self, gone: Sequence[Memory]) -> int:
        """Empties the retained digests that may speak of them; how many topics."""
        entities = {(memory.tenant, above) for memory in gone for above in ancestors(memory.entity)}
        digests = [
            topics.summary(tenant, name, entity)
            for tenant, entity in sorted(entities)
            for name in topics.SUMMARY_NAMES
        ]
        for digest in digests:
            await self._publish(digest, b"", retain=True)
        return len(digests)


def _holds_any_of(gone: Sequence[Memory]) -> Callable[[DeadLetter], bool]:
    """Whether a letter holds an observation of one of the memories, or one that says the same."""
    ids = {memory.id for memory in gone}
    said = {(memory.tenant, memory.entity, memory.text) for memory in gone}

    def holds(letter: DeadLetter) -> bool:
        intake = take_in(letter.topic, base64.b64decode(letter.payload), retain=False, now=letter.at)
        kept = [taken.memory for taken in intake.observations if isinstance(taken, Accepted)]
        return any(each.id in ids or (each.tenant, each.entity, each.text) in said for each in kept)

    return holds


def _is_of(letter: DeadLetter, scope: Scope) -> bool:
    try:
        address = Topic.parse(letter.topic).address
    except BadTopic:
        return False
    inside = scope.entity in ancestors(address.entity) if scope.below else scope.entity == address.entity
    return inside and address.tenant == scope.tenant
