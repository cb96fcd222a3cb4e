"""What devices and kiosks might send: right, wrong, torn, and made of noise."""

import json
import string
from typing import Any

import msgpack
from hypothesis import strategies as st

from broker_bridge.codec import Encoding
from schemas.observation import Observation
from schemas.requests import REQUESTS, Filters, Request
from schemas.wire import Wire, long_names, short_keys
from tests.wire.reading import NOW

LEVELS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,7}", fullmatch=True)
INT64 = st.integers(-(2**63), 2**63 - 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SHOWN = st.characters(exclude_categories=("Cs", "Cc"))
"""Characters allowed in names: anything but controls and halves of surrogates."""


def name(characters_max: int, characters_min: int = 0) -> st.SearchStrategy[str]:
    return st.text(SHOWN, min_size=characters_min, max_size=characters_max)


PLAIN = st.recursive(
    st.none() | st.booleans() | INT64 | FINITE | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
"""What both encodings carry."""

TEXTS = st.text(min_size=1, max_size=60)
VALUES = st.booleans() | INT64 | FINITE | st.text(max_size=30)
INSTANTS = (
    st.floats(0, NOW + 86_400)
    | st.integers(0, int(NOW))
    | st.datetimes().filter(lambda moment: 1970 <= moment.year <= 2025).map(lambda moment: moment.isoformat())
)
METAS = st.dictionaries(st.text(max_size=6), PLAIN, max_size=3)

OBSERVATION_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "id": INT64 | name(64, 1),
    "text": TEXTS,
    "value": VALUES,
    "unit": name(32),
    "attribute": name(64, 1),
    "kind": name(64, 1),
    "at": INSTANTS,
    "session": name(64),
    "seq": st.integers(0, 2**63 - 1),
    "tags": st.lists(name(64), max_size=16),
    "importance": st.floats(0, 1) | st.sampled_from([0, 1]),
    "ttl": st.floats(1e-6, 3e9) | st.integers(1, 10**9),
    "meta": METAS,
}
BOUNDS = st.floats(-1e6, NOW) | st.integers(-(10**6), int(NOW))
NAMES = st.lists(name(64, 1), min_size=1, max_size=5)
MEMORIES = st.lists(name(64), min_size=1, max_size=5)
FILTER_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "since": BOUNDS,
    "until": BOUNDS,
    "kinds": NAMES,
    "tags": OBSERVATION_FIELDS["tags"],
    "devices": NAMES,
    "sessions": NAMES,
    "meta": METAS,
}
REQUEST_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **OBSERVATION_FIELDS,
    **FILTER_FIELDS,
    "id": name(64),
    "deadline_ms": st.integers(0, 600_000),
    "limit": st.integers(1, 100),
    "min_score": st.floats(0, 1),
    "explain": st.booleans(),
    "max_bytes": st.integers(64, 262_144),
    "budget": st.integers(1, 32_768),
    "useful": st.booleans(),
    "attributes": NAMES,
    "memories": MEMORIES,
    "memory": name(64),
    "cursor": name(64),
    "now": INSTANTS,
    "tz": st.from_regex(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}", fullmatch=True),
}


