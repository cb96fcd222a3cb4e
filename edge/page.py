"""The page of a context: which lines stand on it, in what order, and what they cost. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import IntEnum
from itertools import groupby

from edge.retelling import Line, line, retells_any
from schemas.replies import Match
from schemas.times import EPOCH_S_MAX

MISSES_MAX = 20
"""In a row, for which there was no room: the rest is not tried, for a short line is rarely worth it."""


_TIME_MAX = EPOCH_S_MAX - 2 * 86_400.0
"""No zone is further ahead."""


class Part(IntEnum):
    """Of the page, from top to bottom."""

    KNOWN = 1
    NOW = 2
    BEFORE = 3
    REMEMBERED = 4
    SESSION = 5


_HEADINGS = {Part.KNOWN: "Known:", Part.NOW: "Now:", Part.BEFORE: "Before:", Part.SESSION: "This session:"}
_IN_ORDER = (Part.REMEMBERED, Part.SESSION)


@dataclass(frozen=True, slots=True)
class Told:
    """A memory, where it is told, and in which words."""

    match: Match
    part: Part
    content: str


class Page:
    """Takes what fits and says something new; the most useful has to come first."""

    def __init__(self, budget: int, count: Callable[[str], int], zone: tzinfo, last: str) -> None:
        """`last` is the line at its foot, or empty; it is left out if it does not fit alone."""
        self._budget = budget
        self._count = count
        self._zone = zone
        self._last = last
        self._counted: dict[str, int] = {}
        self._taken: list[Told] = []
        self._said: list[Line] = []
        self._misses = 0
        if self._cost([]) > budget:
            self._last = ""

    @property
    def taken(self) -> tuple[Told, ...]:
        """What stands on it, in the order in which it came."""
        return tuple(self._taken)

    def offer(self, told: Told) -> None:
        """Takes it whole, or leaves it out: told already, or too large for what is left."""
        if (
            self._misses == MISSES_MAX
            or not told.content
            or any(each.match.memory == told.match.memory for each in self._taken)
        ):
            return
        said = line(told.content)
        if retells_any(said, self._said):
            return
        if self._cost([*self._taken, told]) > self._budget:
            self._misses += 1
            return
        self._misses = 0
        self._taken.append(told)
        self._said.append(said)

    def text(self) -> str:
        """The page, never above the budget, even if lines cost more together than one by one."""
        while self._count(text := "\n".join(self._lines(self._taken))) > self._budget and text:
            if self._taken:
                self._taken.pop()
            else:
                self._last = ""
        return text

    def _cost(self, taken: Sequence[Told]) -> int:
        return sum(map(self._cost_of, self._lines(taken)))

    def _cost_of(self, text: str) -> int:
        if text not in self._counted:
            self._counted[text] = self._count(f"{text}\n")
        return self._counted[text]

    def _lines(self, taken: Sequence[Told]) -> Iterator[str]:
        for part, group in groupby(sorted(taken, key=lambda told: told.part), lambda told: told.part):
            yield from _part_lines(part, list(group), self._zone)
        if self._last:
            yield self._last


def _part_lines(part: Part, told: list[Told], zone: tzinfo) -> Iterator[str]:
    """What has times comes in their order, all else as it came: the most important first."""
    day = ""
    if part in _HEADINGS:
        yield _HEADINGS[part]
    if part not in _IN_ORDER:
        yield from (f"- {each.content}" for each in told)
        return
    for each in sorted(told, key=lambda each: (each.match.at, each.match.seq or 0, each.match.memory)):
        when = moment(each.match.at, zone)
        if part is Part.REMEMBERED and day != (day := f"{when:%Y-%m-%d %Z}"):
            yield f"{day}:"
        yield f"- {when:%H:%M} {each.content}"


def moment(at: float, zone: tzinfo) -> datetime:
    """A time to tell; what lies beyond any calendar, which a sender may claim, at its end."""
    return datetime.fromtimestamp(min(max(at, 0.0), _TIME_MAX), zone)
