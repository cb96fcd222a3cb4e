"""What is remembered, as text for a prompt, within a budget of tokens. Pure.

    Latest:
    kitchen temperature 21.5 °C (22 Nov 2026 13:48 UTC) [2]

    21 Nov 2026 08:30 UTC visit-3:
    Ana is allergic to peanuts [1]
    08:34 She likes the window open at night [3]

A line is one whole memory and ends with its number in the answer's `matches`: `[2]` costs three tokens, a
memory's id some twenty-five. No text can forge one: what a device wrote stays on one line, and its `[2]` is
told as `(2)`. Dates stand once a group, and a time only where it changes, for each costs as much as a word.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from memory.choosing import choose
from memory.ranking import Ranked
from memory.records import Memory, Vector
from memory.sameness import said
from memory.wording import reading_words

LATEST = "Latest:"
SESSION_CHARACTERS_MAX = 16
"""A session of a longer name is told by its time alone: a UUID says nothing, and costs like a sentence."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CITATION = re.compile(r"\[(\s*m?\d+\s*)\]")
_JOINERS = "\u200c\u200d"

Count = Callable[[str], int]
"""How many tokens a text costs."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text, what it costs, and the memories that its numbers cite, in their order."""

    text: str
    tokens: int
    used: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """How memories are told: which are the latest of their attribute, about whom was asked, in whose time."""

    latest: frozenset[str] = frozenset()
    """Ids."""
    entity: str = ""
    zone: tzinfo | None = None
    """Where it is unknown, times are UTC and say so."""


def compose(
    ranked: Sequence[Ranked],
    vectors: Mapping[str, Vector],
    *,
    budget: int,
    most: int,
    count: Count,
    telling: Telling,
) -> Prompt:
    """The most relevant memories that add something and fit, whole; `ranked` comes best first."""
    page = _Page(budget, most, count, telling)
    chosen = choose(
        [each.memory.text for each in ranked],
        [vectors.get(each.memory.id) for each in ranked],
        lambda index: page.take(ranked[index].memory),
    )
    return tell([ranked[index] for index in chosen], budget=budget, count=count, telling=telling)


def tell(used: Sequence[Ranked], *, budget: int, count: Count, telling: Telling) -> Prompt:
    """The text of these memories; without the last, where a tokenizer counts more for all than for each."""
    for kept in range(len(used), 0, -1):
        cited = [(number, each.memory) for number, each in enumerate(used[:kept], 1)]
        text = "\n\n".join("\n".join(block) for block in _blocks(cited, telling))
        tokens = count(text)
        if tokens <= budget:
            return Prompt(text, tokens, tuple(used[:kept]))
    return Prompt("", 0, ())


_Cited = tuple[int, Memory]
_Group = tuple[str, str]
"""A session, or none, on one day; the latest state has a group of its own."""


class _Page:
    """What is on it so far, by groups, and what each of them costs."""

    def __init__(self, budget: int, most: int, count: Count, telling: Telling) -> None:
        self._budget = budget
        self._most = most
        self._count = count
        self._telling = telling
        self._counted: dict[str, int] = {}
        self._groups: dict[_Group, list[_Cited]] = {}
        self._costs: dict[_Group, int] = {}
        self._taken = 0

    def take(self, memory: Memory) -> bool:
        """Whether there was room for the memory, which then is on the page."""
        group = _group(memory, self._telling)
        left = self._budget - sum(cost for other, cost in self._costs.items() if other != group)
        # A word is at least a token: what cannot fit is not worth counting.
        if self._taken == self._most or left <= 0 or len(memory.text.split()) > left:
            return False
        lines = [*self._groups.get(group, []), (self._taken + 1, memory)]
        cost = sum(self._cost(line) for line in _block(group, lines, self._telling))
        if cost > left:
            return False
        self._groups[group], self._costs[group] = lines, cost
        self._taken += 1
        return True

    def _cost(self, line: str) -> int:
        if line not in self._counted:
            self._counted[line] = self._count(line)
        return self._counted[line]


def _blocks(cited: Iterable[_Cited], telling: Telling) -> list[list[str]]:
    """The latest state first, then the groups from the oldest to the newest."""
    groups: dict[_Group, list[_Cited]] = {}
    for number, memory in cited:
        groups.setdefault(_group(memory, telling), []).append((number, memory))
    in_order = sorted(groups, key=lambda group: (group != _NOW, min(_when(each) for each in groups[group])))
    return [_block(group, groups[group], telling) for group in in_order]


_NOW: _Group = ("", "")


def _group(memory: Memory, telling: Telling) -> _Group:
    if memory.id in telling.latest:
        return _NOW
    return memory.session or "", _day(_moment(memory.at, telling))


def _block(group: _Group, cited: Sequence[_Cited], telling: Telling) -> list[str]:
    if group == _NOW:
        return [
            LATEST,
            *(_line(_content(each, telling), number, _dated(each, telling)) for number, each in cited),
        ]
    in_order = sorted(cited, key=_when)
    shown = _clock(_moment(in_order[0][1].at, telling))
    session = one_line(group[0]) if len(group[0]) <= SESSION_CHARACTERS_MAX else ""
    lines = [" ".join(part for part in (group[1], shown, _zone(telling), session) if part) + ":"]
    for number, memory in in_order:
        clock = _clock(_moment(memory.at, telling))
        content = _content(memory, telling)
        lines.append(_line(content if clock == shown else f"{clock} {content}", number))
        shown = clock
    return lines


def _when(cited: _Cited) -> tuple[float, int, str]:
    memory = cited[1]
    return memory.at, memory.seq or 0, memory.id


def _line(content: str, number: int, dated: str = "") -> str:
    return f"{content} {dated}[{number}]"


def _content(memory: Memory, telling: Telling) -> str:
    """What a memory says; and of whom, if that is not who was asked about and the text does not tell."""
    content = one_line(memory.text)
    if memory.value is not None:
        reading = reading_words(memory.entity, memory.attribute, memory.value, memory.unit)
        if reading != memory.text:
            content = f"{content} ({one_line(reading)})"
    place = memory.entity.rsplit("/", 1)[-1]
    if memory.entity == telling.entity or place.casefold() in said(memory.text).words:
        return content
    return f"{place}: {content}"


def one_line(text: str) -> str:
    """A text that somebody else wrote, so that it is told as text: no line of its own, no citation."""
    kept = "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in text
        if unicodedata.category(character) != "Cf" or character in _JOINERS
    )
    return _CITATION.sub(r"(\1)", " ".join(kept.split()))


def _moment(at: float, telling: Telling) -> datetime:
    return datetime.fromtimestamp(at, telling.zone or UTC)


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def _zone(telling: Telling) -> str:
    return "" if telling.zone else "UTC"


def _dated(memory: Memory, telling: Telling) -> str:
    moment = _moment(memory.at, telling)
    return "(" + " ".join(part for part in (_day(moment), _clock(moment), _zone(telling)) if part) + ") "
