"""Times on the wire: epoch seconds, ISO 8601 text, or (in a request) seconds back from now. No clock here."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

EPOCH_S_MAX = 253_402_300_800.0
"""The end of the year 9999, as far as ISO 8601 text can go."""


def epoch_s(value: object) -> float:
    """Epoch seconds of what a sender wrote for a time.

    Text without a zone is UTC. Raises ValueError, in the sender's words, for anything else.
    """
    if isinstance(value, float):
        seconds = value
    elif isinstance(value, str):
        seconds = _of_text(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        seconds = _of_integer(value)
    else:
        raise ValueError("must be epoch seconds or ISO 8601 text")
    if not abs(seconds) <= EPOCH_S_MAX:  # nor is NaN
        raise ValueError("must be a time before the year 10000")
    return seconds


def _of_integer(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("must be a time before the year 10000") from None


def _of_text(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be epoch seconds or ISO 8601 text such as 2026-05-01T08:30:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _instant(value: object) -> float:
    seconds = epoch_s(value)
    if seconds < 0:
        raise ValueError("must not be before 1970")
    return seconds


def resolve(bound: float | None, now: float) -> float | None:
    """A request's `since` or `until` as epoch seconds: negative ones count back from `now`."""
    return bound if bound is None or bound >= 0 else now + bound


def _bound(value: object) -> float:
    seconds = epoch_s(value)
    if seconds < 0 and isinstance(value, str):
        raise ValueError("must not be before 1970")
    return seconds


Instant = Annotated[float, BeforeValidator(_instant), Field(json_schema_extra={"type": ["number", "string"]})]
"""When something was observed; read from a number or text, held as epoch seconds."""

Bound = Annotated[float, BeforeValidator(_bound), Field(json_schema_extra={"type": ["number", "string"]})]
"""One end of a time window; negative means seconds before now."""
