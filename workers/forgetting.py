"""Forgetting: everything that a memory left behind goes with it.

look ahead → dead letters → page by page: the summaries made of it → audit → caches → digests
  → tombstones, flushed → digests, stream

Whatever is done before the tombstones can be done again: a request that was cut short comes again, and
finds what is left; what it does not find any more is flushed and told all the same. The text leaves the
disk later (`workers/erasing.py`).
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from broker_bridge import topics
from memory.conditions import Filters, Where, among, scoped
from memory.embedding import Embedder
from memory.errors import StoreError
from memory.ledger import Entry, Ledger
from memory.portions import Arrivals, portion_told, portions_of
from memory.published import Published
from memory.records import Memory, Scope, ancestors
from memory.store import MemoryStore
from memory.versions import as_it_was
from memory.wording import embedded_words
from schemas.service import DeadLetter
from workers import deeds, telling
from workers.arriving import Arriving
from workers.auditing import Auditing
from workers.deadletters import DeadLetters
from workers.gone import Gone, is_of

PAGE = 256
"""Memories forgotten together: some 30 ms, and then others have their turn."""
PAGES_AT_ONCE = 2
"""Of all tenants: who forgets much takes turns with who forgets little."""
AHEAD_MEMORIES_MAX = 4096
AHEAD_TEXT_BYTES_MAX = 8 * 1024 * 1024
"""Looked at before the first of them is forgotten, so that dead letters are read once for all of them."""
LOOKS_MAX = 5
"""For summaries of what is forgotten: each after the first because one was being made."""
TOLD_AGAIN_S_MAX = 86_400.0
TOLD_AGAIN_DEEDS_MAX = 1000
"""How far back it is looked for who had a memory forgotten whose end may not have been told."""


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
        ledger: Ledger,
        digests: Published,
        letters: DeadLetters,
        embedders: Sequence[Embedder],
        publish: Publish,
    ) -> None:
        self._store = store
        self._auditing = auditing
        self._ledger = ledger
        self._digests = digests
        self._letters = letters
        self._embedders = embedders
        self._publish = publish
        self._pages = asyncio.Semaphore(PAGES_AT_ONCE)

    async def forget(self, where: Where, *, client: str, letters: bool = True) -> Counter[str]:
        """Forgets all there is; how many of what. Raises MemoryFault, and has forgotten a part then.

        One pass in the order of ids: it ends however fast new ones come, and what was there when it began
        is met. Without `letters` dead letters are left alone.
        """
        counts: Counter[str] = Counter()
        emptied: set[str] = set()
        after: str | None = None
        while (gone := await self._ahead(where, after)).ids:
            after = gone.ids[-1]
            if letters:
                counts["letters"] += await self._remove_letters(gone.is_about, gone.is_in)
            for start in range(0, len(gone.ids), PAGE):
                ids = gone.ids[start : start + PAGE]
                if page := await self._store.page(among(where, ids), PAGE):
                    counts += await self._forget(page, client, emptied)
        # A try before may have failed at its flush: then nothing is found, and nothing is safe yet.
        await self._store.flush()
        counts["retained"] = len(emptied)
        return counts

    async def forgotten_before(self, ids: Sequence[str]) -> set[str]:
        """Those of some ids that are forgotten already."""
        return set((await self._store.known(ids)).forgotten) if ids else set()

    async def tell_again(self, scope: Scope, forgotten: set[str]) -> int:
        """Tells what a try before may not have told: empties digests (how many), and names what is gone.

        A tombstone has no tenant: whose it was is asked of the audit log, so that nobody hears of others'.
        """
        entities = {(scope.tenant, scope.entity)}
        if forgotten:
            since = time.time() - TOLD_AGAIN_S_MAX
            for deed in await self._auditing.read(scope, since, None, TOLD_AGAIN_DEEDS_MAX):
                its = [memory for memory in deed.memories if memory in forgotten]
                if deed.did == "forgot" and its:
                    forgotten = forgotten.difference(its)
                    entities.add((deed.tenant, deed.entity))
                    for topic, payload in telling.forgotten_ids(deed.tenant, deed.entity, its):
                        await self._publish(topic, payload)
        return len(await self._empty_digests(entities))

    async def forget_letters(self, scope: Scope) -> int:
        """Takes out whatever was refused of an entity (or all below); how many letters."""
        whose = f"{topics.ROOT}/{scope.tenant}/"
        return await self._remove_letters(
            lambda topic: topic.startswith(whose), lambda letter: is_of(letter, scope)
        )

    async def forget_made_of(self, memory: Memory, *, client: str) -> None:
        """Forgets the summaries and digests that a memory is in: what they say is no longer true.

        What is said as it said so far is no repeat of it, either.
        """
        summaries = await self._summaries_of([memory])
        if summaries:
            await self._take_back(summaries, client)
        await asyncio.to_thread(self._note_gone, [memory], summaries)
        await self.empty_digests([memory])

    async def _take_back(self, summaries: Sequence[Memory], client: str) -> None:
        """Removes summaries of what is another now; they are made anew."""
        await self._auditing.write(
            deeds.of_memories("forgot", summaries, at=time.time(), tenant=summaries[0].tenant, client=client)
        )
        await self._store.remove([each.id for each in summaries])
        await self._store.flush()
        for topic, payload in telling.forgotten(summaries):
            await self._publish(topic, payload)

    def _note_gone(self, gone: Sequence[Memory], summaries: Sequence[Memory]) -> None:
        """Nothing is a repeat of them any more; what is left of what told them is to be condensed anew."""
        self._ledger.let_go([memory.id for memory in gone])
        now = time.time()
        arriving = Arriving()
        arriving.note(gone, now)
        told = {portion for each in summaries if (portion := portion_told(each)) is not None}
        entities = {(memory.tenant, memory.entity) for memory in (*gone, *summaries)}
        arrivals = dict.fromkeys(told, Arrivals(1, now, now)) | arriving.take()
        self._ledger.write(Entry(arrivals=arrivals, changed=entities), now)

    async def _ahead(self, where: Where, after: str | None) -> Gone:
        """The next ones, some pages of them."""
        gone = Gone()
        while len(gone.ids) < AHEAD_MEMORIES_MAX and gone.text_bytes < AHEAD_TEXT_BYTES_MAX:
            page = await self._store.page(where, PAGE, after=after)
            gone.add(page)
            if len(page) < PAGE:
                break
            after = page[-1].id
        return gone

    async def _remove_letters(
        self, is_about: Callable[[str], bool], unwanted: Callable[[DeadLetter], bool]
    ) -> int:
        try:
            return await asyncio.to_thread(self._letters.remove, unwanted, is_about)
        except OSError as error:
            raise StoreError(
                f"dead letters cannot be removed: {error}",
                hint="check the disk's space and rights, ask again",
            ) from error

    async def _forget(self, memories: list[Memory], client: str, emptied: set[str]) -> Counter[str]:
        async with self._pages:
            named = {memory.id for memory in memories}
            summaries = [each for each in await self._summaries_of(memories) if each.id not in named]
            gone = [*memories, *summaries]
            now = time.time()
            await self._auditing.write(
                deeds.of_memories("forgot", gone, at=now, tenant=gone[0].tenant, client=client)
            )
            cached = self._forget_words(gone)
            # Before: a kill must leave none behind. After: one may have been told anew meanwhile.
            emptied |= await self.empty_digests(gone)
            await self._store.forget([memory.id for memory in memories], now)
            # Removed, not forgotten: made anew of what is left.
            summaries = await self._remove(summaries, memories, named)
            gone = [*memories, *summaries]
            await self._store.flush()
            await asyncio.to_thread(self._note_gone, memories, summaries)
            await self.empty_digests(gone)
            for topic, payload in telling.forgotten(gone):
                await self._publish(topic, payload)
        return Counter(forgotten=len(memories), summaries=len(summaries), cached=cached)

    async def _remove(
        self, summaries: Sequence[Memory], memories: Sequence[Memory], named: Collection[str]
    ) -> list[Memory]:
        """Removes summaries, and those that were made of the memories meanwhile; all that are gone then."""
        removed = {each.id: each for each in summaries}
        some = list(summaries)
        for _ in range(LOOKS_MAX):
            await self._store.remove([each.id for each in some])
            some = [each for each in await self._summaries_of(memories) if each.id not in named]
            if not some:
                break
            removed |= {each.id: each for each in some}
        return list(removed.values())

    async def _summaries_of(self, memories: Sequence[Memory]) -> list[Memory]:
        """Those that tell of the memories, and those made of these, wherever in the tree of their entity.

        Of many sources a summary names some alone; that of a portion is known by what the portion is.
        """
        found = {summary.id: summary for summary in await self._of_portions(memories)}
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

    async def _of_portions(self, memories: Sequence[Memory]) -> list[Memory]:
        ids: defaultdict[Scope, set[str]] = defaultdict(set)
        for memory in memories:
            its = {portion.summary_id for portion in portions_of(memory)}
            ids[Scope(memory.tenant, memory.entity)] |= its - {memory.id}
        return [
            summary
            for scope, some in ids.items()
            if some
            for summary in await self._all(scoped(scope, Filters(ids=sorted(some)), None))
        ]

    async def _all(self, where: Where) -> list[Memory]:
        found = page = await self._store.page(where, PAGE)
        while len(page) == PAGE:
            page = await self._store.page(where, PAGE, after=page[-1].id)
            found = [*found, *page]
        return found

    def _forget_words(self, gone: Sequence[Memory]) -> int:
        said = [as_it_was(memory, version) for memory in gone for version in memory.versions]
        words = {
            embedded_words(memory, plain_reading=plain)
            for memory in (*gone, *said)
            for plain in (True, False)
        }
        return sum(embedder.forget(words) for embedder in self._embedders)

    async def empty_digests(self, memories: Sequence[Memory]) -> set[str]:
        """Empties the retained digests that may speak of them; their topics."""
        return await self._empty_digests({(memory.tenant, memory.entity) for memory in memories})

    async def _empty_digests(self, entities: set[tuple[str, str]]) -> set[str]:
        digests = {
            topics.summary(tenant, name, entity)
            for tenant, entity in entities
            for name in topics.SUMMARY_NAMES
        }
        for digest in sorted(digests):
            await self._publish(digest, b"", retain=True)
        # Afterwards: who tells one in between has to tell it once more, and so does who begins now.
        await asyncio.to_thread(self._digests.doubt, digests)
        return digests
