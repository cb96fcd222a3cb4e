"""schemas/limits.py: each limit lets its last value pass and refuses the next, naming the field."""

import math
from pathlib import Path
from typing import Any

import msgpack
import pytest

from broker_bridge.topics import BadTopic, Topic
from schemas import limits
from schemas.observation import Observation
from schemas.requests import Audit, Context, Export, Filters, Get, Recall, Recent, State, Update
from schemas.wire import Invalid, Wire

ROOT = Path(__file__).parents[3]


def deep(levels: int) -> dict[str, Any]:
    return {"m": deep(levels - 1)} if levels > 1 else {"m": 1}


def of_bytes(count: int) -> dict[str, Any]:
    """A map of this many bytes of msgpack."""
    room = count - len(msgpack.packb({"m": "x" * 300})) + 300
    return {"m": "x" * room}


BOUNDS: dict[str, tuple[type[Wire], str, Any, Any]] = {
    "ID_CHARACTERS_MAX": (Observation, "id", "i" * 64, "i" * 65),
    "TEXT_BYTES_MAX": (Observation, "text", "ü" * 4096, "ü" * 4096 + "x"),
    "VALUE_CHARACTERS_MAX": (Observation, "value", "ü" * 256, "v" * 257),
    "UNIT_CHARACTERS_MAX": (Observation, "unit", "µ" * 32, "u" * 33),
    "ATTRIBUTE_CHARACTERS_MAX": (Observation, "attribute", "ü" * 64, "p" * 65),
    "TAGS_MAX": (Observation, "tags", ["g"] * 16, ["g"] * 17),
    "META_BYTES_MAX": (Observation, "meta", of_bytes(2048), of_bytes(2049)),
    "META_DEPTH_MAX": (Observation, "meta", deep(8), deep(9)),
    "INTEGER_MIN": (Observation, "value", -(2**63), -(2**63) - 1),
    "INTEGER_MAX": (Observation, "value", 2**63 - 1, 2**63),
    "LIMIT_MAX": (Recall, "limit", 100, 101),
    "LISTED_MAX": (Get, "memories", ["m"] * 256, ["m"] * 257),
    "BUDGET_TOKENS_MAX": (Context, "budget", 32_768, 32_769),
    "DEADLINE_MS_MAX": (Recent, "deadline_ms", 600_000, 600_001),
    "ZONE_PATTERN": (Recall, "tz", "z" * 64, "z" * 65),
    "MESSAGE_BYTES_MAX": (Recent, "max_bytes", 262_144, 262_145),
}
MORE_BOUNDS: list[tuple[type[Wire], str, Any, Any]] = [
    (Observation, "kind", "k" * 64, "k" * 65),
    (Observation, "kind", "k", ""),
    (Observation, "attribute", "p", ""),
    (Observation, "session", "ü" * 64, "s" * 65),
    (Observation, "tags", ["g" * 64], ["g" * 65]),
    (Observation, "text", "x", ""),
    (Observation, "seq", 2**63 - 1, 2**63),
    (Observation, "seq", 0, -1),
    (Observation, "importance", 1, math.nextafter(1, 2)),
    (Observation, "importance", 0, -5e-324),
    (Observation, "ttl", 5e-324, 0),
    (Observation, "id", -(2**63), -(2**63) - 1),
    (Recall, "limit", 1, 0),
    (Export, "limit", 100, 101),
    (Audit, "limit", 1, 0),
    (Recall, "text", "x" * 8192, "x" * 8193),
    (Recall, "tz", "Etc/GMT+5", "Etc/GMT 5"),
    (Recall, "tz", "UTC", ""),
    (Recall, "now", 0, -1),
    (Recall, "min_score", 1.0, 1.5),
    (Recall, "min_score", 0, -0.1),
    (Recall, "id", "i" * 64, "i" * 65),
    (Recent, "deadline_ms", 0, -1),
    (Get, "max_bytes", 64, 63),
    (Context, "budget", 1, 0),
    (Filters, "kinds", ["k"] * 256, ["k"] * 257),
    (Filters, "devices", ["c"], []),
    (Filters, "sessions", ["s" * 64], ["s" * 65]),
    (Filters, "tags", ["g"] * 16, ["g"] * 17),
    (Filters, "meta", of_bytes(2048), of_bytes(2049)),
    (State, "attributes", ["p"] * 256, ["p"] * 257),
    (State, "attributes", ["p"], []),
    (Update, "text", "x" * 8192, "x" * 8193),
    (Export, "cursor", "u" * 64, "u" * 65),
]
NEEDED: dict[type[Wire], dict[str, Any]] = {
    Observation: {"text": "x"},
    Recall: {"text": "x"},
    Context: {"text": "x"},
    Get: {"memories": ["m"]},
    Update: {"memory": "m"},
}
HERE = "tests/unit/schemas/test_limits.py"
LEVELS = "test_a_level_has_64_characters_an_entity_eight_levels_and_a_topic_256_bytes"
PROVEN_ELSEWHERE = {
    "LEVEL_PATTERN": (HERE, LEVELS),
    "TOPIC_BYTES_MAX": (HERE, LEVELS),
    "ENTITY_LEVELS_MAX": (HERE, LEVELS),
    "LIMIT_DEFAULT": ("tests/unit/schemas/test_requests.py", "test_the_defaults_are_the_contracts"),
    "BUDGET_TOKENS_DEFAULT": ("tests/unit/schemas/test_requests.py", "test_the_defaults_are_the_contracts"),
    "OBSERVATIONS_PER_MESSAGE_MAX": (
        "tests/unit/workers/test_intake.py",
        "test_the_largest_message_and_the_longest_batch_are_taken",
    ),
    "AT_AHEAD_S_MAX": ("tests/unit/workers/test_intake.py", "test_a_clock_may_be_a_day_ahead_and_no_more"),
    "STREAM_TEXT_BYTES_MAX": ("tests/unit/workers/test_telling.py", "test_the_text_is_cut_to_256_bytes"),
    "DEADLINE_MS_DEFAULT": (
        "tests/unit/broker_bridge/test_requests.py",
        "test_the_deadline_is_the_requests_else_the_messages_else_ten_seconds",
    ),
    "QUERIES_IN_FLIGHT_MAX": (
        "tests/broker/test_query.py",
        "test_more_than_64_requests_in_flight_are_answered_429",
    ),
}


