"""memory/portions.py"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.measured import Measured
from memory.portions import (
    PERIODS,
    Arrivals,
    Pace,
    Period,
    Portion,
    Span,
    is_ripe,
    portion_of,
    portion_told,
    portions_of,
    span_at,
)
from memory.records import Memory

PACE = Pace(grace_s=300, silence_s=1800, count=200, age_s=86_400)


def epoch(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def a_memory(at: float, **fields: Any) -> Memory:
    return Memory(
        **{"id": "id", "tenant": "acme", "entity": "home7/hall", "device": "d1", "kind": "event", "text": "x",
           "at": at, "received": at} | fields
    )  # fmt: skip


def test_a_reading_is_in_its_hour_day_and_month() -> None:
    at = epoch(2026, 2, 28, 23, 59) + 59.999
    reading = a_memory(at, kind="reading", value=21.5, attribute="temperature")
    series = ("d1", "temperature")
    assert portions_of(reading) == (
        Portion("acme", "home7/hall", "hour", epoch(2026, 2, 28, 23), *series),
        Portion("acme", "home7/hall", "day", epoch(2026, 2, 28), *series),
        Portion("acme", "home7/hall", "month", epoch(2026, 2, 1), *series),
    )


@pytest.mark.parametrize(
    ("portion", "span"),
    [
        (("hour", epoch(2026, 2, 28, 23)), Span(epoch(2026, 2, 28, 23), epoch(2026, 3, 1))),
        (("day", epoch(2026, 2, 28)), Span(epoch(2026, 2, 28), epoch(2026, 3, 1))),
        (("month", epoch(2026, 2, 1)), Span(epoch(2026, 2, 1), epoch(2026, 3, 1))),
        (("month", epoch(2024, 12, 1)), Span(epoch(2024, 12, 1), epoch(2025, 1, 1))),
        (("session", 0), None),
    ],
)
def test_a_portion_has_a_span_if_it_has_bounds(portion: Any, span: Span | None) -> None:
    assert Portion("acme", "home7", *portion).span == span


@pytest.mark.parametrize(
    ("fields", "portion"),
    [
        ({"session": "s1"}, Portion("acme", "home7/hall", "session", session="s1")),
        ({"session": "s1", "kind": "preference"}, Portion("acme", "home7/hall", "session", session="s1")),
        ({}, Portion("acme", "home7/hall", "day", epoch(2026, 3, 1))),
        ({"kind": "chore"}, Portion("acme", "home7/hall", "day", epoch(2026, 3, 1))),
    ],
)
def test_a_text_is_in_its_session_or_else_in_its_day(fields: Any, portion: Portion) -> None:
    assert portions_of(a_memory(epoch(2026, 3, 1, 7, 30), **fields)) == (portion,)
    assert portion.above is None


@pytest.mark.parametrize(
    "fields",
    [
        {"tier": "summary", "kind": "event"},
        {"kind": "summary"},
        {"kind": "preference"},
        {"kind": "config", "value": 3, "attribute": "interval"},
    ],
)
def test_what_is_condensed_or_stable_is_in_none(fields: Any) -> None:
    assert portions_of(a_memory(0.0, **fields)) == ()


def test_an_instant_just_before_the_hour_is_in_the_hour_before() -> None:
    assert portions_of(a_memory(3599.99999999, kind="reading", value=1))[0].start == 0


def test_a_reading_without_an_attribute_is_a_series_too() -> None:
    hour = portions_of(a_memory(7200.0, kind="reading", value=True))[0]
    assert hour.is_series
    assert hour.attribute is None


@given(st.floats(0, 4e9), st.integers(0, 2))
def test_an_instant_lies_in_the_span_of_each_of_its_portions_and_each_span_in_the_next(
    at: float, level: int
) -> None:
    portions = portions_of(a_memory(at, kind="reading", value=1))
    span = portions[level].span
    assert span is not None
    assert span.start <= at < span.end
    above = portions[level].above
    assert above == (portions[level + 1] if level < 2 else None)
    if above is not None and above.span is not None:
        assert above.span.start <= span.start < span.end <= above.span.end


names = st.text(max_size=8)


maybe = st.none() | names


@given(st.tuples(names, names, st.sampled_from(PERIODS), st.integers(0, 2**40), maybe, maybe, maybe))
def test_a_key_reads_back_as_its_portion(of: Any) -> None:
    assert portion_of(Portion(*of).key) == Portion(*of)


def test_a_summarys_id_is_a_uuid_v5_and_never_changes() -> None:
    portion = Portion("acme", "home7/hall", "hour", 7200, "d1", "temperature")
    # Written down once: another value here would leave every summary beside its successor.
    assert portion.summary_id == "500a5521-69bb-5e5e-af39-96ab8381ac59"
    assert UUID(portion.summary_id).version == 5


END = epoch(2026, 3, 1, 8)
HOUR = Portion("acme", "home7", "hour", epoch(2026, 3, 1, 7), "d1", "temperature")
SESSION = Portion("acme", "home7", "session", session="s1")


@pytest.mark.parametrize(
    ("portion", "arrived", "now", "ripe"),
    [
        pytest.param(HOUR, (360, END - 3600, END), END + 299, False, id="within the grace"),
        pytest.param(HOUR, (360, END - 3600, END), END + 300, True, id="after it"),
        pytest.param(HOUR, (1, END + 290, END + 290), END + 300, False, id="something late came"),
        pytest.param(HOUR, (1, END + 290, END + 290), END + 590, True, id="and no more"),
        pytest.param(HOUR, (0, 0, 0), END + 9e9, False, id="nothing new"),
        pytest.param(HOUR, (9, END + 60, END + 86_459), END + 86_460, True, id="late ones without end"),
        pytest.param(
            HOUR, (9, END + 9e6, END + 9e6 + 60), END + 9e6 + 61, False, id="a year late, but not all"
        ),
        pytest.param(SESSION, (3, END, END + 60), END + 1859, False, id="a pause"),
        pytest.param(SESSION, (3, END, END + 60), END + 1860, True, id="silence"),
        pytest.param(SESSION, (200, END, END + 60), END + 61, True, id="many turns"),
        pytest.param(SESSION, (199, END, END + 86_399), END + 86_400, True, id="a day's talk"),
        pytest.param(SESSION, (0, 0, 0), END, False, id="nothing said"),
    ],
)
def test_a_portion_is_ripe_when_its_time_is_over_and_all_is_quiet(
    portion: Portion, arrived: tuple[int, float, float], now: float, *, ripe: bool
) -> None:
    assert is_ripe(portion, Arrivals(*arrived), now, PACE) is ripe


@given(at=st.floats(0, 4e9), period=st.sampled_from(("hour", "day", "month")))
def test_an_instant_is_in_its_hour_day_and_month_and_in_no_other(at: float, period: Period) -> None:
    span = span_at(at, period)
    assert span.start <= at < span.end
    assert span_at(span.start, period) == span
    assert span_at(span.end, period).start == span.end


@pytest.mark.parametrize("attribute", ["temperature", None])
def test_a_summary_says_which_portion_it_tells(attribute: str | None) -> None:
    at = epoch(2026, 2, 28, 23, 59)
    reading = a_memory(at, kind="reading", value=21.5, attribute=attribute)
    whole = Measured(count=1, since=at, until=at, first=21.5, last=21.5)
    for portion in portions_of(reading):
        of = {"attribute": attribute, "measured": whole, "tags": [portion.period]}
        summary = a_memory(at, id=portion.summary_id, tier="summary", **of)
        assert portion_told(summary) == portion
        assert portion_told(replace(summary, id="another's")) is None


@pytest.mark.parametrize("session", ["s1", None])
def test_a_summary_of_texts_says_which_session_or_day_it_tells(session: str | None) -> None:
    at = epoch(2026, 2, 28, 23, 59)
    [portion] = portions_of(a_memory(at, session=session))
    summary = a_memory(at, id=portion.summary_id, tier="summary", tags=[portion.period], session=session)
    assert portion_told(summary) == portion
    assert portion_told(replace(summary, tier="raw")) is None
    assert portion_told(replace(summary, tags=["other"])) is None
