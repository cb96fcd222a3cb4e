"""memory/time_calendar.py"""

from datetime import date, datetime

import pytest

from memory.time_calendar import placed
from tests.unit.memory.calendar_days import LEAP_DAY, NEW_YEAR, SUNDAY, WEDNESDAY, days


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("yesterday", "2026-11-17 2026-11-18 certain"),
        ("the day before yesterday", "2026-11-16 2026-11-17 certain"),
        ("today", "2026-11-18 2026-11-19 certain"),
        ("this week", "2026-11-16 2026-11-23 certain"),
        ("last week", "2026-11-09 2026-11-16 certain"),
        ("the previous month", "2026-10-01 2026-11-01 certain"),
        ("last year", "2025-01-01 2026-01-01 certain"),
        ("the week before last", "2026-11-02 2026-11-09 certain"),
        ("the night before last", "2026-11-16T18 2026-11-17T06 certain"),
        ("may 2023", "2023-05-01 2023-06-01 certain"),
        ("may", "2026-05-01 2026-06-01 likely"),
        ("december", "2025-12-01 2026-01-01 likely"),
        ("last may", "2026-05-01 2026-06-01 certain"),
        ("last november", "2025-11-01 2025-12-01 certain"),
        ("this march", "2026-03-01 2026-04-01 certain"),
        ("2013", "2013-01-01 2014-01-01 certain"),
        ("8 may 2023", "2023-05-08 2023-05-09 certain"),
        ("may 8th, 2023", "2023-05-08 2023-05-09 certain"),
        ("the 8th of may", "2026-05-08 2026-05-09 likely"),
        ("25 december", "2025-12-25 2025-12-26 likely"),
        ("18 november", "2026-11-18 2026-11-19 likely"),
        ("2023-05-08", "2023-05-08 2023-05-09 certain"),
        ("8.5.2023", "2023-05-08 2023-05-09 certain"),
        ("the 3rd", "2026-11-03 2026-11-04 likely"),
        ("31st", "2026-10-31 2026-11-01 likely"),
        ("monday", "2026-11-16 2026-11-17 likely"),
        ("monday the 9th", "2026-11-09 2026-11-10 likely"),
        ("the evening of the 14th", "2026-11-14T17 2026-11-15 likely"),
        ("the sunday before last", "2026-11-08 2026-11-09 certain"),
        ("the second week of october", "2026-10-08 2026-10-15 likely"),
        ("the last week of february 2024", "2024-02-23 2024-03-01 likely"),
        ("last friday", "2026-11-13 2026-11-14 certain"),
        ("this monday", "2026-11-16 2026-11-17 certain"),
        ("last night", "2026-11-17T18 2026-11-18T06 certain"),
        ("this morning", "2026-11-18T05 2026-11-18T12 certain"),
        ("tonight", "2026-11-18T18 2026-11-19T06 certain"),
        ("yesterday afternoon", "2026-11-17T12 2026-11-17T18 certain"),
        ("last tuesday evening", "2026-11-17T17 2026-11-18 certain"),
        ("the morning of 8 may 2023", "2023-05-08T05 2023-05-08T12 certain"),
        ("31 february 2023", None),
        ("99.99.2023", None),
        ("the cellar", None),
    ],
)
def test_what_names_name_on_a_wednesday_in_november(named: str, expected: str | None) -> None:
    assert days(named, WEDNESDAY) == expected


@pytest.mark.parametrize(
    ("named", "now", "expected"),
    [
        ("yesterday", NEW_YEAR, "2026-12-31 2027-01-01 certain"),
        ("last month", NEW_YEAR, "2026-12-01 2027-01-01 certain"),
        ("last night", NEW_YEAR, "2026-12-31T18 2027-01-01T06 certain"),
        ("tonight", NEW_YEAR, "2026-12-31T18 2027-01-01T06 certain"),
        ("the 31st", NEW_YEAR, "2026-12-31 2027-01-01 likely"),
        ("last year", LEAP_DAY, "2027-01-01 2028-01-01 certain"),
        ("the 31st", LEAP_DAY, "2028-01-31 2028-02-01 likely"),
        ("february", LEAP_DAY, "2028-02-01 2028-03-01 likely"),
        ("sunday", SUNDAY, "2026-03-22 2026-03-23 likely"),
        ("this sunday", SUNDAY, "2026-03-29 2026-03-30 certain"),
    ],
)
def test_and_on_days_at_an_edge(named: str, now: datetime, expected: str) -> None:
    assert days(named, now) == expected


def test_a_name_is_placed_by_the_day_alone() -> None:
    assert placed("yesterday 7 pm", date(2026, 11, 18)) == (datetime(2026, 11, 17, 19), "time")  # noqa: DTZ001
    assert placed("9999 years ago", date(2026, 11, 18)) is None
