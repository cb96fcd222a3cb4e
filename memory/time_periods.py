"""Which period of time words name: "May 2023" is a month, "two hours ago" about an hour. Pure.

Days and longer are found on the wall calendar of the caller's zone (`time_calendar`); what is counted in
hours, in the time that passes, whatever the clocks are set to meanwhile.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from memory import time_calendar as calendar
from memory import time_vocabulary as words
from memory.time_seasons import Certainty
from memory.time_vocabulary import pattern_of


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to, but not with, `end`, in epoch seconds; `moment` where the words name one."""

    start: float
    end: float
    certainty: Certainty = "certain"
    moment: float | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """The time of the caller, and the zone that says what a day is there."""

    now: float
    zone: ZoneInfo

    @property
    def local(self) -> datetime:
        """The wall clock, without its zone."""
        return datetime.fromtimestamp(self.now, self.zone).replace(tzinfo=None)

    def epoch_s(self, local: datetime) -> float:
        """Of a wall clock: of two equal ones (clocks set back) the first."""
        return local.replace(tzinfo=self.zone).timestamp()


_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "fortnight": 1_209_600}
COUNTED_DAYS_MAX = 3
"""People count three days back; from there on they round, as they do weeks, months and years."""
_CLOCK_UNITS = ("second", "minute", "hour")
_ABOUT_S = {"second": 60.0, "minute": 300.0, "hour": 1800.0}
"""To each side of a moment said in these units."""
_EDGES = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
"""Which third of a period it is."""
_SHORT_DAY = re.compile(r"^the ")
_MONTH_DAYS, _YEAR_DAYS = 30.4375, 365.25


def period(named: str, present: Present) -> Period | None:
    """The period that words name, or None where they name none."""
    named = " ".join(named.lower().replace("\u2019", "'").split())
    for pattern, read in _READERS:
        if found := pattern.fullmatch(named):
            return read(found, present)
    return _on_the_calendar(named, present)


def _on_the_calendar(named: str, present: Present) -> Period | None:
    span = calendar.span(named, present.local)
    if span is None:
        return None
    return Period(present.epoch_s(span.start), present.epoch_s(span.end), span.certainty)


def _ago(found: re.Match[str], present: Present) -> Period | None:
    count, certain = _count(found["count"])
    unit = found["unit"]
    if unit in _CLOCK_UNITS:
        moment = present.now - count * _SECONDS[unit]
        return _around(moment, _ABOUT_S[unit], "likely")
    if unit == "fortnight":
        count, unit = 2 * count, "week"
    if count != int(count):  # half a year ago
        count, unit = round(count * _span_s(unit) / _SECONDS["day"]), "day"
    found_days = _on_the_calendar(f"{int(count)} {unit}s ago", present)
    if found_days is None:
        return None
    counted = certain and found["unit"] == "day" and count <= COUNTED_DAYS_MAX
    certainty: Certainty = "certain" if counted else "likely" if certain else "vague"
    return replace(found_days, certainty=certainty)


def _rolling(found: re.Match[str], present: Present) -> Period:
    count, certain = _count(found["count"] or "1")
    span_s = count * _span_s(found["unit"] or found["one"] or found["last"])
    return Period(present.now - span_s, present.now, "certain" if certain else "vague")


def _span_s(unit: str) -> float:
    days = {"month": _MONTH_DAYS, "year": _YEAR_DAYS}.get(unit)
    return days * _SECONDS["day"] if days else float(_SECONDS[unit])


def _count(said: str) -> tuple[float, bool]:
    """How many, and whether that was said or guessed."""
    if said.startswith("half"):
        return 0.5, True
    if said in words.VAGUE_NUMBERS:
        return words.VAGUE_NUMBERS[said], False
    if said in words.SMALL_NUMBERS:
        return words.SMALL_NUMBERS.index(said), True
    return (float(said), True) if said.isdecimal() else (1.0, True)


def _around(moment: float, margin_s: float, certainty: Certainty) -> Period:
    return Period(moment - margin_s, moment + margin_s, certainty, moment)


def _edge(found: re.Match[str], present: Present) -> Period | None:
    """The first, middle or last third."""
    whole = period(found["whole"], present)
    if whole is None:
        return None
    third = (whole.end - whole.start) / 3
    number = _EDGES[found["edge"]]
    return Period(whole.start + number * third, whole.start + (number + 1) * third, "likely")


def _clock(found: re.Match[str], present: Present) -> Period | None:
    """The last time that the clock said so, unless a day is named."""
    day = found["day"] or found["day_after"]
    for each in [day] if day else ["today", "yesterday"]:
        named = _SHORT_DAY.sub("", f"{each} {found['clock'].replace('.', '')}")
        placed = calendar.placed(named, present.local.date())
        moment = placed and present.epoch_s(placed[0])
        if moment is not None and (day or moment <= present.now):
            whole = day and period(day, present)
            return _around(moment, _ABOUT_S["hour"], whole.certainty if whole else "likely")
    return None


def _counted(found: re.Match[str], present: Present) -> Period | None:
    """`the week after Christmas` is the first, `two days before yesterday` the second day away from it."""
    whole = period(found["whole"], present)
    if whole is None:
        return None
    span_s, count = _span_s(found["unit"]), _count(found["count"])[0]
    start = whole.end + (count - 1) * span_s if found["way"] == "after" else whole.start - count * span_s
    return Period(start, start + span_s, "likely")


def _iso(found: re.Match[str], present: Present) -> Period | None:
    """An ISO 8601 time; without an offset, of the caller's zone."""
    try:
        moment = datetime.fromisoformat(found[0].upper())
    except ValueError:
        return None
    at = moment.timestamp() if moment.tzinfo else present.epoch_s(moment)
    return _around(at, _ABOUT_S["hour"], "certain")


_DAY_THEN_CLOCK = rf"(?:(?P<day>{words.NAMED_DAY})(?: at)? )?(?P<clock>{words.CLOCK})"
_ROLLING = (
    rf"(?:the )?(?:last|past|previous) (?P<count>{words.NUMBER}) (?P<unit>{words.UNIT})s?|"
    rf"(?:the )?past (?P<one>{words.UNIT})|the last (?P<last>{words.LAST_UNIT})"
)
_COUNTED = rf"(?P<count>the|{words.NUMBER}) (?P<unit>{words.UNIT})s? (?P<way>before|after) (?P<whole>.+)"
_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str], Present], Period | None]]] = [
    (pattern_of(pattern), read)
    for pattern, read in (
        (rf"(?P<count>half|{words.NUMBER})(?: an?)? (?P<unit>{words.UNIT})s? ago", _ago),
        (_ROLLING, _rolling),
        (rf"(?!the day before yesterday){_COUNTED}", _counted),
        (r"(?:the )?(?P<edge>early|late|mid|beginning|start|middle|end)(?: of)?[ -](?P<whole>.+)", _edge),
        (rf"{_DAY_THEN_CLOCK}(?: (?:on )?(?P<day_after>{words.NAMED_DAY}))?", _clock),
        (r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d.*", _iso),
    )
]
