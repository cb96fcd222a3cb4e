"""Words that say when, as pieces of patterns: what stands for a month, a count, a part of the day. Pure."""

import re


def spaced(pattern: str) -> str:
    """A pattern in which each blank stands for white space, of a length that no search gets lost in."""
    return pattern.replace(" ", r"\s{1,8}")


def pattern_of(pattern: str) -> re.Pattern[str]:
    """A pattern for what was found to say when: capitals count no more."""
    return re.compile(spaced(pattern.replace(_CAPITALS, "(?:")), re.IGNORECASE | re.ASCII)


_CAPITALS = "(?-i:"


_FULL_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
MONTH = rf"(?:{_FULL_MONTHS}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_SURE_MONTH = rf"(?:{_CAPITALS}May|March)|(?!may|march){MONTH})"
"""`may 3 people come in?` and `this may be` name no month; `May 3` and `this May` do."""

WEEKDAY = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
"""In full alone: `sun`, `sat` and `wed` are words of their own."""

SEASON = "(?:winter|spring|summer|autumn|fall)"
YEAR = r"(?:19[7-9]\d|20\d\d)"
DECADE = r"(?:19[7-9]0|20\d0)s"
UNIT = "(?:second|minute|hour|day|week|fortnight|month|year)"
SMALL_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
VAGUE_NUMBERS = {"a couple of": 2, "couple of": 2, "couple": 2, "a few": 3, "few": 3, "several": 4}
NUMBER = rf"(?:\d{{1,4}}|an?|{'|'.join(SMALL_NUMBERS)}|(?:a )?couple(?: of)?|(?:a )?few|several)"
ORDINAL = r"\d{1,2}(?:st|nd|rd|th)"
_DAY_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"

PART = "(?:morning|afternoon|evening|night)"
CLOCK = (
    r"(?:noon|midnight|(?:1[0-2]|0?[1-9])(?::[0-5]\d)?\s?[ap]\.?m\b\.?|(?:[01]?\d|2[0-3]):[0-5]\d(?![:\d]))"
)
HOLIDAY = (
    r"(?:christmas(?: eve| day)?|xmas|boxing day|new year(?:['\u2019]?s)?(?: eve| day)?|halloween|"
    r"valentine['\u2019]?s day|easter(?: sunday| monday)?)"
)

ISO = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?(?![\d-])"
DATE = (
    rf"(?:{ISO}|(?:the )?{_DAY_NUMBER}(?: of)? {MONTH}(?:,? {YEAR})?|"
    rf"{_SURE_MONTH} (?:the )?{_DAY_NUMBER}(?:,? {YEAR}|(?!\s?[:%°\d]))|"
    rf"\d{{1,2}}\.\d{{1,2}}\.{YEAR})"
)
NUMBERED_DAY = rf"{WEEKDAY},? the {ORDINAL}"
NAMED_DAY = (
    rf"(?:{NUMBERED_DAY}|(?:the )?day before yesterday|yesterday|today|"
    rf"(?:(?:last|this) )?{WEEKDAY}|{DATE})"
)

_ENDED = "(?! of)"
"""`the last week of May` is not last week, but one of that May."""
LAST_UNIT = "(?:hour|week|month|year)"
"""`the last day` and `the last minute` are those before something else."""
AGO = rf"(?:half an? {UNIT}|{NUMBER} {UNIT}s?) ago"
ROLLING = (
    rf"(?:(?:the )?(?:last|past|previous) {NUMBER} {UNIT}s?|"
    rf"(?:the )?past {UNIT}|the last {LAST_UNIT}){_ENDED}"
)
CALENDAR = (
    rf"(?:(?:the )?(?:last|previous) (?:week|month|year|weekend|{SEASON}|{MONTH}|{HOLIDAY}|{PART})|"
    rf"(?:this|the current) (?:week|month|year|weekend|{SEASON}|{_SURE_MONTH}|{HOLIDAY}|{PART})){_ENDED}"
)
BEFORE_LAST = rf"the (?:night|week|month|year|{WEEKDAY}) before last"
WEEK_OF = rf"the (?:first|second|third|fourth|last) week of {MONTH}(?:,? {YEAR})?"
OF_THE_DAY = (
    rf"(?:{NAMED_DAY}(?: in the| at)? {PART}|"
    rf"(?:the )?{PART} of (?:{NAMED_DAY}|the {ORDINAL}(?! (?:floor|street)))|"
    rf"{NAMED_DAY}(?: at)? {CLOCK}|{CLOCK} (?:on )?{NAMED_DAY}|tonight|last night)"
)
QUARTER_OF = rf"q[1-4],?(?: of)? {YEAR}"
SEASON_OF = rf"{SEASON}(?: of)? {YEAR}"
MONTH_OF = rf"{MONTH},?(?: of)? {YEAR}"
HOLIDAY_OF = rf"{HOLIDAY}(?: of)? {YEAR}"
COUNTED = (
    rf"(?:the|{NUMBER}) {UNIT}s? (?:before|after) (?:{NAMED_DAY}|{CALENDAR}|"
    rf"{HOLIDAY_OF}|{MONTH_OF}|{HOLIDAY})"
)
"""`two days before yesterday`, `the week after Christmas`."""
