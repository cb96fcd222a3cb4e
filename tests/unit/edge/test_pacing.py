"""edge/pacing.py"""

import contextlib
import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.observing import ALARM, IMPORTANCE_DEFAULT, LOW
from edge.pacing import BURST_DEFAULT, LOW_SHARE, Pace, Priority

NORMAL, LOWEST, ALARMING = Priority.NORMAL, Priority.LOW, Priority.ALARM
HOUR_S = 3600.0

SENDS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 20.0, 400.0, 2000.0]), st.integers(1, 400), st.sampled_from(Priority)
    ),
    max_size=80,
)
"""How long after the one before, how many bytes, of which priority."""
STARTS = st.sampled_from([0.0, 59.99, 12_345_678.9])


def may_go(pace: Pace, size: int, priority: Priority, now_s: float) -> bool:
    return pace.when(size, priority, now_s) <= now_s


def went(pace: Pace, size: int, priority: Priority, now_s: float) -> bool:
    allowed = may_go(pace, size, priority, now_s)
    if allowed:
        pace.spent(size, priority, now_s)
    return allowed


@pytest.mark.parametrize(
    ("importance", "priority"),
    [
        (0, LOWEST),
        (LOW - 0.01, LOWEST),
        (LOW, NORMAL),
        (IMPORTANCE_DEFAULT, NORMAL),
        (ALARM, ALARMING),
        (1, ALARMING),
    ],
)
def test_priority_is_by_importance(importance: float, priority: Priority) -> None:
    assert Priority.of(importance) is priority
    assert sorted(Priority) == [ALARMING, NORMAL, LOWEST], "in the order in which they go"


def test_without_limits_all_may_go() -> None:
    pace = Pace()
    assert all(went(pace, 10**9, priority, 0) for priority in Priority for _ in range(100))
    assert pace.counts == {"sent_bytes": 300 * 10**9, "alarm_bytes": 10**11, "low_bytes": 10**11}
    assert pace.largest(NORMAL) is None


def test_after_a_burst_so_many_a_second() -> None:
    pace = Pace(rate_per_s=2)
    assert [went(pace, 1, NORMAL, 100) for _ in range(BURST_DEFAULT + 1)] == [True] * BURST_DEFAULT + [False]
    assert pace.when(1, NORMAL, 100) == 100.5
    assert [went(pace, 1, NORMAL, now_s) for now_s in (100.4, 100.5, 100.6, 101.0)] == [
        False,
        True,
        False,
        True,
    ]
    assert all(went(pace, 1, NORMAL, 200) for _ in range(BURST_DEFAULT)), "a silence gives a burst, no more"
    assert not went(pace, 1, NORMAL, 200)


def test_low_ones_leave_of_a_burst_what_others_may_need() -> None:
    pace = Pace(rate_per_s=1, burst=10)
    assert sum(went(pace, 1, LOWEST, 0) for _ in range(10)) == 7
    assert sum(went(pace, 1, NORMAL, 0) for _ in range(10)) == 3
    alone = Pace(rate_per_s=1, burst=1)
    assert went(alone, 1, LOWEST, 0), "of a burst of one nothing is left over"


def test_alarms_always_may_and_the_others_wait_for_them_no_longer_than_for_an_empty_bucket() -> None:
    pace = Pace(rate_per_s=1, burst=2)
    assert all(went(pace, 1, ALARMING, 0) for _ in range(50))
    assert pace.when(1, NORMAL, 0) == 1


def test_low_ones_stop_at_their_share_of_the_hour_normal_ones_at_all_of_it_alarms_never() -> None:
    pace = Pace(bytes_per_hour=1000)
    assert sum(went(pace, 100, LOWEST, 0) for _ in range(20)) == 10 * LOW_SHARE
    assert sum(went(pace, 100, NORMAL, 0) for _ in range(20)) == 3
    assert all(went(pace, 100, ALARMING, 0) for _ in range(20))
    assert not may_go(pace, 1, NORMAL, HOUR_S)
    assert pace.when(1, NORMAL, 0) == HOUR_S + 60, "a minute counts until its last second is an hour ago"
    assert may_go(pace, 1000, NORMAL, HOUR_S + 60)


