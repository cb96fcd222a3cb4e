"""How long something is kept, as an operator says it: `7 days`, `12 hours`, `forever`. Pure."""

import math
import re

from schemas.checks import is_number

FOREVER = math.inf
"""Seconds."""
SAYING = "say `7 days`, `12 hours` or `forever`"
_UNITS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 7 * 86_400.0,
    "month": 30 * 86_400.0,
    "year": 365 * 86_400.0,
}
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) *(second|minute|hour|day|week|month|year)s?")
_FOREVER = frozenset({"forever", "for ever"})


def seconds(said: object) -> float:
    """How many seconds that is; a month has 30 days, a year 365.

    Raises:
        ValueError: it is no time; a number alone is none, because nobody would know of what.
    """
    words = " ".join(said.lower().split()) if isinstance(said, str) else ""
    if words in _FOREVER:
        return FOREVER
    found = _TIME.fullmatch(words)
    if found is None:
        raise ValueError(
            f"{said} of what? {SAYING}" if is_number(said) else f"is no time to keep something; {SAYING}"
        )
    span = float(found[1]) * _UNITS[found[2]]
    if span <= 0:
        raise ValueError(f"must be more than nothing; {SAYING}")
    return span


def in_words(span_s: float) -> str:
    """The same said back, in the largest unit that it is whole in: `7 days`."""
    if span_s == FOREVER:
        return "forever"
    for unit in ("year", "day", "hour", "minute"):
        many = span_s / _UNITS[unit]
        if many >= 1 and many == int(many):
            return f"{int(many)} {unit}{'' if many == 1 else 's'}"
    return f"{span_s:.12g} second{'' if span_s == 1 else 's'}"
