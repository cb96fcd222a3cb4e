"""memory/time_periods.py"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from memory.time_periods import Present, period

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_S, DAY_S = 3600.0, 86_400.0


def present(local: str, zone: str = "Europe/Berlin", fold: int = 0) -> Present:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return Present(moment.timestamp(), ZoneInfo(zone))


WEDNESDAY = present("2026-11-18T15:30")


def told(named: str, now: Present = WEDNESDAY) -> str | None:
    found = period(named, now)
    if found is None:
        return None
    ends = [
        datetime.fromtimestamp(end, now.zone).strftime("%Y-%m-%dT%H:%M") for end in (found.start, found.end)
    ]
    return " ".join([*ends, found.certainty])


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("two hours ago", "2026-11-18T13:00 2026-11-18T14:00 likely"),
        ("Half an hour ago", "2026-11-18T14:30 2026-11-18T15:30 likely"),
        ("10 minutes ago", "2026-11-18T15:15 2026-11-18T15:25 likely"),
        ("three days ago", "2026-11-15T00:00 2026-11-16T00:00 certain"),
        ("10 days ago", "2026-11-08T00:00 2026-11-09T00:00 likely"),
        ("two weeks ago", "2026-11-02T00:00 2026-11-09T00:00 likely"),
        ("a fortnight ago", "2026-11-02T00:00 2026-11-09T00:00 likely"),
        ("six months ago", "2026-05-01T00:00 2026-06-01T00:00 likely"),
        ("half a year ago", "2026-05-19T00:00 2026-05-20T00:00 likely"),
        ("a year ago", "2025-01-01T00:00 2026-01-01T00:00 likely"),
        ("a few days ago", "2026-11-15T00:00 2026-11-16T00:00 vague"),
        ("a couple of weeks ago", "2026-11-02T00:00 2026-11-09T00:00 vague"),
        ("the last two hours", "2026-11-18T13:30 2026-11-18T15:30 certain"),
        ("past 3 days", "2026-11-15T15:30 2026-11-18T15:30 certain"),
        ("the past week", "2026-11-11T15:30 2026-11-18T15:30 certain"),
        ("the last hour", "2026-11-18T14:30 2026-11-18T15:30 certain"),
        ("the last few weeks", "2026-10-28T15:30 2026-11-18T15:30 vague"),
        ("5 pm", "2026-11-17T16:30 2026-11-17T17:30 likely"),
        ("noon", "2026-11-18T11:30 2026-11-18T12:30 likely"),
        ("17:30", "2026-11-17T17:00 2026-11-17T18:00 likely"),
        ("7 p.m. yesterday", "2026-11-17T18:30 2026-11-17T19:30 certain"),
        ("the day before yesterday at 5 pm", "2026-11-16T16:30 2026-11-16T17:30 certain"),
        ("3 pm on Friday", "2026-11-13T14:30 2026-11-13T15:30 likely"),
        ("May 8 at 10 am", "2026-05-08T09:30 2026-05-08T10:30 likely"),
        ("the night of May 8th", "2026-05-08T18:00 2026-05-09T06:00 likely"),
        ("the last week", "2026-11-11T15:30 2026-11-18T15:30 certain"),
        ("last week", "2026-11-09T00:00 2026-11-16T00:00 certain"),
        ("two days before yesterday", "2026-11-15T00:00 2026-11-16T00:00 likely"),
        ("the week after Christmas 2024", "2024-12-27T00:00 2025-01-03T00:00 likely"),
        ("the day before the party", None),
        ("Q3 2023", "2023-07-01T00:00 2023-10-01T00:00 certain"),
        ("the day before yesterday in the evening", "2026-11-16T17:00 2026-11-17T00:00 certain"),
        ("8 May 2023 at 10:30", "2023-05-08T10:00 2023-05-08T11:00 certain"),
        ("2023-05-08T10:30", "2023-05-08T10:00 2023-05-08T11:00 certain"),
        ("2023-05-08T10:30Z", "2023-05-08T12:00 2023-05-08T13:00 certain"),
        ("2023-05-08T10:75", None),
        ("early 2013", "2013-01-01T00:00 2013-05-02T17:00 likely"),
        ("the end of May 2023", "2023-05-21T16:00 2023-06-01T00:00 likely"),
        ("the end of the story", None),
        ("last  winter", "2025-12-01T00:00 2026-03-01T00:00 certain"),
        ("New Year’s Eve", "2025-12-31T00:00 2026-01-01T00:00 likely"),  # noqa: RUF001 - as phones write
    ],
)
def test_what_names_name_in_berlin(named: str, expected: str | None) -> None:
    assert told(named) == expected


@pytest.mark.parametrize(
    ("zone", "since_utc"),
    [("UTC", 17), ("Asia/Tokyo", 17), ("America/Los_Angeles", 16), ("Pacific/Kiritimati", 17)],
)
def test_a_day_is_the_askers(zone: str, since_utc: int) -> None:
    """At half past two in the morning, UTC, of the eighteenth."""
    now = Present(datetime(2026, 11, 18, 2, 30, tzinfo=UTC).timestamp(), ZoneInfo(zone))
    found = period("yesterday", now)
    assert found is not None
    midnight = datetime(2026, 11, since_utc, tzinfo=ZoneInfo(zone))
    assert found.start == midnight.timestamp()
    assert found.end - found.start == DAY_S


@pytest.mark.parametrize(
    ("local", "hours"), [("2026-03-30T09:00", 23), ("2026-10-26T09:00", 25), ("2026-10-25T09:00", 24)]
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(local: str, hours: int) -> None:
    found = period("yesterday", present(local))
    assert found is not None
    assert found.end - found.start == hours * HOUR_S


@pytest.mark.parametrize("fold", [0, 1])
def test_hours_are_counted_in_time_that_passes(fold: int) -> None:
    """Half past two comes twice that night."""
    now = present("2026-10-25T02:30", fold=fold)
    found = period("the last two hours", now)
    assert found is not None
    assert (found.start, found.end) == (now.now - 2 * HOUR_S, now.now)


def test_a_midnight_that_clocks_leave_out_is_the_moment_after() -> None:
    now = present("2018-11-05T12:00", "America/Sao_Paulo")
    found = period("yesterday", now)
    assert found is not None
    assert found.end - found.start == 23 * HOUR_S
