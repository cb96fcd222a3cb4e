"""workers/timing.py"""

import pytest

from memory import conditions
from memory.time_windows import UNTIL_MARGIN_S
from memory.timewords import read
from schemas.requests import Recall
from schemas.wire import Invalid
from workers.timing import of_the_past, to_time, windowed

NOW = 1_795_015_800.0
"""A Wednesday in November 2026, 15:30 UTC."""
MIDNIGHT = 1_794_960_000.0
DAY_S = 86_400.0
KINDS = conditions.Filters(kinds=["note"])


def test_a_hard_window_narrows_the_filters_and_leaves_the_others() -> None:
    filters, [window] = windowed(KINDS, "what happened yesterday?", NOW, None)
    assert filters == conditions.Filters(
        since=MIDNIGHT - DAY_S, until=MIDNIGHT - UNTIL_MARGIN_S, kinds=["note"]
    )
    assert (window.since, window.until, window.hard) == (filters.since, filters.until, True)


def test_a_soft_window_is_told_and_narrows_nothing() -> None:
    filters, [window] = windowed(KINDS, "what happened two weeks ago?", NOW, None)
    assert filters is KINDS
    assert not window.hard


def test_a_text_without_a_time_changes_nothing() -> None:
    assert windowed(KINDS, "where are the keys?", NOW, None) == (KINDS, [])


@pytest.mark.parametrize("given", [conditions.Filters(since=5.0), conditions.Filters(until=5.0)])
def test_the_requests_own_bounds_count_for_more_than_words(given: conditions.Filters) -> None:
    filters, windows = windowed(given, "what happened yesterday?", NOW, None)
    assert filters is given
    assert windows


def test_of_several_hard_windows_the_filters_span_all() -> None:
    filters, windows = windowed(KINDS, "was it in 2012, two weeks ago or yesterday?", NOW, None)
    assert [window.hard for window in windows] == [True, False, True]
    assert (filters.since, filters.until) == (windows[0].since, windows[2].until)


def test_an_open_end_leaves_the_span_open() -> None:
    filters, _ = windowed(KINDS, "yesterday, or since Monday?", NOW, None)
    assert (filters.since, filters.until) == (MIDNIGHT - 2 * DAY_S, None)
    filters, _ = windowed(KINDS, "yesterday, or before 2013?", NOW, None)
    assert (filters.since, filters.until) == (None, MIDNIGHT - UNTIL_MARGIN_S)


def test_days_are_of_the_zone_named() -> None:
    filters, _ = windowed(KINDS, "yesterday", NOW, "Asia/Tokyo")
    assert filters.since == MIDNIGHT - 9 * 3600  # there it is the nineteenth already


def test_a_zone_that_is_none_is_told_by_the_fields_name() -> None:
    with pytest.raises(Invalid, match=r"`tz`: no time zone 'Europe/Atlantis'; use an IANA name") as caught:
        windowed(KINDS, "yesterday", NOW, "Europe/Atlantis")
    assert caught.value.field == "tz"


def test_how_times_were_read_is_answered() -> None:
    [since, soft] = to_time(read("since Monday, or in May", NOW)) or []
    assert since.dump(short=False) == {"words": "since Monday", "since": MIDNIGHT - 2 * DAY_S, "hard": True}
    assert (soft.words, soft.hard) == ("in May", False)
    assert to_time([]) is None


@pytest.mark.parametrize(
    ("request_", "past"),
    [
        (Recall(text="what does Ana drink?"), False),
        (Recall(text="what did Ana drink?"), True),
        (Recall(text="what does Ana drink in May 2023?"), True),
        (Recall(text="tea", since=-3600), True),
        (Recall(text="tea", until=NOW), True),
    ],
)
def test_a_request_is_of_the_past_by_its_words_or_by_a_time(request_: Recall, *, past: bool) -> None:
    windows = read(request_.text, NOW)
    assert of_the_past(request_, windows) is past
