"""Times in a question's words as filters, and as they are answered. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from memory import conditions
from memory.time_windows import Window
from memory.time_zones import UnknownZone
from memory.timewords import read
from schemas.past import asks_of_the_past
from schemas.replies import TimeRead
from schemas.requests import InWords
from schemas.wire import Invalid


def windowed(
    filters: conditions.Filters, text: str, now: float, tz: str | None
) -> tuple[conditions.Filters, list[Window]]:
    """The filters, narrowed to what the words bound, and every window that was read in them.

    Of several hard windows the filter spans all. A request's own `since` or `until` counts for more.

    Raises:
        Invalid: there is no time zone of this name.
    """
    try:
        windows = read(text, now, tz)
    except UnknownZone as error:
        raise Invalid("tz", str(error)) from None
    hard = [window for window in windows if window.hard]
    if not hard or filters.since is not None or filters.until is not None:
        return filters, windows
    since, until = _span(hard)
    return replace(filters, since=since, until=until), windows


def measured_within(filters: conditions.Filters, windows: Sequence[Window]) -> conditions.Filters:
    """The filters, cut to all that the words name, hard or soft: a reading is not told of on another day.

    A request's own `since` or `until` counts for more.
    """
    if not windows or filters.since is not None or filters.until is not None:
        return filters
    since, until = _span(windows)
    return replace(filters, since=since, until=until)


def without_times(text: str, windows: Sequence[Window]) -> str:
    """The text without the words that were read as times: `last night` is not the last of anything."""
    for window in windows:
        text = text.replace(window.words, " ")
    return text


def _span(windows: Sequence[Window]) -> tuple[float | None, float | None]:
    """From the earliest start to the latest end; one that is open leaves the span open."""
    starts = [window.since for window in windows if window.since is not None]
    ends = [window.until for window in windows if window.until is not None]
    return (
        min(starts) if len(starts) == len(windows) else None,
        max(ends) if len(ends) == len(windows) else None,
    )


def of_the_past(request: InWords, windows: Sequence[Window]) -> bool:
    """Whether a request is about more than how things are now: by its words, or by a time beside them."""
    bounded = request.since is not None or request.until is not None or bool(windows)
    return bounded or asks_of_the_past(request.text)


def to_time(windows: Sequence[Window]) -> list[TimeRead] | None:
    """How times were read, as it is answered; nothing where none was."""
    return [
        TimeRead(words=window.words, since=window.since, until=window.until, hard=window.hard)
        for window in windows
    ] or None
