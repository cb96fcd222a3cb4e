"""What is answered (contract §5)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.observation import Value
from schemas.wire import Finite, Key, Wire

Tier = Literal["raw", "summary"]
Did = Literal["observed", "recalled", "updated", "forgot", "exported", "audited", "rated"]
Asked = Literal["min", "max", "mean", "span", "last", "first", "count"]
Code = Literal[400, 403, 404, 408, 413, 422, 429, 500, 503]


class Match(Wire):
    """A memory in an answer."""

    memory: Annotated[str, Key("m")] = Field(description="the memory's id")
    id: Annotated[str | int | None, Key("i")] = Field(None, description="as the device sent it")
    entity: Annotated[str, Key("e")]
    device: Annotated[str, Key("c")]
    kind: Annotated[str, Key("k")]
    text: Annotated[str | None, Key("t")] = None
    value: Annotated[Value | None, Key("v")] = None
    unit: Annotated[str | None, Key("u")] = None
    attribute: Annotated[str | None, Key("p")] = None
    at: Annotated[Finite, Key("a")] = Field(description="epoch seconds")
    score: Annotated[Finite | None, Key("z")] = Field(None, description="0 … 1")
    session: Annotated[str | None, Key("s")] = None
    seq: Annotated[int | None, Key("n")] = None
    tags: Annotated[list[str] | None, Key("g")] = None
    importance: Annotated[Finite | None, Key("w")] = None
    tier: Annotated[Tier, Key("r")] = "raw"
    seen: Annotated[int | None, Key("b")] = Field(None, description="how often, if merged")
    first: Annotated[Finite | None, Key("bf")] = Field(
        None, description="if merged: when it was observed first, epoch seconds; `at` is the last time"
    )
    meta: Annotated[dict[str, Any] | None, Key("j")] = None
    parts: Annotated[dict[str, float] | None, Key("x")] = Field(
        None, description="with `explain`: what the score is made of"
    )


class Reply(Wire):
    """What every answer carries."""

    id: Annotated[str | None, Key("i")] = Field(None, description="of the request")
    ok: Annotated[Literal[True], Key("k")] = True
    op: Annotated[str, Key("o")]
    took_ms: Annotated[Finite, Key("t")] = 0.0
    more: Annotated[bool | None, Key("e")] = Field(
        None, description="true: cut to `max_bytes`, or there is more than was looked at; ask for less"
    )


class Failure(Wire):
    """An answer that says what was wrong, and the next step."""

    id: Annotated[str | None, Key("i")] = Field(None, description="of the request")
    ok: Annotated[Literal[False], Key("k")] = False
    code: Annotated[Code, Key("c")]
    error: Annotated[str, Key("r")]
    hint: Annotated[str, Key("h")]


class TimeRead(Wire):
    """How words of the question were read as a time; an end that is absent is open."""

    words: Annotated[str, Key("w")] = Field(description="as they stand in the question")
    since: Annotated[Finite | None, Key("f")] = Field(None, description="epoch seconds, included")
    until: Annotated[Finite | None, Key("e")] = Field(None, description="epoch seconds, included")
    hard: Annotated[bool, Key("h")] = Field(
        description="true: it bounds the answer, if the request has no `since` or `until`; false: it leans it"
    )


class Reading(Wire):
    """What readings answer to a question, of one series of them; or how often something was told of."""

    asked: Annotated[Asked, Key("o")] = Field(
        description="`span`: lowest, mean and highest; `count`, `first` and, if asked when, `last`: how "
        "often or when it turned to the `state`, or was told of"
    )
    entity: Annotated[str, Key("e")]
    attribute: Annotated[str | None, Key("p")] = None
    device: Annotated[str | None, Key("c")] = None
    state: Annotated[str | None, Key("s")] = Field(None, description="that was asked for: `open`")
    value: Annotated[Value | None, Key("v")] = Field(None, description="what the proving memory says")
    unit: Annotated[str | None, Key("u")] = None
    count: Annotated[int | None, Key("n")] = Field(
        None, description="of readings; if `count` was asked, of times"
    )
    min: Annotated[Finite | None, Key("l")] = None
    max: Annotated[Finite | None, Key("h")] = None
    mean: Annotated[Finite | None, Key("r")] = Field(
        None, description="of all readings alike; absent where there are too many to look at"
    )
    since: Annotated[Finite | None, Key("f")] = Field(None, description="looked at from, epoch seconds")
    until: Annotated[Finite | None, Key("g")] = Field(None, description="looked at to, epoch seconds")
    snapped: Annotated[bool | None, Key("b")] = Field(
        None,
        description="true: `since` or `until` is not as asked, but the bound of a summary of which nothing "
        "smaller is left",
    )
    memory: Annotated[str, Key("m")] = Field(
        description="that proves it: the extreme, the newest, the nearest to a mean; it is in `matches`, too"
    )
    at: Annotated[Finite, Key("a")] = Field(description="of that memory, epoch seconds")


class MatchesReply(Reply):
    """To `recall`, `recent` and `get`."""

    matches: Annotated[list[Match], Key("m")]
    time: Annotated[list[TimeRead] | None, Key("w")] = Field(
        None, description="how times in the question were read"
    )
    readings: Annotated[list[Reading] | None, Key("r")] = Field(
        None, description="what readings say to the question, what answers it best first"
    )


class ContextReply(MatchesReply):
    """To `context`."""

    context: Annotated[str, Key("c")] = Field(description="text ready for a prompt")
    tokens: Annotated[int, Key("b")]


class StateEntry(Wire):
    """The latest value of one attribute."""

    value: Annotated[Value | None, Key("v")] = None
    unit: Annotated[str | None, Key("u")] = None
    at: Annotated[Finite, Key("a")] = Field(description="epoch seconds")
    text: Annotated[str | None, Key("t")] = None
    memory: Annotated[str, Key("m")]
    entity: Annotated[str, Key("e")]
    device: Annotated[str, Key("c")]


class StateReply(Reply):
    """To `state`: by attribute; over `_all`, the newest of those below, which names its entity."""

    state: Annotated[dict[str, StateEntry], Key("s")]


class ProfileReply(Reply):
    """To `profile`."""

    summary: Annotated[str | None, Key("u")] = None
    preferences: Annotated[list[Match], Key("p")]
    facts: Annotated[list[Match], Key("f")]
    routines: Annotated[list[Match], Key("r")]


class StatsReply(Reply):
    """To `stats`."""

    count: Annotated[int, Key("n")]
    kinds: Annotated[dict[str, int], Key("y")]
    tiers: Annotated[dict[str, int], Key("r")]
    devices: Annotated[dict[str, int], Key("c")]
    first: Annotated[Finite | None, Key("f")] = Field(None, description="earliest `at`, epoch seconds")
    last: Annotated[Finite | None, Key("l")] = Field(None, description="latest `at`, epoch seconds")


class FeedbackReply(Reply):
    """To `feedback`."""

    memory: Annotated[str, Key("m")]
    importance: Annotated[Finite, Key("w")] = Field(
        description="what it counts as in rankings now, 0 … 1: as sent (else 0.5), moved by the votes"
    )


class ForgetReply(Reply):
    """To `forget`: how many memories, and how much that was made of them or held them is gone with them."""

    forgotten: Annotated[int, Key("f")]
    summaries: Annotated[int | None, Key("u")] = Field(None, description="made of them")
    retained: Annotated[int | None, Key("r")] = Field(None, description="topics of digests, emptied")
    letters: Annotated[int | None, Key("l")] = Field(None, description="dead letters")
    cached: Annotated[int | None, Key("h")] = Field(None, description="texts in caches")


class UpdateReply(Reply):
    """To `update`: the new version."""

    match: Annotated[Match, Key("m")]


class Version(Wire):
    """One version of a memory."""

    match: Annotated[Match, Key("m")]
    by: Annotated[str, Key("c")] = Field(description="the client that wrote it")
    written: Annotated[Finite, Key("a")] = Field(description="epoch seconds")


class HistoryReply(Reply):
    """To `history`: newest first."""

    versions: Annotated[list[Version], Key("v")]


class Exported(Match):
    """A memory with everything stored of it."""

    received: Annotated[Finite | None, Key("y")] = Field(None, description="epoch seconds")
    expires: Annotated[Finite | None, Key("f")] = Field(None, description="epoch seconds")
    written: Annotated[Finite | None, Key("d")] = Field(None, description="last update, epoch seconds")
    by: Annotated[str | None, Key("h")] = Field(None, description="the client that wrote the last update")
    sources: Annotated[list[str] | None, Key("o")] = Field(None, description="of a summary: memory ids")
    versions: Annotated[list[Version] | None, Key("l")] = Field(None, description="before each update")
    votes: Annotated[dict[str, bool] | None, Key("q")] = Field(
        None, description="by client: whether it was of use (`feedback`); the oldest first"
    )
    judged: Annotated[bool | None, Key("jd")] = Field(
        None, description="true: `importance` was decided by ingest, not sent"
    )
    recalled: Annotated[int | None, Key("rc")] = Field(
        None, description="how many answers told it; counted up to 63, and where `importance` was not sent"
    )


class ExportReply(Reply):
    """To `export`: one page."""

    memories: Annotated[list[Exported], Key("m")]
    cursor: Annotated[str | None, Key("u")] = Field(None, description="for the next page; absent on the last")


class AuditEntry(Wire):
    """One thing somebody did."""

    at: Annotated[Finite, Key("a")] = Field(description="epoch seconds")
    client: Annotated[str, Key("c")]
    did: Annotated[str, Key("o")] = Field(
        description="`observed`, `recalled`, `rated`, `updated`, `forgot`, `exported` or `audited`"
    )
    entity: Annotated[str, Key("e")]
    memories: Annotated[list[str] | None, Key("m")] = None


class AuditReply(Reply):
    """To `audit`: newest first."""

    entries: Annotated[list[AuditEntry], Key("a")]


REPLIES: tuple[type[Reply], ...] = (
    MatchesReply, ContextReply, StateReply, ProfileReply, StatsReply, FeedbackReply,
    ForgetReply, UpdateReply, HistoryReply, ExportReply, AuditReply,
)  # fmt: skip
