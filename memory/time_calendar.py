"""Words on the wall calendar: which days "May 2023", "last winter" or "Tuesday night" are. Pure.

The library (dateparser) says where a name lies and how long it is. Parts of a day and seasons have no length
there, or no place at all: they are ours, here and in `time_seasons`.
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateparser.date import DateDataParser
from dateutil.relativedelta import relativedelta

from memory import time_vocabulary as words
from memory.time_seasons import DAY, MONTH, READERS, WEEK, YEAR, Certainty, Reader, Span, midnight
from memory.time_vocabulary import pattern_of

PLACED_KEPT_MAX = 512
"""Names on a day: kiosks ask about the same ones again, and the library takes a third of a millisecond."""

_PARTS_H = {"morning": (5, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 30)}
"""Hours of the day; a night ends on the next."""


def span(named: str, now: datetime) -> Span | None:
    """The days that words name (lower case, single blanks), or None where they name none."""
    for pattern, read in _READERS:
        if found := pattern.fullmatch(named):
            return read(found, now)
    return _library(named, now)


@lru_cache(maxsize=PLACED_KEPT_MAX)
def placed(named: str, today: date) -> tuple[datetime, str] | None:
    """Where the library places a name, and how long that is: `time`, `day`, `week` and so on to `year`."""
    parser = DateDataParser(
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime.combine(today, time.min),
            "TIMEZONE": "UTC",  # not the machine's: the caller's wall clock is all that counts
            "PREFER_DATES_FROM": "past",
            "PREFER_DAY_OF_MONTH": "first",
            "PREFER_MONTH_OF_YEAR": "first",
            "RETURN_TIME_AS_PERIOD": True,
            "PARSERS": ["relative-time", "absolute-time"],
        },
    )
    try:
        found = parser.get_date_data(named)
    except (ValueError, OverflowError):  # a day before the year 1
        return None
    return (found.date_obj, found.period) if found.date_obj else None


_LENGTHS: dict[str, timedelta | relativedelta] = {
    "day": DAY,
    "week": WEEK,
    "month": MONTH,
    "quarter": 3 * MONTH,
    "year": YEAR,
}
_WEEKS = ("first", "second", "third", "fourth")
_SAYS_WHICH = re.compile(rf"{words.YEAR}|yesterday|today|last|this| ago")


def _library(named: str, now: datetime) -> Span | None:
    named = re.sub(r"^(?:the year |the )", "", named).replace("previous", "last").replace("current", "this")
    place = placed(named, now.date())
    if place is None or place[1] not in _LENGTHS:
        return None
    day, length = midnight(place[0]), place[1]
    start = {
        "week": day - day.weekday() * DAY,
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }.get(length, day)
    return Span(start, start + _LENGTHS[length], "certain" if _SAYS_WHICH.search(named) else "likely")


def _part(found: re.Match[str], now: datetime) -> Span | None:
    day = span(found["day"], now)
    return day and _hours(day.start, found["part"], day.certainty)


def _hours(day: datetime, part: str, certainty: Certainty = "certain") -> Span:
    first_h, end_h = _PARTS_H[part]
    return Span(day + timedelta(hours=first_h), day + timedelta(hours=end_h), certainty)


def _this_part(found: re.Match[str], now: datetime) -> Span:
    """After midnight it is still the night of the day before."""
    which, part = ("this", "night") if found[0] == "tonight" else (found["which"], found["part"])
    day = midnight(now)
    still_night = part == "night" and now.hour < _PARTS_H["night"][1] - 24
    return _hours(day - DAY if which != "this" or still_night else day, part)


def _before_last(found: re.Match[str], now: datetime) -> Span | None:
    if found["unit"] == "night":
        return _hours(midnight(now) - 2 * DAY, "night")
    return _library(f"2 {found['unit']}s ago", now)


def _weekday_before_last(found: re.Match[str], now: datetime) -> Span | None:
    last = _library(f"last {found['weekday']}", now)
    return last and Span(last.start - WEEK, last.end - WEEK)


def _week_of(found: re.Match[str], now: datetime) -> Span | None:
    """From the 1st, the 8th and so on; others would count from a Monday."""
    month = span(found["month"], now)
    if month is None:
        return None
    if found["which"] == "last":
        return Span(month.end - WEEK, month.end, "likely")
    start = month.start + _WEEKS.index(found["which"]) * WEEK
    return Span(start, start + WEEK, "likely")


def _this_or_last_month(found: re.Match[str], now: datetime) -> Span | None:
    month = _library(found["month"], now)
    if month is None:
        return None
    running = month.end > now
    if found["which"] == "this":
        start = month.start.replace(year=now.year)
    else:
        start = month.start - YEAR if running else month.start
    return Span(start, start + MONTH)


def _this_weekday(found: re.Match[str], now: datetime) -> Span:
    names = words.WEEKDAY.strip("(?:)").split("|")
    day = midnight(now) + (names.index(found["weekday"]) - now.weekday()) * DAY
    return Span(day, day + DAY)


def _ordinal(found: re.Match[str], now: datetime) -> Span | None:
    """The last month that has had such a day."""
    month = midnight(now).replace(day=1)
    for back in range(3):  # of two months in a row, one has a 31st
        first = month - back * MONTH
        day = first + (int(found["number"]) - 1) * DAY
        if day.month == first.month and day <= now:
            return Span(day, day + DAY, "likely")
    return None


def _dotted(found: re.Match[str], now: datetime) -> Span | None:
    return _library(f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}", now)


_READERS: list[Reader] = [
    *READERS,
    *(
        (pattern_of(pattern), read)
        for pattern, read in (
            (rf"(?:the )?(?P<which>this|last|previous|current) (?P<part>{words.PART})|tonight", _this_part),
            (rf"(?P<day>{words.NAMED_DAY})(?: in the| at)? (?P<part>{words.PART})", _part),
            (rf"(?:the )?(?P<part>{words.PART}) of (?P<day>{words.NAMED_DAY}|the {words.ORDINAL})", _part),
            (r"the (?P<unit>night|week|month|year) before last", _before_last),
            (rf"the (?P<weekday>{words.WEEKDAY}) before last", _weekday_before_last),
            (rf"the (?P<which>\w+) week of (?P<month>{words.MONTH}.*)", _week_of),
            (
                rf"(?:the )?(?P<which>this|current|last|previous) (?P<month>{words.MONTH})",
                _this_or_last_month,
            ),
            (rf"this (?P<weekday>{words.WEEKDAY})", _this_weekday),
            (rf"(?:{words.WEEKDAY},? )?(?:the )?(?P<number>\d{{1,2}})(?:st|nd|rd|th)", _ordinal),
            (r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})", _dotted),
        )
    ),
]
