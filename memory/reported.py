"""Which state of a series a question of an event means, where no table knows it: by what it reports. Pure.

when did the vacuum last clean? of `cleaning` and `docked` → cleaning
"""

from collections.abc import Sequence
from dataclasses import dataclass

from memory.asking import Asked
from memory.records import Memory
from memory.series import Series
from memory.switching import State, Value
from memory.word_forms import WordForms, words_in

EVENT = "event"
"""The kind of what is told once when it happens; a reading may repeat how things stand."""
_ENDS = frozenset({"finished", "done", "complete", "completed", "ended", "over"})
"""What is only ever told at the end happened each time that it ended."""


@dataclass(frozen=True, slots=True)
class Named:
    """A state by its own word: `cleaning`, where others are `docked` and `stuck`."""

    values: frozenset[str]

    @property
    def said(self) -> str:
        """As it is answered."""
        return ", ".join(sorted(self.values))

    def holds_in(self, attribute: str, value: Value | None) -> bool | None:  # noqa: ARG002 - of State
        """Whether a value is one of these."""
        return _plain(value) in self.values if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class EachReport:
    """What happens each time that it is told: the cat was fed, the dishwasher is through."""

    said: None = None

    def holds_in(self, attribute: str, value: Value | None) -> bool:  # noqa: ARG002 - of State
        """Whatever was measured."""
        return value is not None


def state_asked(question: Asked, series: Series, newest: Sequence[Memory], forms: WordForms) -> State | None:
    """The state that the question means of a series with these newest reports; None: it tells of no such."""
    values = {_plain(each.value) for each in newest if isinstance(each.value, str)}
    tells_events = all(each.kind == EVENT for each in newest)
    target = question.target
    if target is not None:
        held = {target.holds_in(series.attribute, each.value) for each in newest}
        only_ends = bool(values) and values <= _ENDS and True not in held
        return EachReport() if only_ends and tells_events else target
    said = frozenset().union(*map(forms.in_name, words_in(question.text)))
    named = frozenset(value for value in values if forms.stems(value) & said)
    if named:
        return Named(named)
    return EachReport() if tells_events and len(values) <= 1 else None


def _plain(value: Value | None) -> str:
    return str(value).strip().lower()
