"""What is remembered, as text for a prompt, within a budget of tokens. Pure.

    Readings:
    kitchen temperature, last night: 19.8 to 24.1 °C, mean 21.4 (2,160 readings); highest (…) [1]

    Latest:
    kitchen temperature 21.5 °C (22 Nov 2026 13:48 UTC) [2]

    21 Nov 2026 08:30 UTC visit-3:
    Ana is allergic to peanuts [1]
    08:34 She likes the window open at night [3]

A line is one whole memory and ends with its number in the answer's `matches`: `[2]` costs three tokens, a
memory's id some twenty-five. No text can forge one: what a device wrote stays on one line, and its `[2]` is
told as `(2)`. Dates stand once a group, and a time only where it changes, for each costs as much as a word.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from memory.choosing import choose
from memory.moments import day_and_clock
from memory.reading_lines import ReadingLine
from memory.records import Memory, Ranked, Vector
from schemas.one_line import one_line
from schemas.telling import content

LATEST = "Latest:"
READINGS = "Readings:"
SESSION_CHARACTERS_MAX = 16
"""A session of a longer name is told by its time alone: a UUID says nothing, and costs like a sentence."""


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
    """Without one, times are UTC and say so."""
    readings: Mapping[str, ReadingLine] = field(default_factory=dict)
    """By the id of the memory that proves it, what is told in its place, before all else."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A memory in words: when, what, and its place among others."""

    day: str
    clock: str
    content: str
    dated: bool
    session: str
    order: tuple[float, int, str]


_Cited = tuple[int, _Said]
_Line = tuple[str, ...]
"""Its parts, between which a space stands."""
_Group = tuple[str, str]
"""A day and a session, or none, on it; the latest state has a group of its own."""
_NOW: _Group = ("", "")
_READ: _Group = ("", READINGS)
_FIRST = (_READ, _NOW)


class Teller:
    """Tells memories of one answer. Each is put into words once, and each line counted once."""

    def __init__(self, telling: Telling, count: Callable[[str], int]) -> None:
        """`count` says how many tokens a text costs."""
        self._telling = telling
        self._count = count
        self._counted: dict[str, int] = {}
        self._said: dict[str, _Said] = {}

    def compose(
        self, ranked: Sequence[Ranked], vectors: Mapping[str, Vector], *, budget: int, most: int
    ) -> Prompt:
        """The most relevant memories that add something and fit, whole; `ranked` comes best first."""
        page = _Page(self, budget, most)
        read = [each for each in ranked if each.memory.id in self._telling.readings]
        told = [each for each in read if page.takes(each.memory)]
        rest = [each for each in ranked if each not in read]
        chosen = choose(
            [each.memory.text for each in rest],
            [vectors.get(each.memory.id) for each in rest],
            fits=lambda index: page.fits(rest[index].memory),
            take=lambda index: page.take(rest[index].memory),
        )
        return self.tell([*told, *(rest[index] for index in chosen)])

    def tell(self, used: Sequence[Ranked]) -> Prompt:
        """The text of these memories: readings, the latest state, then groups, the oldest first."""
        groups: dict[_Group, list[_Cited]] = {}
        for number, each in enumerate(used, 1):
            groups.setdefault(self.group(each.memory), []).append((number, self.said(each.memory)))
        in_order = sorted(groups, key=lambda group: (_place(group), min(map(_when, groups[group]))))
        blocks = [_block(group, groups[group], self._zone) for group in in_order]
        text = "\n\n".join("\n".join(" ".join(line) for line in block) for block in blocks)
        return Prompt(text, sum(map(self.cost, blocks)), tuple(used))

    def said(self, memory: Memory) -> _Said:
        """A memory in words."""
        if memory.id not in self._said:
            day, clock = day_and_clock(memory.at, self._telling.zone)
            read = self._telling.readings.get(memory.id)
            self._said[memory.id] = _Said(
                day=day,
                clock=clock,
                content=content(memory, self._telling.entity) if read is None else read.content,
                dated=read is None or read.dated,
                session=memory.session or "",
                order=(memory.at, memory.seq or 0, memory.id),
            )
        return self._said[memory.id]

    def group(self, memory: Memory) -> _Group:
        """With which others a memory is told."""
        if memory.id in self._telling.readings:
            return _READ
        if memory.id in self._telling.latest:
            return _NOW
        said = self.said(memory)
        return said.day, said.session

    def cost(self, block: Iterable[_Line]) -> int:
        """The tokens of a block, part by part: a memory is counted once, wherever its line comes to stand.

        A tokenizer of words counts the same for the whole text, and any other one hardly more.
        """
        return self._cost("") + sum(self._cost(part) for line in block for part in line)

    def block(self, group: _Group, cited: Sequence[_Cited]) -> list[_Line]:
        """The lines of a group."""
        return _block(group, cited, self._zone)

    @property
    def _zone(self) -> str:
        return "" if self._telling.zone else " UTC"

    def _cost(self, part: str) -> int:
        if part not in self._counted:
            self._counted[part] = self._count(part + "\n")
        return self._counted[part]


class _Page:
    """What is on it so far, by groups, and what each of them costs."""

    def __init__(self, teller: Teller, budget: int, most: int) -> None:
        self._teller = teller
        self._budget = budget
        self._most = most
        self._groups: dict[_Group, list[_Cited]] = {}
        self._costs: dict[_Group, int] = {}
        self._taken = 0

    def fits(self, memory: Memory) -> bool:
        """Whether there is room for the memory."""
        group = self._teller.group(memory)
        left = self._budget - sum(self._costs.values()) + self._costs.get(group, 0)
        # A word is at least a token: what cannot fit is not worth counting.
        if self._taken == self._most or len(self._teller.said(memory).content.split()) > left:
            return False
        return self._cost_with(memory) <= left

    def takes(self, memory: Memory) -> bool:
        """Puts the memory on the page if there is room, and says whether there was."""
        if fits := self.fits(memory):
            self.take(memory)
        return fits

    def take(self, memory: Memory) -> None:
        """Puts the memory on the page."""
        group = self._teller.group(memory)
        self._costs[group] = self._cost_with(memory)
        self._taken += 1
        self._groups.setdefault(group, []).append((self._taken, self._teller.said(memory)))

    def _cost_with(self, memory: Memory) -> int:
        group = self._teller.group(memory)
        cited = [*self._groups.get(group, ()), (self._taken + 1, self._teller.said(memory))]
        return self._teller.cost(self._teller.block(group, cited))


def _block(group: _Group, cited: Sequence[_Cited], zone: str) -> list[_Line]:
    if group in _FIRST:
        return [
            (READINGS if group == _READ else LATEST,),
            *(_dated(number, said, zone) for number, said in cited),
        ]
    in_order = sorted(cited, key=_when)
    shown = in_order[0][1].clock
    day, session = group
    named = f" {one_line(session)}" if 0 < len(session) <= SESSION_CHARACTERS_MAX else ""
    lines: list[_Line] = [(f"{day} {shown}{zone}{named}:",)]
    for number, said in in_order:
        clock = () if said.clock == shown else (said.clock,)
        lines.append((*clock, said.content, f"[{number}]"))
        shown = said.clock
    return lines


def _dated(number: int, said: _Said, zone: str) -> _Line:
    when = (f"({said.day} {said.clock}{zone})",) if said.dated else ()
    return (said.content, *when, f"[{number}]")


def _place(group: _Group) -> int:
    return _FIRST.index(group) if group in _FIRST else len(_FIRST)


def _when(cited: _Cited) -> tuple[float, int, str]:
    return cited[1].order