def test_every_limit_is_proven() -> None:
    names = {name for name in vars(limits) if name.isupper()}
    assert names == BOUNDS.keys() | PROVEN_ELSEWHERE.keys()
    for name, (file, test) in PROVEN_ELSEWHERE.items():
        assert f"def {test}(" in (ROOT / file).read_text(), f"who proves {name}?"


@pytest.mark.parametrize(
    ("model", "field", "last", "too_far"),
    [*BOUNDS.values(), *MORE_BOUNDS],
    ids=[*BOUNDS, *(f"{case[0].__name__}.{case[1]}-{index}" for index, case in enumerate(MORE_BOUNDS))],
)
def test_the_last_value_passes_and_the_next_is_refused_by_name(
    model: type[Wire], field: str, last: Any, too_far: Any
) -> None:
    needed = NEEDED.get(model, {})
    kept = getattr(model.load({**needed, field: last}), field)
    assert kept == last
    with pytest.raises(Invalid) as refused:
        model.load({**needed, field: too_far})
    assert refused.value.field.split(".")[0] == field


def test_a_level_has_64_characters_an_entity_eight_levels_and_a_topic_256_bytes() -> None:
    topic = "mem/v1/{}/query/c/{}".format
    assert Topic.parse(topic("t" * 64, "e")).address.tenant == "t" * 64
    assert Topic.parse(topic("t", "/".join("12345678"))).address.entity == "1/2/3/4/5/6/7/8"
    longest = topic("t", "/".join(["e" * 64, "e" * 64, "e" * 64, "e" * 44]))
    assert len(longest) == 256
    assert Topic.parse(longest).verb == "query"
    for too_far in (topic("t" * 65, "e"), topic("t", "/".join("123456789")), longest + "e"):
        with pytest.raises(BadTopic):
            Topic.parse(too_far)