def test_alarms_take_from_what_others_may_spend() -> None:
    pace = Pace(bytes_per_hour=1000)
    pace.spent(900, ALARMING, 0)
    assert not may_go(pace, 1, LOWEST, 0)
    assert may_go(pace, 100, NORMAL, 0)
    assert not may_go(pace, 101, NORMAL, 0)


def test_the_hour_slides() -> None:
    pace = Pace(bytes_per_hour=1000)
    for minute in (0, 10, 20):
        pace.spent(300, NORMAL, minute * 60)
    assert pace.when(100, NORMAL, 1300) == 1300
    assert pace.when(400, NORMAL, 1300) == 61 * 60, "the first alone has to be an hour ago"
    assert pace.when(700, NORMAL, 1300) == 71 * 60
    assert pace.when(1000, NORMAL, 1300) == 81 * 60


def test_what_is_larger_than_the_budget_goes_once_nothing_was_spent_for_an_hour() -> None:
    pace = Pace(bytes_per_hour=1000)
    assert (pace.largest(NORMAL), pace.largest(LOWEST), pace.largest(ALARMING)) == (1000, 700, None)
    assert went(pace, 5000, NORMAL, 0), "rather late than never"
    assert not may_go(pace, 1, NORMAL, HOUR_S)
    pace.spent(1, NORMAL, HOUR_S)
    assert pace.when(800, LOWEST, HOUR_S) == 121 * 60


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"rate_per_s": 0}, "rate_per_s: must be more than 0"),
        ({"rate_per_s": math.inf}, "rate_per_s"),
        ({"rate_per_s": math.nan}, "rate_per_s"),
        ({"burst": 0}, "burst: must be at least 1 message"),
        ({"bytes_per_hour": 0}, "bytes_per_hour: must be at least 1"),
    ],
)
def test_a_limit_that_nothing_could_keep_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Pace(**settings)


def test_what_was_spent_outlives_a_process() -> None:
    pace = Pace(rate_per_s=1, burst=2, bytes_per_hour=1000)
    for _ in range(2):
        pace.spent(500, NORMAL, 90)
    kept = msgpack.unpackb(msgpack.packb(pace.dump("boot", 95)))
    again = Pace(rate_per_s=1, burst=2, bytes_per_hour=1000)
    again.load(kept, "boot", 1000)
    assert again.when(1, NORMAL, 1000) == pace.when(1, NORMAL, 1000) == 62 * 60
    soon = Pace(rate_per_s=1, burst=2)
    soon.load(pace.dump("boot", 90), "boot", 90.5)
    assert soon.when(1, NORMAL, 90.5) == 91


def test_after_another_boot_it_is_as_if_no_time_had_passed() -> None:
    pace = Pace(rate_per_s=0.1, burst=2, bytes_per_hour=1000)
    pace.spent(1000, NORMAL, 5000)
    pace.spent(0, NORMAL, 5000)
    left_s = pace.when(1, NORMAL, 5600) - 5600
    for now_s in (3.0, 9_999_999.0):
        again = Pace(rate_per_s=0.1, burst=2, bytes_per_hour=1000)
        again.load(pace.dump("boot", 5600), "another", now_s)
        assert left_s <= again.when(1, NORMAL, now_s) - now_s <= left_s + 60


def test_a_clock_that_went_back_in_one_boot_is_another() -> None:
    pace = Pace(bytes_per_hour=10)
    pace.spent(10, NORMAL, 5000)
    again = Pace(bytes_per_hour=10)
    again.load(pace.dump("boot", 5000), "boot", 10)
    assert HOUR_S <= again.when(1, NORMAL, 10) - 10 <= HOUR_S + 120


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"boot": "boot", "now_s": "noon", "rest_s": 0, "minutes": []},
        {"boot": "boot", "now_s": 0, "rest_s": 0, "minutes": [[1]]},
        {"boot": "boot", "now_s": 0, "rest_s": 0, "minutes": 7},
        {"boot": "other", "now_s": math.inf, "rest_s": 0, "minutes": []},
        {"boot": "boot", "now_s": 0, "rest_s": None, "minutes": []},
        {"boot": "boot", "now_s": math.nan, "rest_s": 0, "minutes": []},
        {"boot": "boot", "now_s": 0, "rest_s": math.nan, "minutes": []},
        {"boot": "boot", "now_s": 0, "rest_s": -1, "minutes": []},
        {"boot": "boot", "now_s": 0, "rest_s": 0, "minutes": [[0, -1]]},
        {"boot": "boot", "now_s": 59, "rest_s": 0, "minutes": [[1, 1]]},
    ],
)
def test_what_dump_did_not_make_is_refused_and_changes_nothing(kept: dict[str, Any]) -> None:
    pace = Pace(bytes_per_hour=10)
    pace.spent(10, NORMAL, 0)
    with pytest.raises(ValueError, match=r"cannot be read .* begin without it"):
        pace.load(kept, "boot", 5)
    assert not may_go(pace, 1, NORMAL, 5)


