"""What readings answer, with the observations that prove it. Pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from memory.asking import Aggregate, Asked
from memory.measured import Value
from memory.records import Memory, Sample
from schemas.checks import is_number

PROOFS_MAX = 10
"""Of one answer: a question of how often is proven by each time; who wants more asks `recent`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one series, or of what was told, what a question asked for. Times are epoch seconds."""

    asked: Aggregate
    entity: str
    proofs: tuple[Memory, ...]
    """The first is the one that is named: the extreme, the newest, the nearest to a mean."""
    attribute: str | None = None
    device: str | None = None
    event: bool = False
    """Whether it was asked when or how often it happened, not how things stand."""
    target: str | None = None
    """The state that was asked for."""
    count: int | None = None
    """How many readings; how many times, where that was asked."""
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    since: float | None = None
    until: float | None = None
    snapped: bool = False
    """Whether these are summaries' bounds, and not those that were asked for."""
    words: str = ""
    """How the question said when."""
    moment: float | None = None
    """When it was, where no observation is left that says so."""

    @property
    def proof(self) -> Memory:
        """The observation that is named, or the summary that is left of it."""
        return self.proofs[0]

    @property
    def at(self) -> float:
        """When it was; of a turn its beginning, for a state that goes on is reported again."""
        if self.moment is not None:
            return self.moment
        is_turn = self.event and self.attribute is not None
        begins = is_turn or self.asked is Aggregate.FIRST
        return self.proof.first if begins and self.proof.first is not None else self.proof.at

    @property
    def value(self) -> bool | int | float | str | None:
        """What the proof says."""
        if self.proof.tier == "raw":
            return self.proof.value
        return {Aggregate.MIN: self.low, Aggregate.MEAN: self.mean}.get(self.asked, self.high)


def number(value: Value | None) -> float | None:
    """What can be compared and averaged of a value."""
    return float(value) if is_number(value) else None


def mean(samples: Sequence[Sample]) -> tuple[float, Sample] | None:
    """The mean of the numbers, and the sample nearest to it, of several the newest."""
    numbers = [(value, each) for each in samples if (value := number(each.value)) is not None]
    if not numbers:
        return None
    count = counted(samples)
    middle = math.fsum(value * (each.seen / count) for value, each in numbers)
    _, nearest = min(numbers, key=lambda pair: (abs(pair[0] - middle), -pair[1].at, pair[1].id))
    return middle, nearest


def counted(samples: Sequence[Sample]) -> int:
    """How many readings the numbers among them are, repeats counted."""
    return sum(each.seen for each in samples if number(each.value) is not None)


def in_order(question: Asked, measured: Iterable[Figure]) -> list[Figure]:
    """Those that answer best first: the coldest of several rooms, the door that opened last."""
    return sorted(measured, key=_order(question))


def proofs_of(measured: Sequence[Figure]) -> list[Memory]:
    """Each once: what is named first, then what else proves."""
    named = [each.proof for each in measured]
    others = [proof for each in measured for proof in each.proofs[1:]]
    return list({memory.id: memory for memory in (*named, *others)}.values())


def _order(question: Asked) -> Callable[[Figure], float]:
    if question.order:
        return lambda each: -question.order * (number(each.value) or 0.0)
    by: dict[Aggregate, Callable[[Figure], float]] = {
        Aggregate.MIN: lambda each: each.low or 0.0,
        Aggregate.MAX: lambda each: -(each.high or 0.0),
        Aggregate.LAST: lambda each: -each.at,
        Aggregate.FIRST: lambda each: each.at,
        Aggregate.COUNT: lambda each: -(each.count or 0),
    }
    return by.get(question.aggregate, lambda _: 0.0)
