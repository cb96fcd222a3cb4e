"""What a worker does about a fault: decided here, as values; the workers obey. Pure."""

import random
from dataclasses import dataclass

HOLD_S_FIRST = 0.2
HOLD_S_MAX = 10.0
"""The longest wait between two tries while a part is away; each is drawn anew below a doubling bound."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A part is away: acknowledge nothing, wait this long, try the same again."""

    wait_s: float


def hold(attempt: int, draw: float | None = None) -> Hold:
    """The wait before the next try; `attempt` counts from 0, `draw` lies in 0 … 1 (default: random)."""
    bound_s = min(HOLD_S_MAX, HOLD_S_FIRST * 2 ** min(attempt, 16))
    return Hold(bound_s * (random.random() if draw is None else draw))  # noqa: S311 - jitter, not a secret
