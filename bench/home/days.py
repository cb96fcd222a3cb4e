"""The month: October 2025 in Berlin, whose clocks go back on the 26th; asked on its last evening."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

TZ = "Europe/Berlin"
DAYS = 31
_FIRST = datetime(2025, 10, 1)  # noqa: DTZ001 - a wall clock, to which hours are added before it is placed
_NOW_HOUR = 21.5


def at(day: int, hour: float) -> float:
    """Epoch seconds of a day of the month by the wall clock; hours past 24 are of the next day."""
    wall = _FIRST + timedelta(days=day - 1, minutes=round(hour * 60))
    return wall.replace(tzinfo=ZoneInfo(TZ)).astimezone(UTC).timestamp()


NOW = at(DAYS, _NOW_HOUR)


def day_of(when: float) -> int:
    """The day of the month by the wall clock."""
    return datetime.fromtimestamp(when, ZoneInfo(TZ)).day


def is_weekend(day: int) -> bool:
    """Saturday or Sunday."""
    return (_FIRST + timedelta(days=day - 1)).weekday() >= 5


def said(day: int) -> str:
    """As people say a date."""
    return f"{day} October"


def ordinal(day: int) -> str:
    """`14th`."""
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def weekday(day: int) -> str:
    """`Tuesday`."""
    return (_FIRST + timedelta(days=day - 1)).strftime("%A")
