"""memory/time_windows.py"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from memory.time_periods import Present
from memory.time_phrases import phrases
from memory.time_windows import UNTIL_MARGIN_S, Window, closeness, window

NOW = Present(datetime(2026, 11, 18, 15, 30, tzinfo=UTC).timestamp(), ZoneInfo("UTC"))


def one(text: str, present: Present = NOW) -> Window | None:
    [phrase] = phrases(text)
    return window(phrase, present)


def told(text: str) -> tuple[str | None, str | None, str] | None:
    """From and, exclusive, to; None is open."""
    found = one(text)
    if found is None:
        return None
    until = None if found.until is None else found.until + UNTIL_MARGIN_S
    return said(found.since), said(until), "hard" if found.hard else "soft"


def said(end: float | None) -> str | None:
    if end is None:
        return None
    return f"{datetime.fromtimestamp(round(end), UTC):%Y-%m-%d %H:%M}".removesuffix(" 00:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in May 2023", ("2023-05-01", "2023-06-01", "hard")),
        ("in May", ("2026-05-01", "2026-06-01", "soft")),
        ("yesterday", ("2026-11-17", "2026-11-18", "hard")),
        ("today", ("2026-11-18", "2026-11-19", "hard")),
        ("two weeks ago", ("2026-11-02", "2026-11-09", "soft")),
        ("since Monday", ("2026-11-16", None, "hard")),
        ("since March", ("2026-03-01", None, "hard")),
        ("since a few days ago", ("2026-11-15", None, "soft")),
        ("since noon", ("2026-11-18 12:00", None, "hard")),
        ("after May 2023", ("2023-06-01", None, "hard")),
        ("after 5 pm yesterday", ("2026-11-17 17:00", None, "hard")),
        ("before 2013", (None, "2013-01-01", "hard")),
        ("before Christmas", (None, "2025-12-24", "soft")),
        ("until last Friday", (None, "2026-11-14", "hard")),
        ("around 8 May 2023", ("2023-05-07 12:00", "2023-05-09 12:00", "soft")),
        ("between March and May", ("2026-03-01", "2026-06-01", "soft")),
        ("between March and May 2023", ("2023-03-01", "2023-06-01", "hard")),
        ("between December and March", ("2025-12-01", "2026-04-01", "soft")),
        ("from Monday to Wednesday", ("2026-11-09", "2026-11-12", "soft")),
        ("from last Friday to yesterday", ("2026-11-13", "2026-11-18", "hard")),
        ("between 5 pm and 7 pm yesterday", ("2026-11-17 17:00", "2026-11-17 19:00", "hard")),
        ("2023-05-08 to 2023-05-10", ("2023-05-08", "2023-05-11", "hard")),
    ],
)
def test_how_a_phrase_bounds(text: str, expected: tuple[str | None, str | None, str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "tonight",  # it is half past three
        "this weekend",
        "in 2031",
        "since 2031",
        "from 2014 to 2013",
        "between 99.99.2023 and 8 May 2023",
        "31 February 2023",
        "900 years ago",
    ],
)
def test_what_cannot_have_been_bounds_nothing(text: str) -> None:
    assert one(text) is None


def test_an_end_is_a_millisecond_before_the_next_begins() -> None:
    first, second = one("in May 2023"), one("in June 2023")
    assert first is not None
    assert second is not None
    assert first.until is not None
    assert first.until < second.since  # type: ignore[operator]
    assert first.until + UNTIL_MARGIN_S == second.since


def test_nothing_reaches_back_before_1970() -> None:
    found = one("the last 900 years")
    assert found is not None
    assert found.since == 0.0


DAY_S = 86_400.0
A_DAY = Window(10 * DAY_S, 11 * DAY_S, "that day", hard=True)
A_YEAR = Window(1000 * DAY_S, 1365 * DAY_S, "that year", hard=True)
SINCE = Window(10 * DAY_S, None, "since then", hard=True)


@pytest.mark.parametrize(
    ("windows", "day", "expected"),
    [
        ([A_DAY], 10.5, 1.0),
        ([A_DAY], 11.0, 1.0),
        ([A_DAY], 12.0, 0.5),
        ([A_DAY], 8.0, 0.25),
        ([A_YEAR], 970.0, 0.5),
        ([SINCE], 5000.0, 1.0),
        ([SINCE], -20.0, 0.5),
        ([A_DAY, A_YEAR], 12.0, 0.5),
        ([], 12.0, 0.0),
    ],
)
def test_a_time_is_the_closer_the_nearer_it_is_to_a_window(
    windows: list[Window], day: float, expected: float
) -> None:
    assert closeness(windows, day * DAY_S) == pytest.approx(expected)


def test_what_is_an_age_away_is_not_close_at_all() -> None:
    assert closeness([A_DAY], 2e11) == 0.0
