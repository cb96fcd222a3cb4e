"""What each op answers. Reads the store and the rules; knows nothing of MQTT."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from broker_bridge.topics import Address
from memory import conditions
from memory.conditions import Where, scoped
from memory.figures import proofs_of
from memory.records import Memory, Ranked, Scope
from memory.states import newest
from memory.store import FACET_VALUES_MAX, MemoryStore, point_ids
from memory.time_windows import Window, closeness
from memory.timewords import Steering, steering
from memory.tokens import Tokens
from schemas.limits import LIMIT_MAX, LISTED_MAX
from schemas.replies import (
    ContextReply,
    MatchesReply,
    ProfileReply,
    Reply,
    StateEntry,
    StateReply,
    StatsReply,
)
from schemas.requests import Context, Filters, Get, InWords, Profile, Recall, Recent, Request, State, Stats
from workers import prompts
from workers.drawing import Drawing, Lean
from workers.latest import latest
from workers.matches import to_match, to_readings, wanted
from workers.measuring import Answered, Measuring
from workers.timing import of_the_past, to_time, windowed
from workers.unanswered import NotFound, NotServed

STEERS = {Steering.NEWEST: 1, Steering.OLDEST: -1}
"""Which way a question's words lean it, beside its times."""

ZoneOf = Callable[[str], str]
"""The time zone (an IANA name) in which a tenant's requests are meant that name none."""


@dataclass(frozen=True, slots=True)
class _Found:
    """For a question: the best first, how its times were read, what readings say to it."""

    ranked: list[Ranked]
    windows: list[Window]
    answered: Answered