@st.composite
def renamed(draw: st.DrawFn, model: type[Wire], fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields, each under its long name or its short key, in any order, among unknown ones."""
    keys = short_keys(model)
    sent = {draw(st.sampled_from([long, keys[long]])): value for long, value in fields.items()}
    unknown = st.text(max_size=12).filter(lambda key: key not in long_names(model))
    sent |= draw(st.dictionaries(unknown, PLAIN, max_size=2))
    return dict(draw(st.permutations(list(sent.items()))))


@st.composite
def observation_fields(draw: st.DrawFn) -> dict[str, Any]:
    """Under long names, what a good observation holds."""
    says = draw(st.sampled_from([("text",), ("value",), ("text", "value")]))
    others = {field: of for field, of in OBSERVATION_FIELDS.items() if field not in {"text", "value"}}
    return draw(st.fixed_dictionaries({field: OBSERVATION_FIELDS[field] for field in says}, optional=others))


@st.composite
def request_fields(draw: st.DrawFn) -> tuple[type[Request], dict[str, Any]]:
    """A request's model and, under long names, what a good one holds."""
    model = draw(st.sampled_from(REQUESTS))
    names = set(model.model_fields) - {"op", "where", "all"}
    needed = {field for field in names if model.model_fields[field].is_required()}
    op = model.model_fields["op"].default
    if op == "forget":
        others = {field: of for field, of in FILTER_FIELDS.items() if field != "kinds"}
        where = st.fixed_dictionaries({"kinds": NAMES}, optional=others)
        way: dict[str, st.SearchStrategy[Any]] = {
            "memories": MEMORIES,
            "where": where,
            "all": st.just(value=True),
        }
        chosen = draw(st.sampled_from(sorted(way)))
        fields: dict[str, Any] = {chosen: draw(way[chosen])}
        if chosen == "where":
            fields["where"] = draw(renamed(Filters, fields["where"]))
        names, needed = {"id", "deadline_ms"}, set()
    else:
        fields = {}
    fields |= draw(
        st.fixed_dictionaries(
            {field: REQUEST_FIELDS[field] for field in sorted(needed)},
            optional={field: REQUEST_FIELDS[field] for field in sorted(names - needed)},
        )
    )
    return model, {"op": op, **fields}


WRONG = (
    PLAIN
    | st.binary(max_size=8)
    | st.just(float("nan"))
    | st.just(2**63)
    | st.text(min_size=257, max_size=260)
)


@st.composite
def doubtful_observation(draw: st.DrawFn) -> Any:
    """Nearly an observation: some of its fields hold anything at all."""
    fields = draw(observation_fields())
    spoilt = draw(st.dictionaries(st.sampled_from(sorted(OBSERVATION_FIELDS)), WRONG, max_size=3))
    return draw(st.one_of(renamed(Observation, fields | spoilt), renamed(Observation, fields), PLAIN))


@st.composite
def doubtful_request(draw: st.DrawFn) -> Any:
    """Nearly a request."""
    model, fields = draw(request_fields())
    spoilt = draw(st.dictionaries(st.sampled_from(sorted(model.model_fields)), WRONG, max_size=2))
    return draw(st.one_of(renamed(model, fields | spoilt), PLAIN))


def packed(value: Any, encoding: Encoding) -> bytes:
    """As another language's library would write it; in JSON, what only msgpack carries becomes text."""
    if encoding is Encoding.MSGPACK:
        return bytes(msgpack.packb(value))
    # A blank first: a bare number or string is JSON too, told by its white space.
    return b" " + json.dumps(value, default=repr).encode()


@st.composite
def torn(draw: st.DrawFn, payloads: st.SearchStrategy[bytes]) -> bytes:
    """A payload that suffered on its way: cut, with a piece of noise in its midst."""
    payload = draw(payloads)
    start = draw(st.integers(0, len(payload)))
    end = draw(st.integers(start, len(payload)))
    return payload[:start] + draw(st.binary(max_size=4)) + payload[end:]


ENCODINGS = st.sampled_from(Encoding)
DOUBTFUL_MESSAGES = st.builds(
    packed,
    doubtful_observation() | st.lists(doubtful_observation(), max_size=4) | doubtful_request(),
    ENCODINGS,
)
ANY_BYTES = st.binary(max_size=200) | torn(DOUBTFUL_MESSAGES)
TOPIC_LIKE = st.lists(
    st.sampled_from(
        ["mem", "v1", "v2", "obs", "query", "manage", "reply", "receipt", "stream", "_all", "_sys", "", "+"]
    )
    | LEVELS
    | st.text(string.printable, max_size=70),
    max_size=16,
).map("/".join)
