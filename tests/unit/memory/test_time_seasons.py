"""memory/time_seasons.py, through the calendar that asks it"""

from datetime import datetime

import pytest

from tests.unit.memory.calendar_days import LEAP_DAY, NEW_YEAR, SUNDAY, WEDNESDAY, days


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("the 1990s", "1990-01-01 2000-01-01 certain"),
        ("last winter", "2025-12-01 2026-03-01 certain"),
        ("last summer", "2026-06-01 2026-09-01 certain"),
        ("last fall", "2025-09-01 2025-12-01 certain"),
        ("this autumn", "2026-09-01 2026-12-01 certain"),
        ("this winter", "2025-12-01 2026-03-01 likely"),
        ("the summer", "2026-06-01 2026-09-01 likely"),
        ("the summer of 2012", "2012-06-01 2012-09-01 certain"),
        ("winter 2012", "2012-12-01 2013-03-01 likely"),
        ("last weekend", "2026-11-14 2026-11-16 certain"),
        ("the weekend", "2026-11-14 2026-11-16 certain"),
        ("this weekend", "2026-11-21 2026-11-23 certain"),
        ("christmas", "2025-12-24 2025-12-27 likely"),
        ("christmas eve", "2025-12-24 2025-12-25 likely"),
        ("last christmas", "2025-12-24 2025-12-27 certain"),
        ("new year's eve", "2025-12-31 2026-01-01 likely"),
        ("easter 2024", "2024-03-29 2024-04-02 certain"),
        ("easter sunday", "2026-04-05 2026-04-06 likely"),
        ("valentines day", "2026-02-14 2026-02-15 likely"),
    ],
)
def test_what_comes_again_was_last_on_a_wednesday_in_november(named: str, expected: str) -> None:
    assert days(named, WEDNESDAY) == expected


@pytest.mark.parametrize(
    ("named", "now", "expected"),
    [
        ("last winter", NEW_YEAR, "2025-12-01 2026-03-01 certain"),
        ("this winter", NEW_YEAR, "2026-12-01 2027-03-01 certain"),
        ("christmas", NEW_YEAR, "2026-12-24 2026-12-27 likely"),
        ("last winter", LEAP_DAY, "2026-12-01 2027-03-01 certain"),
        ("this weekend", SUNDAY, "2026-03-28 2026-03-30 certain"),
        ("last weekend", SUNDAY, "2026-03-21 2026-03-23 certain"),
        ("the weekend", SUNDAY, "2026-03-28 2026-03-30 certain"),
    ],
)
def test_and_on_days_at_an_edge(named: str, now: datetime, expected: str) -> None:
    assert days(named, now) == expected
