"""A question, the entries that answer it, and what the answer is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.home.days import DAYS, NOW, TZ, at, ordinal, said, weekday
from bench.home.diary import HOME, Diary, Entry

EVIDENCE_MAX = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, of what kind, and which entries answer it; `place` is below the home, or `_all`."""

    category: str
    question: str
    evidence: Sequence[Entry]
    place: str = "_all"
    expected: Mapping[str, Any] | None = None

    def as_map(self) -> dict[str, Any]:
        """As it stands in the data file."""
        expected = {} if self.expected is None else {"expected": dict(self.expected)}
        return {
            "question": self.question,
            "evidence": [each.id for each in self.evidence],
            "category": self.category,
            "entity": f"{HOME}/{self.place}" if self.place else HOME,
            "now": NOW,
            "tz": TZ,
            **expected,
        }


@dataclass(frozen=True, slots=True)
class When:
    """Words that say when, and the time that they mean (epoch seconds, both ends included)."""

    words: str
    since: float
    until: float


def of_day(words: str, day: int, from_hour: float = 0.0, to_hour: float = 24.0) -> When:
    """Hours of a day, or of several from it on."""
    return When(words, at(day, from_hour), at(day, to_hour) - 1)


WHENS = (
    of_day("yesterday", 30),
    of_day("today", 31),
    of_day("last weekend", 25, 0, 48),
    of_day("last week", 20, 0, 7 * 24),
    of_day("this week", 27, 0, 5 * 24),
    of_day("this month", 1, 0, DAYS * 24),
    of_day("last Tuesday", 28),
    of_day("three days ago", 28),
)
"""Asked on Friday the 31st; weeks begin on Mondays."""


def some_day(diary: Diary) -> When:
    """A day of the month, said in one of several ways."""
    day = diary.chance.randint(2, DAYS - 4)
    words = (f"on {said(day)}", f"on the {ordinal(day)}", f"on {weekday(day)} the {ordinal(day)}")
    return of_day(diary.chance.choice(words), day)


def expect(entries: Sequence[Entry], when: When | None = None, **values: object) -> dict[str, Any]:
    """The numbers of an answer: of which series and time, and what they are."""
    [(entity, attribute)] = {(each.entity, each.attribute) for each in entries}
    window = {} if when is None else {"since": when.since, "until": when.until}
    return {"entity": entity, "attribute": attribute, **window, "values": values}
