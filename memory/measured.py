"""What a series of readings says as a whole, and of several such the whole again. Pure.

Hour, day and month are made each of the level below: counts, extremes, first, last and how long each value
held are exact, the mean and the trend are the readings' own as far as floats go. Only of more than VALUES_MAX
different texts the rest is one sum.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import fsum

from memory.drift import Drift, Trend, joined

Value = bool | int | float | str

VALUES_MAX = 8
"""Different texts (or true and false) that are told one by one, those that held longest: a mode has fewer,
and what has more is a text that nobody counts."""


@dataclass(frozen=True, slots=True)
class Held:
    """A text, or true or false, and how it held."""

    value: bool | str | None
    """None: all others together."""
    held_s: float
    count: int
    """Readings that said so."""
    times: int
    """It came to be so: readings in a row that said so are one time."""
    turned: float | None
    """When it came to be so last, epoch seconds; None: it only went on from before."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """How long readings were above and below a threshold, in seconds."""

    threshold: float
    above_s: float
    below_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What readings of one series say as a whole. Those that are numbers have `min` to `drift`."""

    count: int
    """Readings, repeats counted."""
    since: float
    until: float
    """When the first and the last was observed, epoch seconds."""
    first: Value
    last: Value
    min: int | float | None = None
    max: int | float | None = None
    drift: Drift | None = None
    """Of the numbers; holds their mean."""
    beyond: list[Beyond] = field(default_factory=list)
    values: list[Held] = field(default_factory=list)
    """Of texts, true and false; longest first, then the others together."""
    outliers: list[str] = field(default_factory=list)
    """Of an hour alone: the ids of its outliers (`memory/thinning.py`), which stay as they were observed."""

    @property
    def mean(self) -> float | None:
        """Of the numbers, each as often as it was reported."""
        return None if self.drift is None else self.drift.mean

    @property
    def trend(self) -> Trend | None:
        """Which way the numbers went; None: too few to say."""
        return None if self.drift is None else self.drift.trend


def alike(one: Value, other: Value) -> bool:
    """Whether two values are the same; true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def combined(parts: Iterable[Measured]) -> Measured:
    """What the readings of all parts say as a whole; parts are of times that do not overlap.

    Raises ValueError where there is no part.
    """
    ordered = sorted(parts, key=lambda part: (part.since, part.until))
    if not ordered:
        raise ValueError("no readings to combine: a whole has at least one part")
    drifts = [part.drift for part in ordered if part.drift is not None]
    return Measured(
        count=sum(part.count for part in ordered),
        since=ordered[0].since,
        until=max(part.until for part in ordered),
        first=ordered[0].first,
        last=ordered[-1].last,
        min=min((part.min for part in ordered if part.min is not None), default=None),
        max=max((part.max for part in ordered if part.max is not None), default=None),
        drift=joined(drifts) if drifts else None,
        beyond=_beyond([each for part in ordered for each in part.beyond]),
        values=bounded(_held(ordered)),
    )


def supplemented(before: Measured, late: Measured, there: Measured) -> Measured:
    """A whole with readings that came late, which may lie anywhere in its time.

    `there` is what all readings say that are still there, the late ones among them: how long each value held,
    they tell, as long as none of the first are gone.
    """
    begins = late if late.since < before.since else before
    ends = late if late.until >= before.until else before
    drifts = [part.drift for part in (before, late) if part.drift is not None]
    lasting = there if there.since <= before.since else before
    return Measured(
        count=before.count + late.count,
        since=begins.since,
        until=ends.until,
        first=begins.first,
        last=ends.last,
        min=min((part.min for part in (before, late) if part.min is not None), default=None),
        max=max((part.max for part in (before, late) if part.max is not None), default=None),
        drift=joined(drifts) if drifts else None,
        beyond=lasting.beyond,
        values=bounded(_supplemented(before, late, lasting)),
    )


def bounded(held: Iterable[Held]) -> list[Held]:
    """The VALUES_MAX that held longest, then all others as one."""
    ordered = sorted(held, key=lambda each: (each.value is None, -each.held_s, -each.count, str(each.value)))
    told = [each for each in ordered[:VALUES_MAX] if each.value is not None]
    others = ordered[len(told) :]
    return [*told, _together(None, others)] if others else told


def _supplemented(before: Measured, late: Measured, lasting: Measured) -> Iterator[Held]:
    """Counted in both; how long, how often and when last they came to be so is told by what lasts."""
    for value in dict.fromkeys(each.value for part in (before, late, lasting) for each in part.values):
        of = [
            next((each for each in part.values if each.value == value), None)
            for part in (before, late, lasting)
        ]
        told = [each for each in of if each is not None]
        yield Held(
            value,
            held_s=(of[2] or told[0]).held_s,
            count=sum(each.count for each in of[:2] if each is not None),
            times=max(each.times for each in told),
            turned=max((each.turned for each in told if each.turned is not None), default=None),
        )


def _beyond(each_beyond: Sequence[Beyond]) -> list[Beyond]:
    found: dict[float, list[Beyond]] = {}
    for each in each_beyond:
        found.setdefault(each.threshold, []).append(each)
    return [
        Beyond(threshold, fsum(each.above_s for each in same), fsum(each.below_s for each in same))
        for threshold, same in sorted(found.items())
    ]


def _held(ordered: Sequence[Measured]) -> list[Held]:
    found: dict[bool | str | None, list[Held]] = {each.value: [each] for each in ordered[0].values}
    for before, part in pairwise(ordered):
        going_on = part.first if alike(before.last, part.first) else None
        for each in part.values:
            same = found.setdefault(each.value, [])
            is_same_time = same and each.value is not None and each.value == going_on
            same.append(_gone_on(each, same[-1].turned) if is_same_time else each)
    return [_together(value, same) for value, same in found.items()]


def _gone_on(held: Held, turned: float | None) -> Held:
    """As it was before already: not turned to once more."""
    return replace(held, times=held.times - 1, turned=held.turned if held.times > 1 else turned)


def _together(value: bool | str | None, same: Sequence[Held]) -> Held:  # noqa: FBT001 - a value as it was sent
    return Held(
        value,
        held_s=fsum(each.held_s for each in same),
        count=sum(each.count for each in same),
        times=sum(each.times for each in same),
        turned=max((each.turned for each in same if each.turned is not None), default=None),
    )
