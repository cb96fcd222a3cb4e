"""Which readings of a condensed span stay: those that prove its summary, and some evenly in between. Pure."""

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from memory.measuring import Reading, in_order, turning
from schemas.checks import is_number

OUTLIER_SCORE = 3.5
"""Modified z-score from which a value is an outlier (Iglewicz and Hoaglin 1993): 0.05 % of normal noise."""
OUTLIERS_MAX = 8
"""The furthest: where more are out, it is not they that are strange."""
_MAD_OF_NORMAL = 1.4826
"""Standard deviations in one median absolute deviation, of normal noise."""
_MEAN_DEVIATION_OF_NORMAL = 1.2533


def outliers(readings: Iterable[Reading]) -> list[str]:
    """The ids of those that lie OUTLIER_SCORE deviations from the median, the furthest first.

    The deviation is that of the median, where more than half are alike (so that it is 0) of the mean; so a
    single spike of a steady sensor is one, and none of two states that change places.
    """
    numbers = [each for each in in_order(readings) if is_number(each.value)]
    scale = max((abs(float(each.value)) for each in numbers), default=0.0) or 1.0
    values = [float(each.value) / scale for each in numbers]
    if not values:
        return []
    middle = median(values)
    far = [abs(value - middle) for value in values]
    deviation = _MAD_OF_NORMAL * median(far) or _MEAN_DEVIATION_OF_NORMAL * fmean(far)
    bound = OUTLIER_SCORE * deviation
    out = [(-each_far, each.id) for each, each_far in zip(numbers, far, strict=True) if each_far > bound]
    return [reading_id for _, reading_id in sorted(out)[:OUTLIERS_MAX]]


def proving(readings: Iterable[Reading]) -> list[str]:
    """The ids of those that prove what is said of all: the ends, the extremes, the outliers, the turns.

    The ends and extremes first; turns, of what is no number, last and in the order of time.
    """
    ordered = in_order(readings)
    numbers = [each for each in ordered if is_number(each.value)]
    ends = [*ordered[:1], *ordered[-1:]]
    extremes = [pick(numbers, key=lambda each: float(each.value)) for pick in (min, max) if numbers]
    turns = [each for each in turning(ordered) if not is_number(each.value)]
    return list(
        dict.fromkeys(
            [*(each.id for each in ends + extremes), *outliers(ordered), *(each.id for each in turns)]
        )
    )


def thinned(readings: Iterable[Reading], keep_max: int) -> list[str]:
    """The ids of those that stay, as they were observed; all of them, where there are not more."""
    ordered = in_order(readings)
    if len(ordered) <= keep_max:
        return [each.id for each in ordered]
    kept = set(proving(ordered)[:keep_max])
    rest = [each for each in ordered if each.id not in kept]
    kept.update(_evenly(rest, keep_max - len(kept)))
    return [each.id for each in ordered if each.id in kept]


def _evenly(ordered: Sequence[Reading], count: int) -> list[str]:
    """So many, evenly in time: the first of each of so many cells of the same length.

    Cells without any leave their place to readings evenly in number: of bursts that is all there is.
    """
    if count <= 0:
        return []
    start, length_s = ordered[0].at, (ordered[-1].at - ordered[0].at) or 1.0
    cells: dict[int, str] = {}
    for each in ordered:
        cells.setdefault(min(count - 1, int((each.at - start) / length_s * count)), each.id)
    kept = set(cells.values())
    rest = [each.id for each in ordered if each.id not in kept]
    missing = count - len(kept)
    return [*kept, *(rest[place * len(rest) // missing] for place in range(missing))]
