"""What a kiosk may ask on `query`, and an owner on `manage` (contract §5)."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.limits import (
    BUDGET_TOKENS_DEFAULT,
    BUDGET_TOKENS_MAX,
    DEADLINE_MS_MAX,
    LIMIT_DEFAULT,
    LIMIT_MAX,
    LISTED_MAX,
    MESSAGE_BYTES_MAX,
    ZONE_PATTERN,
)
from schemas.observation import Attribute, Importance, Label, Meta, Name, Tags, Text, Unit, Value
from schemas.times import Bound, Instant
from schemas.wire import Finite, Invalid, Key, Raw, Wire

Names = Annotated[list[Name], Field(min_length=1, max_length=LISTED_MAX)]
Zone = Annotated[str, Field(pattern=ZONE_PATTERN)]
MemoryIds = Annotated[list[Label], Field(min_length=1, max_length=LISTED_MAX)]


class Filters(Wire):
    """Conditions on memories; all optional, combined by AND."""

    since: Annotated[Bound | None, Key("f")] = Field(
        None, description="observed at or after; epoch, ISO 8601, or negative seconds from now"
    )
    until: Annotated[Bound | None, Key("e")] = Field(None, description="observed at or before; as `since`")
    kinds: Annotated[Names | None, Key("k")] = Field(None, description="any of")
    tags: Annotated[Tags | None, Key("g")] = Field(None, description="all of")
    devices: Annotated[Names | None, Key("c")] = Field(None, description="any of")
    sessions: Annotated[Names | None, Key("s")] = Field(None, description="any of")
    meta: Annotated[Meta | None, Key("m")] = Field(None, description="each entry equal")


class Request(Wire):
    """What every request may carry."""

    verb: ClassVar[Literal["query", "manage"]] = "query"

    op: Annotated[str, Key("o")]
    id: Annotated[Label | None, Key("i")] = Field(None, description="echoed in the answer")
    deadline_ms: Annotated[Annotated[int, Field(ge=0, le=DEADLINE_MS_MAX)] | None, Key("d")] = Field(
        None, description="no answer is sent after it; default: MQTT 5 Message Expiry, else 10 000"
    )


class Listing(Request, Filters):
    """A request answered with matches."""

    limit: Annotated[Annotated[int, Field(ge=1, le=LIMIT_MAX)], Key("n")] = LIMIT_DEFAULT
    min_score: Annotated[Annotated[Finite, Field(ge=0, le=1)] | None, Key("z")] = None
    explain: Annotated[bool, Key("x")] = Field(False, description="answer with the parts of each score")
    max_bytes: Annotated[Annotated[int, Field(ge=64, le=MESSAGE_BYTES_MAX)] | None, Key("l")] = Field(
        None, description="cut the answer to whole matches that fit, and set `more`"
    )


class InWords(Listing):
    """A request in words, which may say when: `yesterday`, `in May 2023`, `since Monday`."""

    text: Annotated[Text, Key("q")] = Field(description="what to look for, in words")
    now: Annotated[Instant | None, Key("a")] = Field(
        None,
        description="the asker's time, from which times in `text` and negative bounds count; else ours",
    )
    tz: Annotated[Zone | None, Key("y")] = Field(
        None,
        description="the asker's time zone, an IANA name such as `Europe/Berlin`; "
        "default: the service's setting `time_zone`, UTC unless set",
    )


class Recall(InWords):
    """What is remembered of this, best first."""

    op: Annotated[Literal["recall"], Key("o")] = "recall"


class Recent(Listing):
    """What was last observed, newest first."""

    op: Annotated[Literal["recent"], Key("o")] = "recent"


class Context(InWords):
    """What is remembered of this as text for a prompt, within a budget."""

    op: Annotated[Literal["context"], Key("o")] = "context"
    budget: Annotated[Annotated[int, Field(ge=1, le=BUDGET_TOKENS_MAX)], Key("b")] = Field(
        BUDGET_TOKENS_DEFAULT, description="tokens"
    )


class State(Request):
    """The latest value of each attribute."""

    op: Annotated[Literal["state"], Key("o")] = "state"
    attributes: Annotated[
        Annotated[list[Attribute], Field(min_length=1, max_length=LISTED_MAX)] | None, Key("p")
    ] = Field(None, description="only these; default: all there are")


class Profile(Request):
    """The latest summary, the stable preferences, facts and routines."""

    op: Annotated[Literal["profile"], Key("o")] = "profile"


class Get(Request):
    """Memories by their ids."""

    op: Annotated[Literal["get"], Key("o")] = "get"
    memories: Annotated[MemoryIds, Key("r")] = Field(description="memory ids")
    max_bytes: Annotated[Annotated[int, Field(ge=64, le=MESSAGE_BYTES_MAX)] | None, Key("l")] = None


class Stats(Request):
    """Counts by kind, tier and device; first and last `at`."""

    op: Annotated[Literal["stats"], Key("o")] = "stats"


class Feedback(Request):
    """Says whether a memory was of use: it then counts for a little more, or less, in rankings."""

    op: Annotated[Literal["feedback"], Key("o")] = "feedback"
    memory: Annotated[Label, Key("r")]
    useful: Annotated[bool, Key("u")] = Field(
        description="a client has one vote for a memory, its last; sending it again changes nothing"
    )


def _only_true(value: object) -> object:
    # To Literal[True], 1 and 1.0 would do: too little said to forget everything.
    if value is not None and value is not True:
        raise ValueError("must be true")
    return value


class Forget(Request):
    """Forgets for ever: one of `memories`, `where` or `all`."""

    verb: ClassVar[Literal["query", "manage"]] = "manage"
    op: Annotated[Literal["forget"], Key("o")] = "forget"
    memories: Annotated[MemoryIds | None, Key("r")] = None
    where: Annotated[Filters | None, Key("w")] = None
    all: Annotated[Literal[True] | None, BeforeValidator(_only_true), Key("a")] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(chosen is not None for chosen in (self.memories, self.where, self.all)) != 1:
            raise ValueError("one of `memories`, `where` and `all: true` is needed, and only one")
        if self.where is not None and all(said in ([], {}) for said in self.where.dump(short=True).values()):
            # A misspelt filter is ignored like any unknown field, and none at all would mean everything.
            raise ValueError("`where` needs a filter; say `all: true` to forget everything")
        return self


class Update(Request):
    """Changes a memory; the old version stays in its history."""

    verb: ClassVar[Literal["query", "manage"]] = "manage"
    op: Annotated[Literal["update"], Key("o")] = "update"
    memory: Annotated[Label, Key("r")]
    text: Annotated[Text | None, Key("t")] = None
    value: Annotated[Value | None, Key("v")] = None
    unit: Annotated[Unit | None, Key("u")] = None
    attribute: Annotated[Attribute | None, Key("p")] = None
    kind: Annotated[Name | None, Key("k")] = None
    at: Annotated[Instant | None, Key("a")] = None
    tags: Annotated[Tags | None, Key("g")] = None
    importance: Annotated[Importance | None, Key("w")] = None
    meta: Annotated[Meta | None, Key("m")] = None


class History(Request):
    """A memory's versions, and who wrote each."""

    verb: ClassVar[Literal["query", "manage"]] = "manage"
    op: Annotated[Literal["history"], Key("o")] = "history"
    memory: Annotated[Label, Key("r")]


