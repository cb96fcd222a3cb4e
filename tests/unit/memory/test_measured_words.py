"""memory/measured_words.py"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.drift import Drift
from memory.measured import Beyond, Held, Measured
from memory.measured_words import duration_words, series_words
from memory.measuring import Reading, measured
from memory.portions import Span

RISING = {"deviation": 1.0, "deviation_at": 1.0, "correlation": 0.9}
KITCHEN = ("home7/kitchen", "temperature", "Cel")
HALL = ("home7/hall", "door", None)
AT = datetime(2026, 3, 1, 21, 14, tzinfo=UTC).timestamp()


def numbers(least: float, mean: float, most: float, count: int = 2160, **fields: Any) -> Measured:
    said = Measured(count, 0.0, 21_590.0, least, most, least, most, Drift(count, mean, **RISING))
    return replace(said, **fields)


def values(*held: Held, count: int = 24) -> Measured:
    return Measured(count, 0.0, 86_390.0, "a", "a", values=list(held))


@pytest.mark.parametrize(
    ("of", "said", "words"),
    [
        (
            KITCHEN,
            numbers(19.8, 21.4123, 24.1),
            "kitchen temperature 21.4 °C mean, 19.8 to 24.1, rising, 6 h, 2,160 readings",
        ),
        (
            KITCHEN,
            numbers(21.4, 21.4, 21.4, drift=Drift(2160, 21.4)),
            "kitchen temperature 21.4 °C, steady, 6 h, 2,160 readings",
        ),
        (KITCHEN, numbers(21.43, 21.43, 21.43, 1, until=0.0), "kitchen temperature 21.43 °C, 1 reading"),
        (KITCHEN, numbers(20.0, 21.04, 22.0, 2), "kitchen temperature 21 °C mean, 20 to 22, 6 h, 2 readings"),
        (
            KITCHEN,
            numbers(-0.5, -0.001, 0.5, 2, until=60.0),
            "kitchen temperature 0 °C mean, -0.5 to 0.5, 60 s, 2 readings",
        ),
        (
            KITCHEN,
            numbers(19.8, 21.4, 27.1, 9, beyond=[Beyond(18, 21_590, 0), Beyond(26, 3600, 17_000)]),
            "kitchen temperature 21.4 °C mean, 19.8 to 27.1, rising, above 26 °C for 1 h, 6 h, 9 readings",
        ),
        (
            KITCHEN,
            numbers(14.2, 19.4, 23.1, 9, beyond=[Beyond(15, 20_000, 600)]),
            "kitchen temperature 19.4 °C mean, 14.2 to 23.1, rising, below 15 °C for 10 min, 6 h, 9 readings",
        ),
        (
            ("home7", None, None),
            numbers(1, 150.4, 300),
            "home7 150 mean, 1 to 300, rising, 6 h, 2,160 readings",
        ),
        (
            ("home7", "p", "Pa"),
            numbers(101_325, 101_330.2, 101_340),
            "home7 p 101330 Pa mean, 101325 to 101340, rising, 6 h, 2,160 readings",
        ),
        (
            ("home7", "x", None),
            numbers(-1e308, 5.0, 1.5e308),
            "home7 x 5 mean, -1e+308 to 1.5e+308, rising, 6 h, 2,160 readings",
        ),
        (
            ("home7", "x", None),
            numbers(1e-12, 2e-12, 3e-12),
            "home7 x 2e-12 mean, 1e-12 to 3e-12, rising, 6 h, 2,160 readings",
        ),
        (
            HALL,
            values(Held("closed", 82_000.0, 12, 12, AT + 60), Held("open", 3840.0, 12, 12, AT)),
            (
                "hall door open 12 times, 1 h 4 min in all, last at 2026-03-01 21:14 UTC; "
                "closed 12 times, 22 h 47 min in all, last at 2026-03-01 21:15 UTC, 24 readings"
            ),
        ),
        (
            ("home7/hall", "motion", None),
            values(Held(False, 9e4, 1, 1, AT), Held(True, 300.0, 1, 1, AT), count=1),
            "hall motion once, 5 min, at 2026-03-01 21:14 UTC, 1 reading",
        ),
        (
            ("home7/hall", "motion", None),
            values(Held(False, 9e4, 24, 1, AT)),
            "hall motion never, 24 readings",
        ),
        (
            ("home7/hall", None, None),
            values(Held(True, 60, 24, 1, AT)),
            "hall true once, 60 s, at 2026-03-01 21:14 UTC, 24 readings",
        ),
        (HALL, values(Held("open", 300.0, 0, 0, None)), "hall door open as before, 5 min, 24 readings"),
        (
            HALL,
            values(*(Held(each, 9.0, 1, 1, AT) for each in "abcd"), Held(None, 9.0, 4, 4, AT), count=8),
            (
                "hall door a once, 9 s, at 2026-03-01 21:14 UTC; b once, 9 s, at 2026-03-01 21:14 UTC; "
                "c once, 9 s, at 2026-03-01 21:14 UTC, 8 readings"
            ),
        ),
        (
            HALL,
            numbers(1, 2, 3, 3, values=[Held("error", 9.0, 1, 1, AT)]),
            "hall door 2 mean, 1 to 3, rising, 6 h, error once, 9 s, at 2026-03-01 21:14 UTC, 3 readings",
        ),
    ],
)
def test_a_series_is_said_in_words(
    of: tuple[str, str | None, str | None], said: Measured, words: str
) -> None:
    assert series_words(*of, said) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"), (1, "1 s"), (119.4, "119 s"), (120, "2 min"), (3590, "1 h"), (3840, "1 h 4 min"),
        (86_390, "24 h"), (2 * 86_400 - 31, "47 h 59 min"), (2 * 86_400 - 29, "2 d"), (273_600, "3 d 4 h"),
        (31 * 86_400 - 10, "31 d"),
    ],
)  # fmt: skip
def test_a_duration_is_said_in_two_units(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.floats(0, 3599), finite | st.booleans()), min_size=1, max_size=9), finite)
def test_every_series_can_be_said_on_few_characters(of: Any, threshold: float) -> None:
    readings = [Reading(f"m{place}", value, at) for place, (at, value) in enumerate(of)]
    words = series_words(*KITCHEN, measured(readings, Span(0, 3600), thresholds=[threshold]))
    assert len(words) < 400
    assert "nan" not in words
    assert "inf" not in words
