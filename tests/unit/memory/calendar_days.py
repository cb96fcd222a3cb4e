"""Days that questions are asked on, and what the calendar reads, as a line."""

from datetime import datetime

from memory.time_calendar import span

WEDNESDAY = datetime(2026, 11, 18, 15, 30)  # noqa: DTZ001 - the wall clock
NEW_YEAR = datetime(2027, 1, 1, 0, 30)  # noqa: DTZ001
LEAP_DAY = datetime(2028, 2, 29, 12)  # noqa: DTZ001
SUNDAY = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - an hour that Europe's clocks leave out


def days(named: str, now: datetime) -> str | None:
    """From and to, by date or, if they are no midnights, by hour; and how sure it is."""
    found = span(named, now)
    if found is None:
        return None
    ends = [
        f"{end:%Y-%m-%d}" if end.time() == datetime.min.time() else f"{end:%Y-%m-%dT%H}"
        for end in (found.start, found.end)
    ]
    return " ".join([*ends, found.certainty])
