"""What a policies file may say (`membroker.policies.example.yaml`), as models; what is absent is None.

A value is checked here, field by field; what the layers come to is `memory/policies.py`. Pure.
"""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from memory.keep_times import seconds
from schemas.checks import is_number

THRESHOLDS_MAX = 8
"""Of one attribute: a summary says of each how long it was above and below."""
ATTRIBUTES_MAX = 256
KINDS_MAX = 64
TENANTS_MAX = 4096
SUMMARY_BYTES_MIN, SUMMARY_BYTES_MAX = 256, 8192
"""Of a digest: less says nothing, more a small device cannot take in."""
PER_HOUR_MIN, PER_HOUR_MAX = 8, 1_000_000
"""Smallest, largest, first, last and some outliers are always kept; and nobody measures more often."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""A tenant's or a kind's, as topics have it."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone; name one like `Europe/Berlin` or `UTC`") from None
    return name


def _thresholds(said: object) -> object:
    return [said] if is_number(said) else said


Share = Annotated[float, Field(ge=0, le=1, strict=True)]
KeepTime = Annotated[float, BeforeValidator(seconds)]
"""Seconds; written as words."""
Yes = Annotated[bool, Field(strict=True)]
Attribute = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
Finite = Annotated[float, Field(allow_inf_nan=False, strict=True)]
NotNegative = Annotated[float, Field(allow_inf_nan=False, strict=True, ge=0)]
Thresholds = Annotated[
    tuple[Finite, ...], BeforeValidator(_thresholds), Field(min_length=1, max_length=THRESHOLDS_MAX)
]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Llm(_Said):
    """A language model that may write summaries: any OpenAI-compatible endpoint."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@?#]+$", max_length=512)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    key_variable: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable that holds its key: keys have no place in this file."""
    tokens_a_day_max: int = Field(100_000, ge=0, strict=True)
    timeout_s: float = Field(60.0, gt=0, le=600)


class KindRules(_Said):
    """What may be said of a kind, and of all kinds of a tenant."""

    raw: KeepTime | None = None
    keep_raw_if_importance: Share | None = None
    worthless_below_importance: Share | None = None
    per_hour_max: int | None = Field(None, ge=PER_HOUR_MIN, le=PER_HOUR_MAX, strict=True)
    ttl: KeepTime | None = None
    merge: Yes | None = None
    ignore_numbers: Yes | None = None


class TenantRules(KindRules):
    """What may be said of a tenant, and of all."""

    hourly: KeepTime | None = None
    daily: KeepTime | None = None
    monthly: KeepTime | None = None
    sessions: KeepTime | None = None
    deadband: dict[Attribute, NotNegative] = Field({}, max_length=ATTRIBUTES_MAX)
    thresholds: dict[Attribute, Thresholds] = Field({}, max_length=ATTRIBUTES_MAX)
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    summary_bytes_max: int | None = Field(None, ge=SUMMARY_BYTES_MIN, le=SUMMARY_BYTES_MAX, strict=True)
    digest: Literal["msgpack", "json"] | None = None
    llm: Llm | Literal[False] | None = None
    kinds: dict[Name, KindRules] = Field({}, max_length=KINDS_MAX)


class PolicyFile(_Said):
    """The whole of it."""

    defaults: TenantRules = TenantRules()
    tenants: dict[Name, TenantRules] = Field({}, max_length=TENANTS_MAX)
