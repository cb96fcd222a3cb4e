"""How a phrase bounds: "since May 2023" is open, "May 2023" is not, "in May" is a guess. Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory import time_vocabulary as words
from memory.time_periods import Period, Present, period
from memory.time_phrases import Phrase, Relation
from memory.time_vocabulary import pattern_of

UNTIL_MARGIN_S = 0.001
"""A window ends a millisecond before the next begins: filters take both ends in."""

_HALVED_AFTER_S_MIN, _HALVED_AFTER_S_MAX = 86_400.0, 30 * 86_400.0
"""Closeness is halved at a window's own length away from it: a day for a morning, a month for a year."""

_YEAR = re.compile(rf"\b{words.YEAR}\b")
_DAY_AND_MONTH = pattern_of(rf"{words.MONTH}(?: .+)?|.+ {words.MONTH}")
_CLOCK = pattern_of(words.CLOCK)
_CLOCK_AND_DAY = pattern_of(rf"{words.CLOCK} (?:on )?(?P<day>{words.NAMED_DAY})")


@dataclass(frozen=True, slots=True)
class Window:
    """What words say of time: epoch seconds, both ends included; an end that is None is open."""

    since: float | None
    until: float | None
    words: str
    hard: bool


def window(phrase: Phrase, present: Present) -> Window | None:
    """What a phrase says of time, or None if it names nothing that can have been."""
    bounds = _bounds(phrase, present)
    if bounds is None:
        return None
    since, until, hard = bounds
    if (since or 0.0) > present.now or (until is not None and until < 0):
        return None  # nothing was observed in the future, or before 1970
    since = since if since is None else max(0.0, since)
    return Window(since, until if until is None else max(since or 0.0, until), phrase.text, hard)


def closeness(windows: Sequence[Window], at: float) -> float:
    """How near a time is to what words say: 1 within a window, less the further it is from the nearest.

    What happened on a day is often told a day later; so a ranking may lean by this where a filter cuts.
    """
    return max((_closeness(window, at) for window in windows), default=0.0)


def _closeness(window: Window, at: float) -> float:
    since = -math.inf if window.since is None else window.since
    until = math.inf if window.until is None else window.until
    away_s = max(since - at, at - until, 0.0)
    halved_after_s = min(max(until - since, _HALVED_AFTER_S_MIN), _HALVED_AFTER_S_MAX)
    return float(0.5 ** (away_s / halved_after_s))


def _bounds(phrase: Phrase, present: Present) -> tuple[float | None, float | None, bool] | None:
    if phrase.named_last is not None:
        return _between(phrase.named, phrase.named_last, present)
    named = period(phrase.named, present)
    if named is None:
        return None
    end, margin_s = named.end - UNTIL_MARGIN_S, (named.end - named.start) / 2
    ends: dict[Relation, tuple[float | None, float | None]] = {
        "within": (named.start, end),
        "about": (named.start - margin_s, end + margin_s),
        "since": (_moment_or(named, named.start), None),
        "after": (_moment_or(named, named.end), None),
        "before": (None, _moment_or(named, named.start) - UNTIL_MARGIN_S),
        "until": (None, _moment_or(named, end)),
    }
    # "Since Monday" means the last one, whatever Monday alone may mean.
    sure = {"certain", "likely"} if phrase.relation == "since" else {"certain"}
    return *ends[phrase.relation], named.certainty in sure and phrase.relation != "about"


def _moment_or(named: Period, edge: float) -> float:
    return edge if named.moment is None else named.moment


def _between(first: str, last: str, present: Present) -> tuple[float, float, bool] | None:
    """From the start of one to the end of the other; `first` takes the day or year that only `last` names."""
    last_period = period(last, present)
    first_period = period(_completed(first, last), present)
    if first_period is None or last_period is None:
        return None
    start, end = _moment_or(first_period, first_period.start), _moment_or(last_period, last_period.end)
    if start >= end and first_period.certainty == "likely":
        # From Monday to Wednesday, on a Tuesday: the Monday before that Wednesday.
        again = period(_completed(first, last), Present(last_period.start, present.zone))
        start = again.start if again else start
    if start >= end:
        return None
    return start, end - UNTIL_MARGIN_S, first_period.certainty == last_period.certainty == "certain"


def _completed(first: str, last: str) -> str:
    year = _YEAR.search(last)
    if year and not _YEAR.search(first) and _DAY_AND_MONTH.fullmatch(first):
        return f"{first} {year[0]}"
    day = _CLOCK_AND_DAY.fullmatch(last)
    return f"{first} {day['day']}" if day and _CLOCK.fullmatch(first) else first