class Export(Request, Filters):
    """A page of memories with everything stored of them."""

    verb: ClassVar[Literal["query", "manage"]] = "manage"
    op: Annotated[Literal["export"], Key("o")] = "export"
    limit: Annotated[Annotated[int, Field(ge=1, le=LIMIT_MAX)], Key("n")] = LIMIT_MAX
    cursor: Annotated[Label | None, Key("u")] = Field(None, description="from the page before")


class Audit(Request):
    """Who observed, recalled and forgot what, when."""

    verb: ClassVar[Literal["query", "manage"]] = "manage"
    op: Annotated[Literal["audit"], Key("o")] = "audit"
    since: Annotated[Bound | None, Key("f")] = None
    until: Annotated[Bound | None, Key("e")] = None
    limit: Annotated[Annotated[int, Field(ge=1, le=LIMIT_MAX)], Key("n")] = LIMIT_MAX


REQUESTS: tuple[type[Request], ...] = (
    Recall, Recent, Context, State, Profile, Get, Stats, Feedback, Forget, Update, History, Export, Audit,
)  # fmt: skip
OPS: dict[tuple[str, str], type[Request]] = {
    (request.verb, request.model_fields["op"].default): request for request in REQUESTS
}
DEFAULT_OP = {"query": "recall"}


class UnknownOp(Exception):
    """An op that this verb does not have."""


def request_type(verb: str, raw: Raw) -> type[Request]:
    """Which request a decoded map is, by its op; its other fields are not looked at.

    Raises:
        Invalid: `op` is missing or no text.
        UnknownOp: no such op on this verb; the message says which there are.
    """
    op: Any = raw.get("op", raw.get("o", DEFAULT_OP.get(verb)))
    if not isinstance(op, str):
        raise Invalid("op", f"must be one of {_ops_of(verb)}")
    if (verb, op) not in OPS:
        raise UnknownOp(f"`op`: {verb} has {_ops_of(verb)}")
    return OPS[verb, op]


def _ops_of(verb: str) -> str:
    return ", ".join(op for of, op in OPS if of == verb)
