"""workers/faults.py"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.faults import HOLD_S_FIRST, HOLD_S_MAX, hold


@given(st.integers(0, 10_000))
def test_a_wait_is_drawn_below_a_bound_that_never_passes_the_longest(attempt: int) -> None:
    bound = hold(attempt, draw=1.0).wait_s
    assert HOLD_S_FIRST <= bound <= HOLD_S_MAX
    assert 0.0 <= hold(attempt).wait_s <= bound


def test_the_bound_doubles_until_it_is_the_longest() -> None:
    bounds = [hold(attempt, draw=1.0).wait_s for attempt in range(12)]
    assert bounds[0] == HOLD_S_FIRST
    assert bounds[-1] == HOLD_S_MAX
    assert all(after in (2 * before, HOLD_S_MAX) for before, after in pairwise(bounds))


@pytest.mark.parametrize("draw", [0.0, 0.25, 1.0])
def test_the_jitter_is_full_so_that_services_do_not_come_back_together(draw: float) -> None:
    assert hold(3, draw=draw).wait_s == pytest.approx(draw * 8 * HOLD_S_FIRST)


def test_without_a_draw_waits_differ() -> None:
    assert len({hold(5).wait_s for _ in range(50)}) > 40
