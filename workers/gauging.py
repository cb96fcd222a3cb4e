"""One series of readings, gauged: lowest and highest by the store, the mean from samples, the newest."""

from dataclasses import replace

from memory import figures
from memory.asking import Aggregate, Asked
from memory.figures import Figure, number
from memory.reported import state_asked
from memory.series import Series
from memory.word_forms import WordForms
from workers.covering import cover
from workers.latest import TIES_MAX
from workers.overall import of_numbers
from workers.reach import Reach
from workers.turning import turned, turned_last

REPORTS_MAX = 256
"""The newest of a series, which say what states it has; by its word no rarer one is known."""
OF_NUMBERS = frozenset({Aggregate.MIN, Aggregate.MAX, Aggregate.MEAN, Aggregate.SPAN})
COUNTED_MAX = 5000
"""Memories of a series that are looked at for how often they were repeated: some 40 ms."""


async def gauge(reach: Reach, question: Asked, series: Series, forms: WordForms) -> Figure | None:
    """What is asked of the series with what proves it, or None if it has nothing of the kind."""
    of = Figure(question.aggregate, series.entity, (), series.attribute, series.device, question.event)
    if question.event:
        bounds = replace(reach.bounds, since=None, until=None)
        reports = await reach.newest(reach.where(series, bounds), REPORTS_MAX)
        state = state_asked(question, series, reports, forms)
        turning = turned_last if question.aggregate is Aggregate.LAST else turned
        return None if state is None else await turning(reach, series, state, of)
    if question.aggregate in OF_NUMBERS and (covered := await cover(reach, series)) is not None:
        return await of_numbers(reach, series, of, question.way, covered)
    match question.aggregate:
        case Aggregate.MIN | Aggregate.MAX:
            return await _extreme(reach, series, of)
        case Aggregate.MEAN:
            return await _mean(reach, series, of)
        case Aggregate.SPAN:
            return await _span(reach, series, of, question.way)
        case _:
            return await _newest(reach, series, question, of)


async def _extreme(reach: Reach, series: Series, of: Figure) -> Figure | None:
    is_largest = of.asked is Aggregate.MAX
    proof = await reach.most(series, largest=is_largest)
    if proof is None:
        return None
    low, high = (None, number(proof.value)) if is_largest else (number(proof.value), None)
    return replace(of, proofs=(proof,), count=await _count(reach, series), low=low, high=high)


async def _span(reach: Reach, series: Series, of: Figure, way: int) -> Figure | None:
    """Lowest, mean and highest. What is named as the proof is the highest; of `how cold` the lowest."""
    low, high = [await reach.most(series, largest=largest) for largest in (False, True)]
    if low is None or high is None:
        return None
    averaged = await _mean(reach, series, of)
    proofs = {each.id: each for each in ((high, low) if way > 0 else (low, high))}
    return replace(
        of,
        proofs=tuple(proofs.values()),
        count=averaged.count if averaged else await _count(reach, series),
        low=number(low.value),
        mean=averaged.mean if averaged else None,
        high=number(high.value),
    )


async def _mean(reach: Reach, series: Series, of: Figure) -> Figure | None:
    """Proven, as far as one observation can, by the nearest to it."""
    samples = await reach.samples(series)
    found = figures.mean(samples or ())
    if found is None:
        return None
    middle, nearest = found
    count = figures.counted(samples or ())
    proofs = await reach.memories(series, [nearest])
    return replace(of, proofs=tuple(proofs), count=count, mean=middle) if proofs else None


async def _count(reach: Reach, series: Series) -> int:
    """How many readings; of very many only how many memories they are."""
    count = await reach.store.count(reach.where(series))
    if count > COUNTED_MAX:
        return count
    samples = await reach.samples(series)
    return count if samples is None else figures.counted(samples)


async def _newest(reach: Reach, series: Series, question: Asked, of: Figure) -> Figure | None:
    """How things stand; of a state that is asked for, whichever of the two it is."""
    found = await reach.newest(reach.where(series), TIES_MAX)
    if not found:
        return None
    target, value = question.target, found[0].value
    if target is None:
        return replace(of, proofs=(found[0],)) if value is not None else None
    if target.holds_in(series.attribute, value) is None:
        return None
    return replace(of, proofs=(found[0],), target=target.said)
