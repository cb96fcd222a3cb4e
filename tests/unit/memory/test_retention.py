"""memory/retention.py"""

from typing import Any

import pytest

from memory.measured import Measured
from memory.policies import Policies
from memory.policy_file import PolicyFile
from memory.portions import portions_of
from memory.records import Memory
from memory.retention import SETTLED_S, Reason, is_told, reason_to_remove, tells_of, told_by

NOW = 1_800_000_000.0
DAY_S = 86_400.0

POLICIES = Policies(
    PolicyFile.model_validate(
        {
            "defaults": {
                "raw": "7 days", "hourly": "90 days", "daily": "1 year", "monthly": "10 years",
                "sessions": "2 years", "keep_raw_if_importance": 0.8, "worthless_below_importance": 0.2,
            }
        }
    )
)  # fmt: skip

SUMMARY = {"kind": "summary", "tier": "summary"}
SERIES = SUMMARY | {"attribute": "temperature"}

CASES: list[tuple[float, dict[str, Any], Reason | None, Reason | None]] = [
    # age in days, fields → why it goes before, and after it was condensed
    (6.9, {}, None, None),
    (7.1, {}, None, "raw"),
    # What came late is kept as long as news.
    (9999, {"received": NOW - 6.9 * DAY_S}, None, None),
    (9999, {"received": NOW - 7.1 * DAY_S}, None, "raw"),
    (9999, {"received": NOW, "importance": 0.0}, None, None),
    (7.1, {"importance": 0.5}, None, "raw"),
    (7.1, {"importance": 0.79}, None, "raw"),
    (7.1, {"importance": 0.8}, None, None),
    (9999, {"importance": 1.0}, None, None),
    # What counts is the importance, and what we decided also by repetition, use and votes for it.
    (7.1, {"importance": 0.75, "judged": True}, None, "raw"),
    (7.1, {"importance": 0.75, "judged": True, "seen": 60}, None, None),
    (7.1, {"importance": 0.7, "judged": True, "recalled": 30}, None, None),
    (7.1, {"importance": 0.75, "seen": 60, "recalled": 30}, None, "raw"),
    (7.1, {"importance": 0.7, "votes": {"p": True, "q": True}}, None, None),
    (7.1, {"importance": 0.8, "votes": {"p": False, "q": False}}, None, None),
    (7.1, {"importance": 0.25, "votes": {"p": False, "q": False}}, None, "raw"),
    (6.9, {"importance": 0.0}, None, None),
    (7.1, {"importance": 0.19}, "worthless", "worthless"),
    (7.1, {"importance": 0.2}, None, "raw"),
    (9999, {"kind": "fact"}, None, None),
    (9999, {"kind": "preference", "importance": 0.0}, None, None),
    (0, {"expires": NOW}, "expired", "expired"),
    (0, {"expires": NOW + 1}, None, None),
    (0, {"expires": NOW, "kind": "fact", "importance": 1.0}, "expired", "expired"),
    (0, {"expires": NOW, **SERIES, "tags": ["month"]}, "expired", "expired"),
    (89, {**SERIES, "tags": ["hour"]}, None, None),
    (91, {**SERIES, "tags": ["hour"]}, None, "hourly"),
    (364, {**SERIES, "tags": ["day"]}, None, None),
    (366, {**SERIES, "tags": ["day"]}, None, "daily"),
    (366, {**SUMMARY, "tags": ["day"]}, "daily", "daily"),
    (3649, {**SERIES, "tags": ["month"]}, None, None),
    (3651, {**SERIES, "tags": ["month"]}, "monthly", "monthly"),
    (729, {**SUMMARY, "tags": ["session"]}, None, None),
    (731, {**SUMMARY, "tags": ["session"]}, "session", "session"),
    (9999, {**SUMMARY, "tags": []}, None, None),
    (9999, {"kind": "summary", "tags": ["hour"]}, None, "raw"),
    (-1, {}, None, None),
]


