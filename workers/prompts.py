"""What an agent should know before it speaks: `context` for one question, `profile` for any."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from memory import conditions, profiling, states
from memory.conditions import scoped
from memory.prompting import Prompt, Teller, Telling
from memory.reading_lines import reading_lines
from memory.records import Memory, Ranked, Scope
from memory.store import MemoryStore
from memory.time_windows import Window
from memory.time_zones import UTC_NAME
from memory.tokens import Tokens
from schemas.limits import LIMIT_MAX
from schemas.replies import ProfileReply
from schemas.requests import Context, Profile
from workers.fitting import Recounted
from workers.latest import latest, latest_states
from workers.matches import to_match, to_readings, wanted
from workers.measuring import Answered
from workers.timing import of_the_past, to_time

INLINE_TOKENS_MAX = 2048
"""Written at once, in some 5 ms; a larger one, of up to 0.2 s, on a thread, since others want their turn."""
STABLE_DRAWN_MAX = 256
"""Of each kind, the newest are looked at: some 5 ms; of thousands of facts nobody means all."""


async def context(
    store: MemoryStore,
    tokens: Tokens,
    scope: Scope,
    request: Context,
    ranked: Sequence[Ranked],
    *,
    windows: Sequence[Window],
    answered: Answered,
    now: float,
) -> Recounted:
    """The ranked (best first) as text within the budget; `windows` are the times that the request names,
    `answered` is what readings say to it.
    """
    where = scoped(scope, wanted(request, now), now)
    current = await latest_states(store, where, states.attributes(each.memory for each in ranked))
    newest = frozenset(memory.id for memory in current.values())
    zone = None if request.tz in (None, UTC_NAME) else ZoneInfo(request.tz)
    read = reading_lines(answered.measured, zone)
    settled = states.settle(ranked, current, past=of_the_past(request, windows) or bool(read))
    telling = Telling(newest, scope.entity, zone, read)
    teller = Teller(telling, tokens.count)
    vectors = await store.vectors([each.memory.id for each in settled])
    compose = partial(teller.compose, settled, vectors, budget=request.budget, most=most_told(request))
    prompt = compose() if request.budget <= INLINE_TOKENS_MAX else await asyncio.to_thread(compose)
    reply = partial(_reply, request, windows=windows, answered=answered)
    return reply(prompt).shortened_by(lambda count: reply(teller.tell(prompt.used[:count])))


def most_told(request: Context) -> int:
    """How many memories at most: as the asker says, and otherwise only the budget does."""
    return request.limit if "limit" in request.model_fields_set else LIMIT_MAX


def _reply(request: Context, prompt: Prompt, *, windows: Sequence[Window], answered: Answered) -> Recounted:
    matches = [
        to_match(each.memory, score=each.score, parts=each.parts if request.explain else None)
        for each in prompt.used
    ]
    return Recounted(
        op=request.op,
        context=prompt.text,
        tokens=prompt.tokens,
        matches=matches,
        time=to_time(windows),
        readings=to_readings(answered.measured),
        more=answered.more or None,
    )


async def profile(store: MemoryStore, scope: Scope, request: Profile, now: float) -> ProfileReply:
    """The latest summary, and what is stable."""
    lists = {}
    for kind in ("preference", "fact", "routine"):
        drawn = await store.newest(scoped(scope, conditions.Filters(kinds=[kind]), now), STABLE_DRAWN_MAX)
        lists[kind] = [to_match(memory) for memory in profiling.stable(drawn)]
        await asyncio.sleep(0)
    summary = await _summary(store, scope, now)
    return ProfileReply(
        op=request.op,
        summary=summary.text if summary else None,
        preferences=lists["preference"],
        facts=lists["fact"],
        routines=lists["routine"],
    )


async def _summary(store: MemoryStore, scope: Scope, now: float) -> Memory | None:
    """The latest of the entity's own; of those below only where it has none."""
    for whose in (replace(scope, below=False), scope):
        filters = conditions.Filters(tier="summary")
        if found := await latest(store, scoped(whose, filters, now)):
            return found
    return None
