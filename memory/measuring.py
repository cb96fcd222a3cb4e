"""What the readings of one span say as a whole. Pure.

How long a value held nobody reports: it holds until the next reading, and no longer than HOLD_S_MAX after its
last, for then the sensor was away.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from memory.drift import joined, of_value
from memory.measured import Beyond, Held, Measured, Value, alike, bounded
from memory.portions import Span
from memory.records import Sample
from schemas.checks import is_number

HOLD_S_MAX = 7200.0
"""Twice what the slowest sensors wait between two readings, an hour; doors and switches report changes alone,
and repeat themselves as often."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one memory measured: of which id, and, if it was repeated, since when and how often."""

    id: str
    value: Value
    at: float
    seen: int = 1
    first: float | None = None

    @classmethod
    def of(cls, sample: Sample) -> Self:
        """What a sample measured, without whose it is."""
        return cls(sample.id, sample.value, sample.at, sample.seen, sample.first)

    @property
    def since(self) -> float:
        """When it was observed first, epoch seconds; `at` is when it was last."""
        return self.at if self.first is None else min(self.first, self.at)


@dataclass(frozen=True, slots=True)
class _Held:
    """A reading, and from when to when its value held."""

    reading: Reading
    held_s: float


def in_order(readings: Iterable[Reading]) -> list[Reading]:
    """As they were observed; of one instant by id, so that order is stable."""
    return sorted(readings, key=lambda each: (each.since, each.at, each.id))


def measured(
    readings: Iterable[Reading],
    span: Span,
    *,
    before: Reading | None = None,
    thresholds: Sequence[float] = (),
    hold_s_max: float = HOLD_S_MAX,
) -> Measured:
    """What all readings of a span say; what holds beyond the span counts in the next.

    `before` is the last reading before the span: it holds until the first within. Raises ValueError where
    there is no reading.
    """
    ordered = _turn_about(in_order(readings))
    if not ordered:
        raise ValueError("no readings to measure: a span is condensed when something came for it")
    held = _holding(ordered, before, span, hold_s_max)
    drifts = [
        of_value(float(value), each.since, each.at, each.seen)
        for each in ordered
        if is_number(value := each.value)
    ]
    numbers = [value for each in ordered if is_number(value := each.value)]
    return Measured(
        count=sum(each.seen for each in ordered),
        since=ordered[0].since,
        until=max(each.at for each in ordered),
        first=ordered[0].value,
        last=ordered[-1].value,
        min=min(numbers, default=None),
        max=max(numbers, default=None),
        drift=joined(drifts) if drifts else None,
        beyond=[_beyond(held, threshold) for threshold in sorted(set(thresholds))] if numbers else [],
        values=bounded(_values(ordered, held)),
    )


def _turn_about(ordered: Sequence[Reading]) -> list[Reading]:
    """Those between whose first and last time another was observed, in two: what they said was so again.

    They were merged before the one between came, which was late.
    """
    if all(each.seen == 1 for each in ordered):
        return [*ordered]  # as of most sensors, thousands an hour
    times = sorted({each.since for each in ordered} | {each.at for each in ordered})
    apart: list[Reading] = []
    for each in ordered:
        if each.seen > 1 and bisect_right(times, each.since) < bisect_left(times, each.at):
            begun = replace(each, at=each.since, seen=each.seen - 1)
            apart += [begun, replace(each, first=None, seen=1)]
        else:
            apart.append(each)
    return in_order(apart)


def _holding(
    ordered: Sequence[Reading], before: Reading | None, span: Span, hold_s_max: float
) -> list[_Held]:
    """Each with the seconds that its value held within the span."""
    known = ([] if before is None else [before]) + list(ordered)
    ends = [each.since for each in known[1:]] + [span.end]
    return [
        _Held(each, max(0.0, min(end, each.at + hold_s_max, span.end) - max(each.since, span.start)))
        for each, end in zip(known, ends, strict=True)
    ]


def _beyond(held: Sequence[_Held], threshold: float) -> Beyond:
    above_s = below_s = 0.0
    for each in held:
        value = each.reading.value
        if isinstance(value, bool | str):
            continue
        if value > threshold:
            above_s += each.held_s
        elif value < threshold:
            below_s += each.held_s
    return Beyond(threshold, above_s, below_s)


def _values(ordered: Sequence[Reading], held: Sequence[_Held]) -> list[Held]:
    """Each text, true and false, that was reported in the span; and what went on from before it."""
    seconds: dict[bool | str, float] = {}
    for holding in held:
        if isinstance(value := holding.reading.value, bool | str):
            seconds[value] = seconds.get(value, 0.0) + holding.held_s
    counts: dict[bool | str, int] = dict.fromkeys(seconds, 0)
    turns: dict[bool | str, list[float]] = {value: [] for value in seconds}
    for each in ordered:
        if isinstance(each.value, bool | str):
            counts[each.value] += each.seen
    for each in turning(ordered):
        if isinstance(each.value, bool | str):
            turns[each.value].append(each.since)
    return [
        Held(value, seconds[value], counts[value], len(turns[value]), max(turns[value], default=None))
        for value in seconds
    ]


def turning(ordered: Sequence[Reading]) -> list[Reading]:
    """Those whose value is another than that of the one before; the first is."""
    changed = [after for one, after in pairwise(ordered) if not alike(one.value, after.value)]
    return [*ordered[:1], *changed]
