"""The contract printed: JSON Schema for other languages, and the tables of `docs/wire.md`. Pure."""

from collections.abc import Collection, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from schemas import limits
from schemas.digest import Digest, DigestState, Gist, PeriodDigest, Series
from schemas.observation import Observation
from schemas.receipt import Receipt, Receipts, TimeRequest
from schemas.replies import (
    REPLIES,
    AuditEntry,
    Code,
    Exported,
    Failure,
    Match,
    Reading,
    Reply,
    StateEntry,
    TimeRead,
    Version,
)
from schemas.requests import REQUESTS, Filters, InWords, Request
from schemas.service import DeadLetter, ServiceStats, ServiceStatus
from schemas.stream import StreamRecord
from schemas.wire import Wire, short_keys

MODELS: tuple[type[Wire], ...] = (
    Observation, TimeRequest, Receipts, Receipt, StreamRecord, *REQUESTS, Filters, *REPLIES, Match, TimeRead,
    Reading, StateEntry, Version, Exported, AuditEntry, Failure, Digest, DigestState, Gist, PeriodDigest,
    Series, ServiceStatus, ServiceStats, DeadLetter,
)  # fmt: skip

ERROR_CODES: dict[int, str] = {
    400: "malformed: the field is named",
    403: "not yours",
    404: "no such memory or op",
    408: "the deadline passed before the answer was ready",
    413: "too large",
    422: "valid, but impossible",
    429: f"too many in flight ({limits.QUERIES_IN_FLIGHT_MAX} a client)",
    500: "a fault of the service",
    503: "a part is away",
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of every model, under long names; each property with its `x-short-key`."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in MODELS]
    _, schema = models_json_schema(wanted, title="membroker wire contract v1")
    for model in MODELS:
        for name, key in short_keys(model).items():
            schema["$defs"][model.__name__]["properties"][name]["x-short-key"] = key
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def tables() -> dict[str, str]:
    """Markdown by the name that marks its place in `docs/wire.md`."""
    request_fields = set(Request.model_fields)
    words = {"text", "now", "tz"}
    return {
        "observation": _fields(Observation),
        "receipt": _fields(Receipt),
        "stream": _fields(StreamRecord),
        "requests": _requests(request_fields),
        "filters": _fields(Filters),
        "listing": _fields(InWords, without={*request_fields, *Filters.model_fields, *words}),
        "in words": _fields(InWords, without=set(InWords.model_fields) - words),
        "replies": _replies(),
        "match": _fields(Match),
        "time": _fields(TimeRead),
        "reading": _fields(Reading),
        "digest": _fields(Digest),
        "digest state": _fields(DigestState),
        "gist": _fields(Gist),
        "period digest": _fields(PeriodDigest),
        "series": _fields(Series),
        "codes": _rows(("code", "meaning"), [(str(code), ERROR_CODES[code]) for code in get_args(Code)]),
        "status": _fields(ServiceStatus, short=False),
        "stats": _fields(ServiceStats, short=False),
        "dead letter": _fields(DeadLetter, short=False),
        "limits": _limits(),
    }


def _fields(model: type[Wire], *, without: Collection[str] = (), short: bool = True) -> str:
    properties = model.model_json_schema()["properties"]
    keys = short_keys(model)
    rows = []
    for name, said in properties.items():
        if name not in without:
            key = (f"`{keys[name]}`",) if short else ()
            rows.append((f"`{name}`", *key, _type(said), said.get("description", "")))
    return _rows(("field", "short", "type", "meaning") if short else ("field", "type", "meaning"), rows)


def _requests(common: set[str]) -> str:
    rows = []
    for request in REQUESTS:
        filters: list[str] = ["filters"] if issubclass(request, Filters) else []
        elsewhere = common | set(Filters.model_fields if filters else ())
        own = [f"`{name}` (`{key}`)" for name, key in short_keys(request).items() if name not in elsewhere]
        op = request.model_fields["op"].default
        rows.append((request.verb, f"`{op}`", ", ".join([*own, *filters]), (request.__doc__ or "").strip()))
    return _rows(("verb", "op", "fields", "answers"), rows)


def _replies() -> str:
    rows = []
    for reply in REPLIES:
        keys = short_keys(reply)
        own = [f"`{name}` (`{keys[name]}`)" for name in keys if name not in Reply.model_fields]
        rows.append(((reply.__doc__ or "").strip(), ", ".join(own)))
    return _rows(("answer", "carries"), rows)


def _limits() -> str:
    values = {name: value for name, value in vars(limits).items() if isinstance(value, int | float)}
    return _rows(("limit", "value"), [(f"`{name}`", _number(value)) for name, value in values.items()])


def _number(value: float) -> str:
    """In full: as a float, the largest integer would be one more than it is."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.15g}"


def _type(said: dict[str, Any]) -> str:
    if "anyOf" in said:
        return " or ".join(_type(each) for each in said["anyOf"] if each.get("type") != "null")
    if "enum" in said:
        return " ".join(f"`{value}`" for value in said["enum"])
    if "const" in said:
        return f"`{said['const']}`".lower()
    if "$ref" in said:
        return str(said["$ref"]).rsplit("/", 1)[-1]
    if said.get("type") == "array":
        return f"list of {_type(said['items'])}"
    kind = said.get("type", "any")
    kinds = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return kinds + _bounds(said)


def _bounds(said: dict[str, Any]) -> str:
    low = said.get("minimum", said.get("minLength"))
    high = said.get("maximum", said.get("maxLength"))
    if "exclusiveMinimum" in said:
        return f" > {said['exclusiveMinimum']:g}"
    match low, high:
        case None, None:
            return ""
        case None, _:
            return f" ≤ {high}"
        case _, None:
            return f" ≥ {low}"
    return f" {low} … {high}"


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
