"""When a question is about: windows of time that its words name, and which way it leans. Pure; time comes in.

    read("what happened since Monday?", now, "Europe/Berlin")

A window is hard where the words leave no choice ("in May 2023", "yesterday"), and soft where they fit several
periods or none exactly ("in May", "two weeks ago", "recently"): hard ones bound an answer, soft ones lean it.
English alone; seasons are those of the north.
"""

from enum import StrEnum
from itertools import islice

from memory.time_periods import Present
from memory.time_phrases import phrases
from memory.time_vocabulary import pattern_of
from memory.time_windows import Window, window
from memory.time_zones import UTC_NAME, zone

TEXT_CHARACTERS_READ = 500
"""Of a question: who asks about a time says so in a sentence or two, and pasted text is full of dates."""
WINDOWS_MAX = 3
"""Of one question: more is a list of dates."""
NOW_S_MAX = 4_102_444_800.0
"""The end of the year 2099, the last that we read as a year."""

_DAY_S = 86_400.0
_VAGUE = [
    (pattern_of(said), from_days, to_days)
    for said, from_days, to_days in (
        (r"\b(?:just now|a (?:moment|minute) ago|moments ago)\b", 0.05, 0),
        (r"\b(?:recently|lately|of late|these days)\b", 30, 0),
        (r"\bthe other day\b", 14, 1),
        (r"\b(?:a while|some time) (?:ago|back)\b", 365, 7),
        (r"\b(?:(?:a )?long(?: time)?|ages|years) ago\b", 36_525, 180),
    )
]
"""Words without a date, and from how many to how many days back they mostly reach."""
_LAST_TIME = (
    r"\bwhen\b.{0,80}\blast\b(?! (?:night|week|month|year|winter|spring|summer|autumn|fall|\w+day)\b)"
)
_FIRST_TIME = r"\bwhen\b.{0,80}\bfirst\b(?! (?:floor|name))"


class Steering(StrEnum):
    """Which way a question leans in time, beside its window."""

    NEWEST = "newest"
    OLDEST = "oldest"
    COUNT = "count"
    NONE = "none"


def read(text: str, now: float, tz: str | None = None) -> list[Window]:
    """The windows that a text names, in its order; `tz` is an IANA name, UTC by default.

    Raises:
        UnknownZone: there is no such zone.
    """
    present = Present(now, zone(tz or UTC_NAME))
    if not 0 <= now < NOW_S_MAX:
        return []
    text = text[:TEXT_CHARACTERS_READ]
    found = (window(phrase, present) for phrase in phrases(text))
    return list(islice(filter(None, found), WINDOWS_MAX)) or _vague(text, now)


_STEERING = [
    (way, pattern_of(said))
    for way, said in (
        (Steering.COUNT, r"\bhow (?:often|frequently|many times)\b|\bnumber of times\b"),
        (Steering.OLDEST, rf"\b(?:first time|originally|initially|at first|earliest|oldest)\b|{_FIRST_TIME}"),
        (
            Steering.NEWEST,
            r"\b(?:latest|last time|most recent(?:ly)?|newest|current(?:ly)?|right now|now|nowadays)\b|"
            + _LAST_TIME,
        ),
    )
]
"""In this order: how often it was lately is a count."""


def steering(text: str) -> Steering:
    """Which way a question leans: to the newest, the oldest, a count, or none."""
    text = text[:TEXT_CHARACTERS_READ]
    return next((way for way, said in _STEERING if said.search(text)), Steering.NONE)


def _vague(text: str, now: float) -> list[Window]:
    for pattern, from_days, to_days in _VAGUE:
        if said := pattern.search(text):
            return [
                Window(
                    max(0.0, now - from_days * _DAY_S), max(0.0, now - to_days * _DAY_S), said[0], hard=False
                )
            ]
    return []
