"""What a device says: one observation (contract §3)."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from schemas import checks
from schemas.limits import (
    ATTRIBUTE_CHARACTERS_MAX,
    ID_CHARACTERS_MAX,
    INTEGER_MAX,
    TAGS_MAX,
    TEXT_BYTES_MAX,
    UNIT_CHARACTERS_MAX,
    VALUE_CHARACTERS_MAX,
)
from schemas.times import Instant
from schemas.wire import Finite, Key, Wire

KINDS = ("event", "reading", "turn", "preference", "fact", "config", "goal", "routine", "note", "summary")
"""The kinds the memory knows something about; a sender may use its own."""

Label = Annotated[str, Field(max_length=ID_CHARACTERS_MAX), AfterValidator(checks.printable)]
"""A short name a sender chose: an id, a tag, a session. No control characters: it is shown on terminals."""
Name = Annotated[str, Field(max_length=ID_CHARACTERS_MAX, min_length=1), AfterValidator(checks.printable)]
Text = Annotated[
    str,
    AfterValidator(checks.within_bytes),
    Field(json_schema_extra={"minLength": 1, "maxLength": TEXT_BYTES_MAX}),
]
Value = Annotated[
    bool | int | float | str,
    PlainValidator(checks.reading),
    WithJsonSchema({"type": ["number", "string", "boolean"], "maxLength": VALUE_CHARACTERS_MAX}),
]
Unit = Annotated[str, Field(max_length=UNIT_CHARACTERS_MAX), AfterValidator(checks.printable)]
Attribute = Annotated[
    str, Field(max_length=ATTRIBUTE_CHARACTERS_MAX, min_length=1), AfterValidator(checks.printable)
]
Tags = Annotated[list[Label], Field(max_length=TAGS_MAX)]
Importance = Annotated[Finite, Field(ge=0, le=1)]
Meta = Annotated[dict[str, Any], AfterValidator(checks.plain_map)]
ObservationId = Annotated[
    str | int,
    PlainValidator(checks.observation_id),
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
