"""What each op on `manage` does (contract §5): it changes memory, or shows everything of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from memory import conditions
from memory.conditions import scoped
from memory.embedding import Embedder
from memory.lexicon import Lexicon
from memory.records import Embedded, Memory, Scope
from memory.store import MemoryStore, point_ids
from memory.versions import changed, is_plain_reading
from memory.wording import embedded_words
from schemas.limits import AT_AHEAD_S_MAX
from schemas.replies import AuditEntry, AuditReply, ExportReply, ForgetReply, HistoryReply, Reply, UpdateReply
from schemas.requests import Audit, Export, Forget, History, Request, Update
from schemas.times import resolve
from schemas.wire import Invalid
from workers import deeds, telling
from workers.auditing import Auditing
from workers.changing import Changing
from workers.forgetting import Forgetting, Publish
from workers.matches import to_exported, to_match, to_versions, wanted
from workers.named import named
from workers.unanswered import Impossible

CHANGEABLE = ("text", "value", "unit", "attribute", "kind", "at", "tags", "importance", "meta")
"""What an `update` may name."""

LOOKS_AT_ONCE = 4
"""Requests that change nothing (`export`, `history`, `audit`), of all tenants: the others wait."""


class Manage:
    """One method an op. A tenant's changes wait for each other: none may bring back what another forgets."""

    def __init__(
        self,
        store: MemoryStore,
        embedder: Embedder,
        lexicon: Lexicon,
        *,
        auditing: Auditing,
        forgetting: Forgetting,
        changing: Changing,
        publish: Publish,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._lexicon = lexicon
        self._auditing = auditing
        self._forgetting = forgetting
        self._publish = publish
        self._changing = changing
        self._looking = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._by_request: dict[type[Request], Callable[..., Awaitable[Reply]]] = {
            Forget: self.forget,
            Update: self.update,
            History: self.history,
            Export: self.export,
            Audit: self.audit,
        }

    async def answer(self, scope: Scope, client: str, request: Request) -> Reply:
        """Does what a client asks of one scope, and returns when it is safe.

        Raises:
            NotFound: the memory is not in the scope.
            Impossible, Invalid: the request cannot be done as it is; the field is named.
            MemoryFault: a part is away; what was asked may be done in part, and may be asked again.
        """
        answer = self._by_request[type(request)]
        if isinstance(request, Forget | Update):
            return await answer(scope, client, request)
        async with self._looking:
            return await answer(scope, client, request)

    async def forget(self, scope: Scope, client: str, request: Forget) -> ForgetReply:
        """Forgets for ever; see `workers/forgetting.py`. What is not there is forgotten already."""
        now = time.time()
        named = point_ids(request.memories or [])
        if request.memories is not None:
            filters = conditions.Filters(ids=named)
        elif request.where is not None:
            filters = wanted(request.where, now)
        else:
            filters = conditions.EVERYTHING
        where = scoped(scope, filters, None)
        async with self._changing.of(scope.tenant):
            letters = await self._forgetting.forget_letters(scope) if request.all else 0
            before = await self._forgetting.forgotten_before(named)
            counts = await self._forgetting.forget(where, client=client, letters=not request.all)
            counts["letters"] += letters
            if request.where is None:
                told_again = await self._forgetting.tell_again(scope, before)
                counts["retained"] = max(counts["retained"], told_again)
        return ForgetReply(
            op=request.op,
            forgotten=counts["forgotten"],
            summaries=counts["summaries"],
            retained=counts["retained"],
            letters=counts["letters"],
            cached=counts["cached"],
        )

    async def update(self, scope: Scope, client: str, request: Update) -> UpdateReply:
        """Puts a new version in a memory's place; what is not named stays."""
        now = time.time()
        changes = _changes(request, now)
        async with self._changing.of(scope.tenant):
            memory = await named(self._store, scope, request.memory)
            after = changed(memory, changes, by=client, now=now)
            if after is not memory:
                await self._replace(memory, after, client)
            # Also where nothing changed: a try before may have failed at its flush, and told nobody.
            await self._store.flush()
            if after.written is not None:
                await self._tell(after)
        return UpdateReply(op=request.op, match=to_match(after))

    async def history(self, scope: Scope, client: str, request: History) -> HistoryReply:
        """A memory's versions, and who wrote each, newest first."""
        memory = await named(self._store, scope, request.memory)
        reply = HistoryReply(op=request.op, versions=to_versions(memory))
        self._auditing.note(
            deeds.of_reply(
                "recalled", reply, at=time.time(), tenant=scope.tenant, client=client, asked=scope.entity
            )
        )
        return reply

    async def export(self, scope: Scope, client: str, request: Export) -> ExportReply:
        """A page of memories with everything stored of them, in the order of their ids."""
        if request.cursor is not None and not point_ids([request.cursor]):
            raise Invalid("cursor", "must be the `cursor` of the page before")
        now = time.time()
        where = scoped(scope, wanted(request, now), None)
        page = await self._store.page(where, request.limit + 1, after=request.cursor)
        some = page[: request.limit]
        reply = ExportReply(
            op=request.op,
            memories=[to_exported(memory) for memory in some],
            cursor=some[-1].id if len(page) > len(some) else None,
        )
        await self._auditing.write(
            deeds.of_reply("exported", reply, at=now, tenant=scope.tenant, client=client, asked=scope.entity)
        )
        return reply

    async def audit(self, scope: Scope, client: str, request: Audit) -> AuditReply:
        """Who did what to an entity's memories, newest first."""
        now = time.time()
        await self._auditing.settle()
        found = await self._auditing.read(
            scope, resolve(request.since, now), resolve(request.until, now), request.limit
        )
        reply = AuditReply(
            op=request.op,
            entries=[
                AuditEntry(
                    at=deed.at, client=deed.client, did=deed.did, entity=deed.entity,
                    memories=list(deed.memories) or None,
                )
                for deed in found
            ],
        )  # fmt: skip
        self._auditing.note(
            deeds.of_reply("audited", reply, at=now, tenant=scope.tenant, client=client, asked=scope.entity)
        )
        return reply

    async def _replace(self, before: Memory, after: Memory, client: str) -> None:
        words = embedded_words(after, plain_reading=is_plain_reading(after))
        [vector] = await self._embedder.embed([words])
        await self._forgetting.forget_made_of(before, client=client)
        await self._auditing.write(
            deeds.of_memories("updated", [after], at=after.written or 0.0, tenant=after.tenant, client=client)
        )
        await self._store.upsert([Embedded(after, vector, self._lexicon.document(after.text))])

    async def _tell(self, after: Memory) -> None:
        await self._forgetting.empty_digests([after])
        for topic, payload in telling.stream([after]):
            await self._publish(topic, payload)


def _changes(request: Update, now: float) -> dict[str, Any]:
    """The fields that an update names, as a memory has them."""
    named = {name: getattr(request, name) for name in CHANGEABLE}
    changes = {name: value for name, value in named.items() if value is not None}
    if not changes:
        raise Impossible(f"nothing to change: name one of {', '.join(CHANGEABLE)}")
    if request.at is not None and request.at > now + AT_AHEAD_S_MAX:
        raise Impossible("`at`: must be at most a day ahead of now")
    return changes
