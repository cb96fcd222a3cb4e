"""What a device says: one observation (contract §3)."""

from math import isfinite
from typing import Annotated, Any, Self
from unicodedata import category

import msgpack
from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from schemas.limits import (
    ATTRIBUTE_CHARACTERS_MAX,
    ID_CHARACTERS_MAX,
    INTEGER_MAX,
    INTEGER_MIN,
    META_BYTES_MAX,
    META_DEPTH_MAX,
    TAGS_MAX,
    TEXT_BYTES_MAX,
    UNIT_CHARACTERS_MAX,
    VALUE_CHARACTERS_MAX,
)
from schemas.times import Instant
from schemas.wire import Finite, Key, Wire

KINDS = ("event", "reading", "turn", "preference", "fact", "config", "goal", "routine", "note", "summary")
"""The kinds the memory knows something about; a sender may use its own."""


def _printable(text: str) -> str:
    # Most texts are; some that are not hold no more than an unusual space.
    if not text.isprintable() and any(category(character) == "Cc" for character in text):
        raise ValueError("must not hold control characters")
    return text


def _within_bytes(text: str) -> str:
    if not 1 <= len(text.encode()) <= TEXT_BYTES_MAX:
        raise ValueError(f"must be 1 to {TEXT_BYTES_MAX} bytes of UTF-8, not {len(text.encode())}")
    return text


def _value(value: object) -> bool | int | float | str:
    match value:
        case bool() | int() | float() if _is_number(value):
            return value
        case str() if len(value) <= VALUE_CHARACTERS_MAX:
            return value
    raise ValueError(
        f"must be a finite number (integers: 64 bits), a string of at most {VALUE_CHARACTERS_MAX} characters,"
        " or a boolean"
    )


def _observation_id(value: object) -> str | int:
    match value:
        case bool():
            pass
        case int() if INTEGER_MIN <= value <= INTEGER_MAX:
            return value
        case str() if 1 <= len(value) <= ID_CHARACTERS_MAX:
            return _printable(value)
    raise ValueError(f"must be a string of 1 to {ID_CHARACTERS_MAX} characters or an integer of 64 bits")


def _plain_map(meta: dict[str, Any]) -> dict[str, Any]:
    _check_plain(meta, META_DEPTH_MAX)
    if len(msgpack.packb(meta)) > META_BYTES_MAX:
        raise ValueError(f"must be at most {META_BYTES_MAX} bytes encoded")
    return meta


def _check_plain(value: object, depth: int) -> None:
    """Only what JSON and msgpack both carry, and every store keeps as sent."""
    if depth < 0:
        raise ValueError(f"must nest at most {META_DEPTH_MAX} deep")
    if isinstance(value, list):
        for item in value:
            _check_plain(item, depth - 1)
    elif isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("must have strings as keys")
        for item in value.values():
            _check_plain(item, depth - 1)
    elif not (value is None or isinstance(value, bool | str) or _is_number(value)):
        raise ValueError("must hold only finite 64-bit numbers, strings, booleans, null, lists and maps")


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return INTEGER_MIN <= value <= INTEGER_MAX
    return isinstance(value, float) and isfinite(value)


Label = Annotated[str, Field(max_length=ID_CHARACTERS_MAX), AfterValidator(_printable)]
"""A short name a sender chose: an id, a tag, a session. No control characters: it is shown on terminals."""
Name = Annotated[Label, Field(min_length=1)]
Text = Annotated[
    str,
    AfterValidator(_within_bytes),
    Field(json_schema_extra={"minLength": 1, "maxLength": TEXT_BYTES_MAX}),
]
Value = Annotated[
    bool | int | float | str,
    PlainValidator(_value),
    WithJsonSchema({"type": ["number", "string", "boolean"], "maxLength": VALUE_CHARACTERS_MAX}),
]
Unit = Annotated[str, Field(max_length=UNIT_CHARACTERS_MAX), AfterValidator(_printable)]
Attribute = Annotated[
    str, Field(max_length=ATTRIBUTE_CHARACTERS_MAX, min_length=1), AfterValidator(_printable)
]
Tags = Annotated[list[Label], Field(max_length=TAGS_MAX)]
Importance = Annotated[Finite, Field(ge=0, le=1)]
Meta = Annotated[dict[str, Any], AfterValidator(_plain_map)]
ObservationId = Annotated[
    str | int,
    PlainValidator(_observation_id),
    WithJsonSchema({"type": ["string", "integer"], "minLength": 1, "maxLength": ID_CHARACTERS_MAX}),
]


class Observation(Wire):
    """One thing a device observed, in words or as a reading. At least one of `text` and `value`."""

    id: Annotated[ObservationId | None, Key("i")] = Field(
        None, description="unique per client; makes a resend harmless; default: from client, `at` and content"
    )
    text: Annotated[Text | None, Key("t")] = Field(
        None, description="what was observed, in words; the limit is in bytes of UTF-8"
    )
    value: Annotated[Value | None, Key("v")] = Field(None, description="a reading")
    unit: Annotated[Unit | None, Key("u")] = Field(
        None, description="unit of `value`, UCUM code preferred (`Cel`, `%`, `lx`)"
    )
    attribute: Annotated[Attribute | None, Key("p")] = Field(
        None, description="what the value is of (`temperature`); for a fact: its key"
    )
    kind: Annotated[Name | None, Key("k")] = Field(
        None, description="default: `reading` if there is a `value`, else `event`"
    )
    at: Annotated[Instant | None, Key("a")] = Field(
        None, description="when it was observed; from 0 to a day ahead of now; default: time of receipt"
    )
    session: Annotated[Label | None, Key("s")] = Field(
        None, description="the episode it belongs to: a conversation, a visit, a boot"
    )
    seq: Annotated[Annotated[int, Field(ge=0, le=INTEGER_MAX)] | None, Key("n")] = Field(
        None, description="its order within the session"
    )
    tags: Annotated[Tags | None, Key("g")] = Field(None, description="up to 16")
    importance: Annotated[Importance | None, Key("w")] = Field(None, description="default: decided by ingest")
    ttl: Annotated[Annotated[Finite, Field(gt=0)] | None, Key("x")] = Field(
        None, description="seconds until it is forgotten; default: the tenant's policy"
    )
    meta: Annotated[Meta | None, Key("m")] = Field(
        None, description="returned as sent; filterable by equality; at most 2048 bytes encoded"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.value is None:
            raise ValueError("at least one of `text` and `value` is needed")
        return self

    @property
    def kind_or_default(self) -> str:
        """The kind it is stored as."""
        return self.kind or ("event" if self.value is None else "reading")
