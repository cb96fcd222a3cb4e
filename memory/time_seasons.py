"""What comes again without a date of its own: seasons, weekends, holidays; and decades. Pure.

Of several of one name the last that has begun is meant, because nothing is observed in the future.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from memory import time_vocabulary as words
from memory.time_vocabulary import pattern_of

Certainty = Literal["certain", "likely", "vague"]
"""This period and no other; the last of several of its name; somewhere around it."""

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MONTH, YEAR = relativedelta(months=1), relativedelta(years=1)

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""Their first months, in the north; each has three."""
_HOLIDAYS = {
    "christmas": (12, 24, 3), "xmas": (12, 24, 3), "christmas eve": (12, 24, 1), "christmas day": (12, 25, 1),
    "boxing day": (12, 26, 1), "new year eve": (12, 31, 1), "new year day": (1, 1, 1), "new year": (1, 1, 1),
    "halloween": (10, 31, 1), "valentine day": (2, 14, 1),
}  # fmt: skip
"""Month, day, and how many days."""
_EASTERS = {"easter": (-2, 4), "easter sunday": (0, 1), "easter monday": (1, 1)}
"""Days from Easter Sunday, and how many days."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to, but not with, `end`, by the wall clock."""

    start: datetime
    end: datetime
    certainty: Certainty = "certain"


def midnight(moment: datetime) -> datetime:
    """When its day began."""
    return datetime.combine(moment.date(), time.min)


def _season(found: re.Match[str], now: datetime) -> Span:
    """`last summer` has ended; `this summer` and `the summer` have begun."""
    name = found["season"]
    if found["year"]:
        # Two winters touch a year; the one that begins in it is named by it, mostly.
        start = datetime(int(found["year"]), _SEASONS[name], 1)  # noqa: DTZ001 - the wall clock
        return Span(start, start + 3 * MONTH, "likely" if name == "winter" else "certain")
    ended = found["which"] in {"last", "previous"}
    start = datetime(now.year, _SEASONS[name], 1)  # noqa: DTZ001
    while (start + 3 * MONTH if ended else start) > now:
        start -= YEAR
    end = start + 3 * MONTH
    # In autumn, this winter may be the one to come.
    return Span(start, end, "certain" if ended or (found["which"] and now < end) else "likely")


def _weekend(found: re.Match[str], now: datetime) -> Span:
    monday = midnight(now) - now.weekday() * DAY
    saturday = monday + 5 * DAY
    if found["which"] in {"last", "previous"} or (found["which"] is None and saturday > now):
        saturday -= WEEK
    return Span(saturday, saturday + 2 * DAY, "certain")


def _holiday(found: re.Match[str], now: datetime) -> Span:
    name = found["holiday"].replace("'s", "").replace("years", "year").replace("valentines", "valentine")
    if found["year"]:
        return _of_year(name, int(found["year"]))
    year = now.year
    if found["which"] != "this":
        while _of_year(name, year).start > now:
            year -= 1
    return replace(_of_year(name, year), certainty="certain" if found["which"] else "likely")


def _of_year(name: str, year: int) -> Span:
    if name in _EASTERS:
        offset, days = _EASTERS[name]
        start = datetime.combine(easter(year), time.min) + offset * DAY
    else:
        month, day, days = _HOLIDAYS[name]
        start = datetime(year, month, day)  # noqa: DTZ001
    return Span(start, start + days * DAY)


def _decade(found: re.Match[str], now: datetime) -> Span:  # noqa: ARG001 - a reader takes both
    start = datetime(int(found["first"]), 1, 1)  # noqa: DTZ001
    return Span(start, start + 10 * YEAR)


_WHICH = "(?:the )?(?:(?P<which>last|previous|this|current) )?"
Reader = tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Span | None]]
READERS: list[Reader] = [
    (pattern_of(pattern), read)
    for pattern, read in (
        (rf"{_WHICH}(?P<season>{words.SEASON})(?:(?: of)? (?P<year>{words.YEAR}))?", _season),
        (rf"{_WHICH}weekend", _weekend),
        (rf"{_WHICH}(?P<holiday>{words.HOLIDAY})(?:(?: of)? (?P<year>{words.YEAR}))?", _holiday),
        (r"(?:the )?(?P<first>\d{4})s", _decade),
    )
]
