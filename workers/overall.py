"""One series over a time of which summaries tell: counted, gauged and proven by what is left of it."""

from collections.abc import Sequence
from dataclasses import replace

from memory.asking import Aggregate
from memory.figures import PROOFS_MAX, Figure, number
from memory.measured import Held
from memory.records import Memory
from memory.series import Series
from memory.switching import State
from workers.covering import Covered
from workers.reach import Reach

LOOKED_AT_MAX = 64
"""Of the readings that are left, the newest, for those that prove a state: of a door every other one does."""


async def of_numbers(reach: Reach, series: Series, of: Figure, way: int, covered: Covered) -> Figure | None:
    """Lowest, mean, highest, as far as asked: of all readings there were."""
    whole = covered.whole
    if whole is None or whole.min is None or whole.max is None:
        return None
    found = replace(covered.over(of), count=whole.count)
    low, high = float(whole.min), float(whole.max)
    if of.asked is Aggregate.MEAN:
        middle = whole.mean or 0.0
        nearest = min(covered.tiles, key=lambda tile: abs((tile.measured.mean or 0.0) - middle))
        return replace(found, mean=middle, proofs=(nearest.summary,))
    lowest = await _extreme(reach, series, covered, whole.min, largest=False)
    highest = await _extreme(reach, series, covered, whole.max, largest=True)
    if of.asked is Aggregate.MIN:
        return replace(found, low=low, proofs=(lowest,))
    if of.asked is Aggregate.MAX:
        return replace(found, high=high, proofs=(highest,))
    ends = (highest, lowest) if way > 0 else (lowest, highest)
    proofs = {each.id: each for each in ends}
    return replace(found, low=low, mean=whole.mean, high=high, proofs=tuple(proofs.values()))


async def how_often(
    reach: Reach, series: Series, target: State, of: Figure, covered: Covered
) -> Figure | None:
    """How often it turned to a state; of what never says the opposite, how often it said so."""
    whole = covered.whole
    said = {each: _holding(each, series, target) for each in whole.values} if whole else {}
    if not {*said.values()} - {None}:
        return None
    is_two_way = False in said.values()
    held = [each for each, holds in said.items() if holds]
    count = sum(each.times if is_two_way else each.count for each in held)
    left = await reach.newest(reach.where(series, covered.bounds), LOOKED_AT_MAX)
    proofs = [each for each in left if target.holds_in(series.attribute, each.value)] or [
        tile.summary for tile in reversed(covered.tiles) if _has(tile.measured.values, series, target)
    ]
    proofs = proofs[:PROOFS_MAX] or [covered.tiles[-1].summary]
    found = replace(of, target=target.said, count=count, moment=_last_turn(held), proofs=tuple(proofs))
    return covered.over(found)


async def _extreme(
    reach: Reach, series: Series, covered: Covered, extreme: float, *, largest: bool
) -> Memory:
    """The reading, where it is still there; else the smallest summary that has it."""
    found = await reach.most(series, covered.bounds, largest=largest)
    if found is not None and number(found.value) == extreme:
        return found
    ends = [(tile.measured.max if largest else tile.measured.min, tile.summary) for tile in covered.tiles]
    return next((summary for end, summary in reversed(ends) if end == extreme), covered.tiles[-1].summary)


def _last_turn(held: Sequence[Held]) -> float | None:
    return max((each.turned for each in held if each.turned is not None), default=None)


def _has(values: Sequence[Held], series: Series, target: State) -> bool:
    return any(_holding(each, series, target) for each in values)


def _holding(held: Held, series: Series, target: State) -> bool | None:
    return None if held.value is None else target.holds_in(series.attribute, held.value)