@pytest.mark.parametrize(("days", "fields", "before", "after"), CASES, ids=str)
def test_why_a_memory_goes(
    days: float, fields: dict[str, Any], before: Reason | None, after: Reason | None
) -> None:
    usual = {"id": "1", "tenant": "home", "entity": "kitchen", "device": "d", "kind": "event", "text": "t"}
    memory = Memory(**(usual | {"at": NOW - days * DAY_S, "received": NOW - days * DAY_S} | fields))
    of_kind, of_tenant = POLICIES.of_kind("home", memory.kind), POLICIES.of_tenant("home")
    assert reason_to_remove(memory, of_kind, of_tenant, NOW, condensed=False) == before
    assert reason_to_remove(memory, of_kind, of_tenant, NOW, condensed=True) == after


def a_memory(**fields: Any) -> Memory:
    usual: dict[str, Any] = {
        "id": "1", "tenant": "home", "entity": "kitchen", "device": "d", "kind": "reading", "text": "t",
        "at": NOW, "received": NOW, "attribute": "temperature", "value": 21.5,
    }  # fmt: skip
    return Memory(**(usual | fields))


def test_a_reading_is_told_by_its_hour_its_day_or_its_month() -> None:
    portions = portions_of(a_memory())
    assert [portion.period for portion in portions] == ["hour", "day", "month"]
    assert told_by(a_memory()) == tuple(portion.summary_id for portion in portions)


def test_a_summary_is_told_by_those_above_it() -> None:
    _, day, month = (portion.summary_id for portion in portions_of(a_memory()))
    series = {"tier": "summary", "kind": "summary", "value": None}
    assert told_by(a_memory(**series, tags=["hour"])) == (day, month)
    assert told_by(a_memory(**series, tags=["day"])) == (month,)
    assert told_by(a_memory(**series, tags=["month"])) == ()
    assert told_by(a_memory(**series, tags=["session"], attribute=None)) == ()
    assert told_by(a_memory(**series, tags=["day"], attribute=None)) == ()


def test_what_is_stable_and_of_no_session_is_told_by_none() -> None:
    assert told_by(a_memory(kind="fact")) == ()


def test_a_summary_tells_of_what_had_come_when_it_was_made() -> None:
    made = a_memory(tier="summary", received=NOW)
    assert tells_of(made, a_memory(received=NOW - SETTLED_S))
    assert not tells_of(made, a_memory(received=NOW - SETTLED_S + 1)), "it may not have been found yet"
    assert tells_of(made, a_memory(tier="summary", received=NOW))
    assert not tells_of(a_memory(received=NOW), a_memory(received=NOW - 60)), "it is no summary"


def summaries(*received: float | None, outliers: tuple[str, ...] = ()) -> dict[str, Memory]:
    """Of a reading's hour, day and month, made so long after it came; None: there is none."""
    whole = Measured(60, NOW, NOW, 1.0, 1.0, outliers=list(outliers))
    made = zip(told_by(a_memory()), received, (whole, None, None), strict=True)
    return {
        id_: a_memory(id=id_, tier="summary", received=NOW + after, measured=measured)
        for id_, after, measured in made
        if after is not None
    }


@pytest.mark.parametrize(
    ("received", "told"),
    [
        ((60.0, None, None), True),
        ((1.0, None, None), False),
        ((1.0, 60.0, None), True),
        ((60.0, -60.0, -60.0), True),
        ((-60.0, 60.0, 60.0), False),
        ((-60.0, None, 60.0), False),
        ((None, 60.0, -60.0), True),
        ((None, -60.0, 60.0), False),
        ((None, None, 60.0), True),
        ((None, None, None), False),
    ],
    ids=str,
)
def test_the_nearest_summary_decides_for_one_above_may_be_made_of_it_as_it_was(
    received: tuple[float | None, ...], *, told: bool
) -> None:
    assert is_told(a_memory(), summaries(*received)) is told


def test_an_outlier_stays_as_long_as_the_summary_of_its_hour() -> None:
    assert not is_told(a_memory(), summaries(60.0, 60.0, 60.0, outliers=("2", "1")))
    assert is_told(a_memory(id="3"), summaries(60.0, 60.0, 60.0, outliers=("2", "1")))
    assert is_told(a_memory(), summaries(None, 60.0, 60.0))