class Answers:
    """One method an op."""

    def __init__(
        self,
        store: MemoryStore,
        measuring: Measuring,
        drawing: Drawing,
        tokens: Tokens,
        *,
        zone_of: ZoneOf,
    ) -> None:
        self._store = store
        self._measuring = measuring
        self._zone_of = zone_of
        self._drawing = drawing
        self._tokens = tokens
        self._by_request: dict[type[Request], Callable[..., Awaitable[Reply]]] = {
            Recall: self.recall,
            Recent: self.recent,
            Context: self.context,
            State: self.state,
            Profile: self.profile,
            Get: self.get,
            Stats: self.stats,
        }

    def close(self) -> None:
        """Ends the embedding threads."""
        self._drawing.close()

    def warm_up(self) -> None:
        """Reads a first time in words, which takes half a second: in a thread, before somebody asks."""
        windowed(conditions.EVERYTHING, "yesterday", 0.0, None)

    def check_served(self, request: type[Request]) -> None:
        """Raises NotServed for an op that this version does not answer; the message says which it does."""
        if request not in self._by_request:
            served = ", ".join(each.model_fields["op"].default for each in self._by_request)
            raise NotServed(f"this version serves {served}")

    async def answer(self, scope: Scope, request: Request) -> Reply:
        """The answer to a request, from the memories of one scope.

        Raises:
            NotFound: none of the memories named is in the scope.
            MemoryFault: the store or the model is away.
        """
        if isinstance(request, InWords) and request.tz is None:
            request = request.model_copy(update={"tz": self._zone_of(scope.tenant)})
        return await self._by_request[type(request)](scope, request)

    async def recall(self, scope: Scope, request: Recall) -> MatchesReply:
        """What fits best, by meaning, words and what stands beside it; see `memory/ranking.py`."""
        found = await self._found(scope, request, request.limit, time.time())
        matches = [
            to_match(best.memory, score=best.score, parts=best.parts if request.explain else None)
            for best in found.ranked
        ]
        return MatchesReply(
            op=request.op,
            matches=matches,
            time=to_time(found.windows),
            readings=to_readings(found.answered.measured),
            more=found.answered.more or None,
        )

    async def context(self, scope: Scope, request: Context) -> ContextReply:
        """What is best to know for a question, as text."""
        now = time.time()
        found = await self._found(scope, request, LIMIT_MAX, now)
        return await prompts.context(
            self._store,
            self._tokens,
            scope,
            request,
            found.ranked,
            windows=found.windows,
            answered=found.answered,
            now=now,
        )

    async def profile(self, scope: Scope, request: Profile) -> ProfileReply:
        """What is stable, whatever the question."""
        return await prompts.profile(self._store, scope, request, time.time())

    async def recent(self, scope: Scope, request: Recent) -> MatchesReply:
        """What was observed last, newest first."""
        found = await self._store.newest(_where(scope, request), request.limit)
        return MatchesReply(op=request.op, matches=[to_match(memory) for memory in newest(found)])

    async def get(self, scope: Scope, request: Get) -> MatchesReply:
        """The memories named, in the order they were named."""
        named = list(dict.fromkeys(point_ids(request.memories)))
        found: dict[str, Memory] = {}
        if named:
            where = _now(scope, conditions.Filters(ids=named))
            found = {memory.id: memory for memory in await self._store.newest(where, len(named))}
        if not found:
            raise NotFound("`memories`: none of them is a memory of this entity")
        return MatchesReply(op=request.op, matches=[to_match(found[each]) for each in named if each in found])

    async def state(self, scope: Scope, request: State) -> StateReply:
        """The newest memory of each attribute."""
        everything = _now(scope, conditions.EVERYTHING)
        attributes = request.attributes or list(await self._store.count_by(everything, "attribute"))
        state = {}
        for attribute in attributes[:LISTED_MAX]:
            where = _now(scope, conditions.Filters(attribute=attribute))
            if (found := await latest(self._store, where)) is not None:
                state[attribute] = _entry(found)
            await asyncio.sleep(0)  # an embedded store never waits by itself, and others want their turn
        return StateReply(op=request.op, state=state, more=True if len(attributes) > LISTED_MAX else None)

    async def stats(self, scope: Scope, request: Stats) -> StatsReply:
        """Counts, and the span of time they cover."""
        where = _now(scope, conditions.EVERYTHING)
        first = await self._store.newest(where, 1, oldest_first=True)
        last = await self._store.newest(where, 1)
        kinds, devices = [await self._store.count_by(where, field) for field in ("kind", "device")]
        count = await self._store.count(where)
        summaries = (await self._store.count_by(where, "tier")).get("summary", 0)
        tiers = {"raw": count - summaries, "summary": summaries}
        cut = max(len(kinds), len(devices)) >= FACET_VALUES_MAX
        return StatsReply(
            op=request.op,
            more=True if cut else None,
            count=count,
            kinds=kinds,
            tiers={tier: number for tier, number in tiers.items() if number},
            devices=devices,
            first=first[0].at if first else None,
            last=last[0].at if last else None,
        )

    async def _found(self, scope: Scope, request: Recall | Context, limit: int, now: float) -> _Found:
        """The best for a request, best first, how the times in its words were read, and what readings say.

        Those count from the asker's clock; what has expired, by ours.
        """
        asked_at = now if request.now is None else request.now
        filters = wanted(request, asked_at)
        inside, windows = windowed(filters, request.text, asked_at, request.tz)
        answered = await self._measuring.answered(scope, filters, request.text, windows, now)
        steer = STEERS.get(steering(request.text), 0)
        past = of_the_past(request, windows) or steer < 0 or bool(answered.measured)
        ranked = await self._drawing.ranked(
            scope,
            scoped(scope, filters, now),
            request.text,
            limit=limit,
            min_score=request.min_score or 0.0,
            now=asked_at,
            lean=Lean(scoped(scope, inside, now), partial(closeness, windows)) if windows else None,
            steer=steer,
            proofs=proofs_of(answered.measured),
            past=past or isinstance(request, Context),  # which settles by itself what was ranked
        )
        return _Found(ranked, windows, answered)


def scope_of(address: Address) -> Scope:
    """Whose memories a request may see: what its topic says, and nothing else."""
    return Scope(address.tenant, address.entity, address.below)


def _where(scope: Scope, request: Filters) -> Where:
    now = time.time()
    return scoped(scope, wanted(request, now), now)


def _now(scope: Scope, filters: conditions.Filters) -> Where:
    return scoped(scope, filters, time.time())


def _entry(memory: Memory) -> StateEntry:
    return StateEntry(
        value=memory.value,
        unit=memory.unit,
        at=memory.at,
        text=memory.text,
        memory=memory.id,
        entity=memory.entity,
        device=memory.device,
    )
