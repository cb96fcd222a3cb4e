"""memory/keep_times.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.keep_times import FOREVER, in_words, seconds


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("7 days", 7 * 86_400),
        ("1 day", 86_400),
        ("7days", 7 * 86_400),
        ("  12   Hours ", 12 * 3600),
        ("1.5 hours", 5400),
        ("30 minutes", 1800),
        ("90 seconds", 90),
        ("2 weeks", 14 * 86_400),
        ("6 months", 180 * 86_400),
        ("1 year", 365 * 86_400),
        ("forever", FOREVER),
        ("for ever", FOREVER),
    ],
)
def test_how_long_is_said_in_words(said: str, meant: float) -> None:
    assert seconds(said) == meant


@pytest.mark.parametrize(
    "said",
    ["", "days", "-1 days", "0 days", "7 dais", "7 days or so", "1e9 days", "inf days", True, None, []],
)
def test_what_is_no_time_is_refused_with_an_example(said: object) -> None:
    with pytest.raises(ValueError, match="say `7 days`"):
        seconds(said)


@pytest.mark.parametrize("said", [7, 0.5])
def test_a_number_alone_could_be_of_anything(said: float) -> None:
    with pytest.raises(ValueError, match=f"{said} of what"):
        seconds(said)


@pytest.mark.parametrize(
    ("span_s", "said"),
    [
        (FOREVER, "forever"),
        (7 * 86_400, "7 days"),
        (86_400, "1 day"),
        (365 * 86_400, "1 year"),
        (36 * 3600, "36 hours"),
        (90, "90 seconds"),
    ],
)
def test_it_is_said_back_in_the_largest_unit_that_fits(span_s: float, said: str) -> None:
    assert in_words(span_s) == said


@given(st.integers(1, 10**8))
def test_what_is_said_back_means_the_same(span_s: int) -> None:
    said = in_words(float(span_s))
    assert seconds(said) == span_s
