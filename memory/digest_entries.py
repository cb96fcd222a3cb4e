"""What a digest says of one memory; nothing, where that would take too much of its bytes. Pure.

What is stable and too long is not told at all, since half of a fact may say the contrary; of a gist its first
sentences are told.
"""

from dataclasses import dataclass, replace
from typing import Any

from memory.courses import largest
from memory.measured import Measured
from memory.records import Memory
from memory.sentences import pieces
from memory.statements import Was
from schemas.digest import DigestState, Gist, Series
from schemas.one_line import one_line

FIELDS = {"fact": "facts", "preference": "preferences", "routine": "routines"}
"""Where a digest tells what is stable, by kind."""
MEAN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of a memory, and in which field of the digest."""

    memory: Memory
    field: str
    said: Any
    was: Memory | None = None
    """The memory that says what was before, if that is told, too."""

    @property
    def memories(self) -> tuple[Memory, ...]:
        """All that it tells."""
        return (self.memory,) if self.was is None else (self.memory, self.was)


def lasting(memory: Memory, bytes_max: int) -> Entry | None:
    """Of what is stable: its text."""
    text = one_line(memory.text)
    return Entry(memory, FIELDS[memory.kind], text) if _is_short(text, bytes_max) else None


def changed(entry: Entry, was: Was, bytes_max: int) -> Entry | None:
    """Of what is stable and changed: its text, and what was before."""
    text = was.told_after(entry.said)
    return replace(entry, said=text, was=was.memory) if _is_short(text, bytes_max) else None


def state(memory: Memory, bytes_max: int) -> Entry | None:
    """Of the newest of an attribute: its name, and its value, or its text where it has none."""
    # Where the readings are gone, their summary still knows the last of them.
    value = memory.value if memory.measured is None else memory.measured.last
    text = one_line(memory.text) if value is None else None
    if not _is_short(str(value) if text is None else text, bytes_max):
        return None
    said = DigestState(value=value, unit=memory.unit, at=int(memory.at), text=text)
    return Entry(memory, "state", (memory.attribute, said))


def gist(memory: Memory, bytes_max: int) -> Entry | None:
    """Of a summary of texts: as many of its first sentences as there is room for."""
    text = _first_sentences(memory.text, bytes_max)
    if not text:
        return None
    return Entry(memory, "gists", Gist(text=text, at=int(memory.at), session=memory.session))


def series(memory: Memory, bytes_max: int) -> Entry | None:
    """Of a summary of readings: what they say as a whole."""
    measured = memory.measured
    if measured is None or not _is_short(str(measured.last), bytes_max):
        return None
    mean = None if measured.mean is None else float(f"{measured.mean:.{MEAN_DIGITS}g}")
    said = Series(
        attribute=memory.attribute, device=memory.device, unit=memory.unit, count=measured.count,
        min=measured.min, max=measured.max, mean=mean, last=measured.last, trend=measured.trend,
        held=_held(measured, bytes_max),
    )  # fmt: skip
    return Entry(memory, "readings", said)


def _held(measured: Measured, bytes_max: int) -> dict[str, int] | None:
    """Each value by how long it held; the rest together is not told."""
    told = {
        (str(each.value).lower() if isinstance(each.value, bool) else each.value): round(each.held_s)
        for each in measured.values
        if each.value is not None and _is_short(str(each.value), bytes_max)
    }
    return told or None


def _first_sentences(text: str, bytes_max: int) -> str:
    """Each speaker's stay on a line of their own; empty: not even the first sentence fits."""
    said = [
        f"{' ' if place else chr(10)}{piece}"
        for line in text.splitlines()
        for place, piece in enumerate(pieces(one_line(line)))
    ]
    count = largest(0, len(said), lambda count: _is_short("".join(said[:count]).strip(), bytes_max))
    return "".join(said[:count]).strip()


def _is_short(text: str, bytes_max: int) -> bool:
    return len(text.encode()) <= bytes_max
