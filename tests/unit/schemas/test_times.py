"""schemas/times.py"""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from schemas.times import EPOCH_S_MAX, Bound, Instant, epoch_s, resolve

instant = TypeAdapter(Instant).validate_python
bound = TypeAdapter(Bound).validate_python
MAY = 1777624200.0


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (0, 0.0),
        (1777624200, MAY),
        (MAY + 0.25, MAY + 0.25),
        ("2026-05-01T08:30:00Z", MAY),
        ("2026-05-01T08:30:00", MAY),
        ("2026-05-01T10:30:00+02:00", MAY),
        ("2026-05-01T03:00:00-05:30", MAY),
        ("2026-05-01 08:30:00.250", MAY + 0.25),
        ("20260501T083000Z", MAY),
        ("2026-05-01", 1777593600.0),
        ("1970-01-01T00:00:00Z", 0.0),
        ("9999-12-31T23:59:59Z", EPOCH_S_MAX - 1),
    ],
)
def test_numbers_and_iso_text_are_epoch_seconds_and_no_zone_means_utc(sent: Any, seconds: float) -> None:
    assert epoch_s(sent) == instant(sent) == bound(sent) == seconds
    assert type(instant(sent)) is float


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_text_without_a_zone_is_utc_wherever_the_service_runs(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", zone)
        time.tzset()
        read = epoch_s("2026-05-01T08:30:00")
    time.tzset()
    assert read == MAY


@given(st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_every_zone_tells_the_same_instant(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert epoch_s(there.isoformat()) == pytest.approx(epoch_s(moment.isoformat()), abs=1e-6)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (True, "epoch seconds or ISO 8601"),
        (None, "epoch seconds or ISO 8601"),
        ([0], "epoch seconds or ISO 8601"),
        (b"2026-05-01", "epoch seconds or ISO 8601"),
        (datetime(2026, 5, 1, tzinfo=UTC), "epoch seconds or ISO 8601"),
        ("", "such as 2026-05-01T08:30:00Z"),
        ("1777624200", "such as 2026-05-01T08:30:00Z"),
        ("2026-13-01", "such as 2026-05-01T08:30:00Z"),
        ("2026-05-01T08:30:00Z!", "such as 2026-05-01T08:30:00Z"),
        (float("nan"), "year 10000"),
        (float("inf"), "year 10000"),
        (-float("inf"), "year 10000"),
        (10**400, "year 10000"),
        (-(10**400), "year 10000"),
        (EPOCH_S_MAX + 1, "year 10000"),
        ("9999-12-31T23:59:59-23:59", "year 10000"),
    ],
    ids=lambda case: repr(case)[:30],
)
def test_what_is_no_time_is_refused_in_the_senders_words(sent: object, said: str) -> None:
    for read in (epoch_s, instant, bound):
        with pytest.raises(ValueError, match=said):
            read(sent)


@pytest.mark.parametrize("sent", [-1, -0.5, "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00+23:59"])
def test_nothing_is_observed_before_1970(sent: object) -> None:
    with pytest.raises(ValueError, match="before 1970"):
        instant(sent)


def test_only_a_number_counts_back_from_now() -> None:
    assert bound(-3600) == -3600.0
    with pytest.raises(ValueError, match="before 1970"):
        bound("1969-12-31T23:59:59.5Z")


@pytest.mark.parametrize(("sent", "meant"), [(None, None), (0.0, 0.0), (5.0, 5.0), (-60.0, 940.0)])
def test_a_negative_bound_is_that_long_before_now(sent: float | None, meant: float | None) -> None:
    assert resolve(sent, 1000.0) == meant


@given(st.text() | st.integers() | st.floats() | st.binary() | st.none() | st.booleans())
def test_anything_is_a_finite_time_or_a_value_error(sent: object) -> None:
    try:
        seconds = epoch_s(sent)
    except ValueError:
        return
    assert abs(seconds) <= EPOCH_S_MAX