ABSURD = st.floats() | st.integers() | st.floats(0, 200) | st.sampled_from([4.0, "boot", None, True])


@given(
    st.fixed_dictionaries(
        {
            "boot": st.sampled_from(["boot", "another"]),
            "now_s": ABSURD,
            "rest_s": ABSURD,
            "minutes": st.lists(st.tuples(ABSURD, ABSURD), max_size=3),
        }
    )
)
def test_nothing_that_was_kept_silences_a_device_for_longer_than_its_limits(kept: dict[str, Any]) -> None:
    pace = Pace(rate_per_s=0.01, burst=2, bytes_per_hour=10)
    with contextlib.suppress(ValueError):
        pace.load(kept, "boot", 100.0)
    assert pace.when(1, NORMAL, 100.0) <= 100.0 + HOUR_S + 120
    pace.dump("boot", 100.0)


@given(SENDS, STARTS)
def test_in_no_hour_goes_more_than_the_budget(sends: list[tuple[float, int, Priority]], now_s: float) -> None:
    pace, gone = Pace(bytes_per_hour=1000), []
    for wait_s, size, priority in sends:
        now_s += wait_s
        if went(pace, size, priority, now_s):
            gone.append((now_s, size, priority))
            hour = [each for each in gone if each[0] > now_s - HOUR_S]
            total = sum(size for _, size, _ in hour)
            assert priority is ALARMING or total <= (pace.largest(priority) or 0)
        assert len(pace.dump("boot", now_s)["minutes"]) <= 61
    assert pace.counts["sent_bytes"] == sum(size for _, size, _ in gone)


@given(SENDS, STARTS, st.sampled_from([0.3, 3.0]))
def test_when_is_the_first_moment_at_which_it_may_go(
    sends: list[tuple[float, int, Priority]], now_s: float, rate_per_s: float
) -> None:
    pace = Pace(rate_per_s, burst=3, bytes_per_hour=1000)
    for wait_s, size, priority in sends:
        now_s += wait_s
        when_s = pace.when(size, priority, now_s)
        assert when_s >= now_s
        assert may_go(pace, size, priority, when_s)
        assert when_s == now_s or not may_go(pace, size, priority, math.nextafter(when_s, 0))
        went(pace, size, priority, now_s)


@given(SENDS, STARTS, st.sampled_from([0.0, 30.0, 3000.0]), st.sampled_from(["boot", "another"]))
def test_a_restart_gives_nothing_that_was_not_there(
    sends: list[tuple[float, int, Priority]], now_s: float, away_s: float, boot: str
) -> None:
    pace = Pace(0.5, burst=3, bytes_per_hour=1000)
    for wait_s, size, priority in sends:
        now_s += wait_s
        went(pace, size, priority, now_s)
    kept = pace.dump("boot", now_s)
    again = Pace(0.5, burst=3, bytes_per_hour=1000)
    began_s = now_s + away_s if boot == "boot" else 7.0
    again.load(kept, boot, began_s)
    for size, priority in ((1, NORMAL), (300, LOWEST), (999, NORMAL)):
        if boot == "boot":
            assert again.when(size, priority, began_s) == pytest.approx(pace.when(size, priority, began_s))
        else:
            left_s = pace.when(size, priority, now_s) - now_s
            assert left_s - 1e-6 <= again.when(size, priority, began_s) - began_s <= left_s + 60
