"""memory/timewords.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.timewords import TEXT_CHARACTERS_READ, WINDOWS_MAX, Steering, read, steering

NOW = 1_795_015_800.0
"""A Wednesday in November 2026, 15:30 UTC."""
DAY_S = 86_400.0

WORDS = (
    "since before after between and from to until in on at of the last this past next few two 3 31st 99 2013 "
    "0 9999 May march Monday sun weekend week weeks month year years day hour hours second ago today noon "
    "yesterday tonight night morning 5 pm 17:30 winter summer Christmas Eve Easter early late end 2023-05-08 "
    "8.5.2023 2023-05-08T10:30Z 1990s half an couple - \u2019s \u017f \u212a \u0130 \u0663 \u00b3"
)
"""And letters and digits that pass for others in another case or script."""
PIECES = st.sampled_from(WORDS.split())
TEXTS = st.text(max_size=80) | st.lists(PIECES, max_size=10).map(" ".join)
ZONES = st.sampled_from([None, "UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Africa/Cairo"])


@given(TEXTS, st.floats(0, 5e9) | st.floats(-1e9, 3e11), ZONES)
def test_any_text_at_any_time_is_read_the_same_twice_and_its_windows_are_whole(
    text: str, now: float, tz: str | None
) -> None:
    windows = read(text, now, tz)
    assert read(text, now, tz) == windows
    assert len(windows) <= WINDOWS_MAX
    for window in windows:
        assert window.words in text
        assert window.since is not None or window.until is not None
        assert 0 <= (window.since or 0.0) <= now
        assert window.until is None or window.until >= (window.since or 0.0)


@given(TEXTS)
def test_any_text_leans_some_way(text: str) -> None:
    assert steering(text) in Steering


def test_times_are_read_in_their_order_and_not_without_end() -> None:
    text = "yesterday, last week, in 2013 or in 2012"
    assert [window.words for window in read(text, NOW)] == ["yesterday", "last week", "in 2013"]


def test_a_long_text_is_read_at_its_beginning_alone() -> None:
    assert read("x " * TEXT_CHARACTERS_READ + "yesterday", NOW) == []
    assert steering("x " * TEXT_CHARACTERS_READ + "the latest") is Steering.NONE


def test_without_a_zone_a_day_is_one_of_utc() -> None:
    assert read("yesterday", NOW) == read("yesterday", NOW, "UTC") != read("yesterday", NOW, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "from_days", "to_days"),
    [
        ("what happened recently?", 30, 0),
        ("who called lately", 30, 0),
        ("who rang the other day", 14, 1),
        ("we spoke a while ago", 365, 7),
    ],
)
def test_words_without_a_date_lean_an_answer(text: str, from_days: int, to_days: int) -> None:
    [window] = read(text, NOW)
    assert (window.since, window.until) == (NOW - from_days * DAY_S, NOW - to_days * DAY_S)
    assert not window.hard


def test_a_date_says_more_than_recently() -> None:
    assert [window.words for window in read("recently, I mean yesterday", NOW)] == ["yesterday"]


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("what is the latest on the boiler", "newest"),
        ("the most recent visit", "newest"),
        ("when did the door last open?", "newest"),
        ("when was the last time Ana called", "newest"),
        ("who is at home now", "newest"),
        ("what is the current temperature", "newest"),
        ("when did she first visit", "oldest"),
        ("the first time it rained", "oldest"),
        ("what was the plan originally", "oldest"),
        ("how often did it ring last week", "count"),
        ("how many times was the door open recently", "count"),
        ("when did it rain last night", "none"),
        ("when is the first floor cleaned", "none"),
        ("how many lamps are there", "none"),
        ("do you know Ana", "none"),
        ("the lasting impression", "none"),
    ],
)
def test_which_way_a_question_leans(text: str, way: str) -> None:
    assert steering(text) == way
