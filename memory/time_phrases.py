"""Where a text says when, and how each phrase bounds. Pure; which period it names is for `time_periods`.

Strict on purpose: a date library's search through free text takes `may I`, `the sun` and `the march` for
dates. So a month, a year, a season or a time of day counts only where a preposition makes it one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from memory import time_vocabulary as words
from memory.time_vocabulary import spaced

Relation = Literal["within", "about", "since", "after", "before", "until", "between"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it stands in the text, and the names of one or, if `between`, two periods."""

    text: str
    relation: Relation
    named: str
    named_last: str | None = None


_ALONE = (
    f"(?:{words.BEFORE_LAST}|{words.OF_THE_DAY}|{words.NAMED_DAY}|{words.AGO}|{words.ROLLING}|"
    f"{words.COUNTED}|{words.CALENDAR}|{words.QUARTER_OF}|"
    f"{words.HOLIDAY_OF}|{words.SEASON_OF}|{words.MONTH_OF}|{words.WEEK_OF})"
)
"""What says when by itself."""

_NO_MEASURE = (
    r"(?!\s?(?:%|°|[.,:/-]?\d))"
    r"(?! (?:steps|watts?|w|kwh?|lux|lx|ppm|hpa|k|m|km|people|times|euros?|dollars?|bytes)\b)"
)
_NO_THING = r"(?=\s*[?.!,;)]|\s*$|\s+(?:and|or|at|in|with|did|was|were|is|to|when|while|until|till)\b)"
"""`on the 3rd floor`, `under the Christmas tree`, `in the spring mattress`: a name is followed by no noun."""
_MONTH = f"{words.MONTH}(?!['\u2019]s)"
_YEAR = f"(?:(?:the year )?{words.YEAR}{_NO_MEASURE}|(?:the )?{words.DECADE})"
_PLACED = (
    f"(?:{_ALONE}|{_MONTH}|{_YEAR}|(?:the )?weekend|(?:the )?{words.ORDINAL}{_NO_THING}|{words.CLOCK}|"
    f"{words.HOLIDAY}{_NO_THING})"
)
"""What says when after a preposition."""

_EDGE = "(?:early|late|mid|(?:the )?(?:beginning|start|middle|end) of)"
_OF_A_PERIOD = f"{_EDGE}(?: |-)(?:{_ALONE}|{_MONTH}|{_YEAR})"
_ANY = f"(?:{_OF_A_PERIOD}|{_PLACED})"
_NOT_ON = (
    rf"(?:{words.AGO}|yesterday|today|tonight|last night|"
    rf"(?:the )?(?:this|last|past|previous) (?!{words.WEEKDAY}|weekend))"
)
"""`switched on this week`: before these `on` is of the verb; only days and dates have a preposition."""
_IN = (
    f"(?:in|during|throughout|over) (?:{_OF_A_PERIOD}|(?:the )?{_ALONE}|{_MONTH}|{_YEAR}|the weekend|"
    f"the (?:winter|summer|spring|autumn){_NO_THING})|"
    f"on (?:the )?{words.ORDINAL}{_NO_THING}|on (?!{_NOT_ON}){_ALONE}|"
    f"of {_YEAR}|(?:at|on|over) (?:the weekend|{words.HOLIDAY}{_NO_THING})|"
    f"(?:at|around|about) (?:{words.OF_THE_DAY}|{words.CLOCK})"
)

_TO = r" (?:to|until|till|through) |\s?[-\u2013]\s?"


@cache
def _pattern() -> re.Pattern[str]:
    """Compiled at its first use: it takes a third of a second, which no start should wait for."""
    return re.compile(
        spaced(
            rf"(?<![\w-])(?<!every\s)(?<!each\s)(?:"
            rf"(?:between|from) (?P<first>{_ANY})(?: and |{_TO})(?P<last>{_ANY})|"
            rf"(?P<free_first>{_ALONE})(?:{_TO})(?P<free_last>{_ALONE})|"
            rf"from (?P<onwards>{_ANY}) on(?:wards?)?|"
            rf"(?P<relation>since|after|before|until|till|up to) (?P<bound>{_ANY})|"
            rf"(?:around|about) (?P<about>{_ALONE})|"
            rf"(?P<placed>{_IN})|"
            rf"(?P<alone>{_OF_A_PERIOD}|{_ALONE})"
            r")(?!\w|-[a-z])"
        ),
        re.IGNORECASE | re.ASCII,
    )


_PREPOSITION = re.compile(r"(?:in|during|throughout|over|on|of|at|around|about)\s+", re.IGNORECASE)
_RELATIONS: dict[str, Relation] = {
    "since": "since",
    "after": "after",
    "before": "before",
    "until": "until",
    "till": "until",
    "up to": "until",
}
_BY_GROUP: tuple[tuple[str, Relation], ...] = (("onwards", "since"), ("about", "about"), ("alone", "within"))


def phrases(text: str) -> Iterator[Phrase]:
    """Each phrase of a text that says when, in order."""
    for found in _pattern().finditer(text):
        yield _phrase(found)


def _phrase(found: re.Match[str]) -> Phrase:
    text, groups = found[0], found.groupdict()
    for first, last in (("first", "last"), ("free_first", "free_last")):
        if groups[first]:
            return Phrase(text, "between", groups[first], groups[last])
    if groups["relation"]:
        return Phrase(text, _RELATIONS[" ".join(groups["relation"].lower().split())], groups["bound"])
    if groups["placed"]:
        return Phrase(text, "within", _PREPOSITION.sub("", groups["placed"], count=1))
    relation, named = next((of, groups[name]) for name, of in _BY_GROUP if groups[name])
    return Phrase(text, relation, named)
