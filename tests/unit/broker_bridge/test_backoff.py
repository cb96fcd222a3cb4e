"""Waits, by chance turned by hand."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from broker_bridge.backoff import Backoff


class Longest(Random):
    def uniform(self, _low: float, high: float) -> float:
        return high


def test_the_bound_doubles_to_the_longest_and_begins_anew() -> None:
    backoff = Backoff(0.5, 3.0, Longest())
    assert [backoff.draw() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    backoff.reset()
    assert backoff.draw() == 0.5


@given(st.integers(), st.integers(1, 30))
def test_any_wait_below_the_bound_may_be_drawn(seed: int, draws: int) -> None:
    backoff = Backoff(1.0, 60.0, Random(seed))
    assert all(0 <= backoff.draw() <= min(2.0**n, 60.0) for n in range(draws))
