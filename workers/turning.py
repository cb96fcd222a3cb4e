"""When and how often one series turned to a state: a door that opened. Repeated reports are no turns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory.asking import Aggregate
from memory.figures import PROOFS_MAX, Figure
from memory.records import Memory
from memory.series import Series
from memory.switching import State, turnings
from memory.time_windows import UNTIL_MARGIN_S
from workers.covering import cover
from workers.latest import TIES_MAX
from workers.overall import how_often
from workers.reach import Reach

WALKED_PAGE = 256
"""States at a time, newest first: the last turn is mostly among the first."""
WALKED_MAX = 4096
"""For a last turn; who said the same more often than that has not turned for long, and `more` says so."""


async def turned(reach: Reach, series: Series, target: State, of: Figure) -> Figure | None:
    """How often it turned to the target within the question's times, or when first."""
    if of.asked is Aggregate.COUNT and (covered := await cover(reach, series)) is not None:
        return await how_often(reach, series, target, of, covered)
    samples = await reach.samples(series)
    if samples is None:
        return None
    before = await _before(reach, series)
    was = _holds(series, target, before)
    said = {target.holds_in(series.attribute, each.value) for each in samples} | {was}
    if said == {None}:
        return None  # no state: watts, lux
    if False in said or await _is_ever_other(reach, series, target):
        found = list(turnings(samples, series.attribute, target, before=was))
        count = len(found)
    else:
        found = [each for each in samples if target.holds_in(series.attribute, each.value)]
        count = sum(each.seen for each in found)
    if of.asked is Aggregate.FIRST:
        return _proven(of, target, await reach.memories(series, found[:1]))
    shown = found[-PROOFS_MAX:] or samples[-1:]
    proofs = await reach.memories(series, shown) or [each for each in (before,) if each]
    return _proven(replace(of, count=count), target, proofs)


async def turned_last(reach: Reach, series: Series, target: State, of: Figure) -> Figure | None:
    """When it turned to the target last: from the newest back, as far as it takes."""
    last = _Last(series, target)
    until, seen = reach.bounds.until, set[str]()
    while len(seen) < WALKED_MAX:
        bounds = replace(reach.bounds, since=None, until=until)
        page = await reach.newest(reach.where(series, bounds), WALKED_PAGE)
        fresh = [each for each in page if each.id not in seen]
        if any(map(last.is_beyond, fresh)) or len(page) < WALKED_PAGE or not fresh:
            last.is_two_way = last.is_two_way or await _is_ever_other(reach, series, target)
            found = last.turn
            is_within = found is not None and found.at >= (reach.bounds.since or 0.0)
            if found is None or not is_within:
                return None
            moment = None if last.is_two_way else found.at
            return _proven(replace(of, moment=moment), target, [found])
        seen.update(each.id for each in fresh)
        until = fresh[-1].at
    reach.more = True
    return None


@dataclass(slots=True)
class _Last:
    """The last turn to a state, of memories that come newest first."""

    series: Series
    target: State
    oldest: Memory | None = None
    """Of the last run of reports that say so,"""
    newest: Memory | None = None
    """and the newest."""
    is_two_way: bool = False

    def is_beyond(self, memory: Memory) -> bool:
        """Takes a memory in, and says whether it is of before the turn."""
        holds = _holds(self.series, self.target, memory)
        if holds:
            self.oldest, self.newest = memory, self.newest or memory
        self.is_two_way = self.is_two_way or holds is False
        return holds is False and self.oldest is not None

    @property
    def turn(self) -> Memory | None:
        """What never says the opposite, as a doorbell, tells of an event each time."""
        return self.oldest if self.is_two_way else self.newest


async def _before(reach: Reach, series: Series) -> Memory | None:
    """The last report before the question's times, if they begin somewhere."""
    if reach.bounds.since is None:
        return None
    bounds = replace(reach.bounds, since=None, until=reach.bounds.since - UNTIL_MARGIN_S)
    return next(iter(await reach.newest(reach.where(series, bounds), TIES_MAX)), None)


async def _is_ever_other(reach: Reach, series: Series, target: State) -> bool:
    """Whether it ever says the opposite; else each report is an event."""
    bounds = replace(reach.bounds, since=None, until=None)
    newest = await reach.newest(reach.where(series, bounds), WALKED_PAGE)
    return any(_holds(series, target, each) is False for each in newest)


def _holds(series: Series, target: State, memory: Memory | None) -> bool | None:
    return None if memory is None else target.holds_in(series.attribute, memory.value)


def _proven(of: Figure, target: State, proofs: Sequence[Memory]) -> Figure | None:
    return replace(of, proofs=tuple(proofs), target=target.said) if proofs else None
