"""workers/clock.py. A clock that jumps under a running memory: tests/faults/test_clock.py."""

import asyncio

import pytest

from workers.clock import ACCEPTED_S, BORN, JUMP_S_MAX, Clock, ClockWrong

YEAR_S = 365 * 86_400.0
NOON = 1_800_000_000.0


class Machine:
    """Two clocks that a test moves."""

    def __init__(self, wall: float = NOON) -> None:
        self.wall = wall
        self.steady = 100.0
        self.clock = Clock(lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_a_clock_that_goes_on_is_trusted_however_long() -> None:
    machine = Machine()
    machine.passes(YEAR_S)
    assert machine.clock.trouble() is None
    assert machine.clock.now() == machine.clock.latest() == NOON + YEAR_S


@pytest.mark.parametrize("step", [JUMP_S_MAX, -JUMP_S_MAX])
def test_a_time_servers_small_steps_are_no_jump(step: float) -> None:
    machine = Machine()
    machine.wall += step
    assert machine.clock.trouble() is None


@pytest.mark.parametrize(("jump", "words"), [(YEAR_S, "31536000 s ahead"), (-YEAR_S, "31536000 s back")])
def test_a_jump_is_said_until_the_clock_is_back(jump: float, words: str) -> None:
    machine = Machine()
    machine.wall += jump
    machine.passes(5)
    assert words in str(machine.clock.trouble())
    machine.wall -= jump
    assert machine.clock.trouble() is None


def test_a_clock_that_stays_where_it_jumped_to_is_believed() -> None:
    machine = Machine()
    machine.wall += YEAR_S
    assert machine.clock.trouble() is not None
    machine.passes(ACCEPTED_S)
    assert machine.clock.trouble() is not None
    machine.passes(1)
    assert machine.clock.trouble() is None
    machine.wall -= YEAR_S
    assert "back" in str(machine.clock.trouble())


def test_a_second_jump_counts_anew() -> None:
    machine = Machine()
    machine.wall += YEAR_S
    assert machine.clock.trouble() is not None
    machine.passes(ACCEPTED_S - 1)
    machine.wall += YEAR_S
    assert machine.clock.trouble() is not None
    machine.passes(2)
    assert machine.clock.trouble() is not None


def test_one_that_jumped_back_still_knows_the_latest_that_it_can_be() -> None:
    machine = Machine()
    machine.wall -= YEAR_S
    machine.passes(60)
    assert machine.clock.now() == NOON - YEAR_S + 60
    assert machine.clock.latest() == NOON + 60


def test_before_it_is_set_it_says_no_time_and_being_set_is_no_jump() -> None:
    machine = Machine(wall=0.0)
    with pytest.raises(ClockWrong, match=r"1970-01-01\. Set it \(timedatectl\)"):
        machine.clock.now()
    machine.wall = BORN
    assert machine.clock.now() == BORN
    machine.wall = NOON
    assert machine.clock.trouble() is None


async def test_watching_reports_the_trouble_and_its_end() -> None:
    machine, said = Machine(), asyncio.Queue[tuple[str, str | None]]()
    machine.wall += YEAR_S
    watching = asyncio.create_task(machine.clock.watch(lambda part, words: said.put_nowait((part, words))))
    part, words = await said.get()
    assert part == "clock"
    assert words is not None
    machine.wall -= YEAR_S
    assert await said.get() == ("clock", None)
    watching.cancel()
