"""Which way a series of numbers goes: a fitted line's moments, which add up like counts do. Pure.

Of each part only count, means, deviations and correlation are kept; those of the whole are made of them
exactly (Chan, Golub and LeVeque 1979; for co-moments Pébay 2008, SAND2008-6212), so that a day's line is its
readings' and not its hours'. All is computed in units of the largest value: no square of it can overflow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from sys import float_info
from typing import Literal

Trend = Literal["rising", "falling", "steady"]

EXPLAINED_MIN = 0.25
"""Of the values' variance, by the line (r²): a day that warms and cools again is steady."""
SURE = 2.0
"""Student's t of the correlation, r √((n - 2) / (1 - r²)): by chance among 5 % of series."""
COUNT_MIN = 3
"""Two readings are always on a line."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How numbers lie over time; times are epoch seconds."""

    count: int
    mean: float
    deviation: float = 0.0
    """Of the population."""
    mean_at: float = 0.0
    deviation_at: float = 0.0
    correlation: float = 0.0
    """Of value and time, -1 … 1."""

    @property
    def trend(self) -> Trend | None:
        """Rising or falling where a line explains EXPLAINED_MIN and chance does not; too few: None."""
        if self.count < COUNT_MIN:
            return None
        explained = self.correlation**2
        sure = explained * (self.count - 2) >= SURE**2 * (1.0 - explained)
        if explained < EXPLAINED_MIN or not sure:
            return "steady"
        return "rising" if self.correlation > 0 else "falling"


def of_value(value: float, since: float, until: float, count: int) -> Drift:
    """Of one value that was reported so often between two times, evenly as far as is known."""
    return Drift(count, value, mean_at=(since + until) / 2, deviation_at=(until - since) / sqrt(12))


def joined(parts: Sequence[Drift]) -> Drift:
    """Of all parts together; at least one."""
    count = sum(each.count for each in parts)
    scale = max(max(abs(each.mean), each.deviation) for each in parts) or 1.0
    values = [each.mean / scale for each in parts]
    mean = fsum(each.count * value for each, value in zip(parts, values, strict=True)) / count
    # Relative to one of them: epochs squared would have no digits left for seconds.
    origin = parts[0].mean_at
    times = [each.mean_at - origin for each in parts]
    mean_at = fsum(each.count * at for each, at in zip(parts, times, strict=True)) / count
    squares, squares_at, products = [], [], []
    for each, value, at in zip(parts, values, times, strict=True):
        deviation = each.deviation / scale
        squares.append(each.count * (deviation**2 + (value - mean) ** 2))
        squares_at.append(each.count * (each.deviation_at**2 + (at - mean_at) ** 2))
        own = each.correlation * deviation * each.deviation_at
        products.append(each.count * (own + (value - mean) * (at - mean_at)))
    deviation, deviation_at = sqrt(fsum(squares) / count), sqrt(fsum(squares_at) / count)
    both = deviation * deviation_at
    correlation = fsum(products) / count / both if both > 0 else 0.0
    # Rounding alone leads past these bounds, and past the largest number there is.
    return Drift(
        count,
        scale * min(1.0, max(-1.0, mean)),
        min(float_info.max, scale * deviation),
        origin + mean_at,
        deviation_at,
        min(1.0, max(-1.0, correlation)),
    )
