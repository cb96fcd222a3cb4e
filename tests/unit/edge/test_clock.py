"""edge/clock.py: both of its sources are turned by hand."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import clock as module
from edge.clock import BORN, Boot, Clock, Moment

NOW = 1_780_000_000.0


class Device:
    """A board whose clocks are turned by hand; the true time is NOW + ticks."""

    def __init__(self, wall: float = 0.0, ticks: float = 100.0) -> None:
        self.wall = wall
        self.ticks = ticks
        self.clock = Clock(lambda: self.wall, lambda: self.ticks, boot="this")

    def later(self, seconds: float) -> None:
        self.wall += seconds
        self.ticks += seconds

    def ask(self, round_trip_s: float, *, told_after_s: float, off_s: float = 0.0) -> bool:
        """A time request that is answered with the true time."""
        asked = self.ticks
        self.later(round_trip_s)
        return self.clock.learn(NOW + asked + told_after_s + off_s, asked, self.ticks)


def test_a_clock_that_was_set_is_believed() -> None:
    device = Device(wall=NOW)
    assert device.clock.now() == Moment(NOW, "this", 100.0)
    assert device.clock.when(device.clock.now()) == (NOW, True)


@pytest.mark.parametrize("wall", [0.0, 1_234.5, BORN - 1])
def test_a_clock_that_was_never_set_is_not(wall: float) -> None:
    device = Device(wall=wall)
    moment = device.clock.now()
    assert moment == Moment(None, "this", 100.0)
    assert device.clock.when(moment) == (None, False)
    assert device.clock.offset_s is None


def test_what_was_observed_before_the_time_was_known_is_dated_by_its_ticks() -> None:
    device = Device()
    before = device.clock.now()
    device.later(3600)
    assert device.ask(0.0, told_after_s=0.0)
    assert device.clock.when(before) == (NOW + 100.0, True)
    assert device.clock.now().at == NOW + 3700.0
    assert device.clock.offset_s == NOW


def test_a_time_server_that_comes_late_dates_what_came_before_it() -> None:
    device = Device()
    before = device.clock.now()
    device.later(60)
    device.wall = NOW + device.ticks
    assert device.clock.when(before) == (NOW + 100.0, True)


@given(round_trip_s=st.floats(0, 10), part=st.floats(0, 1))
def test_what_is_learned_is_off_by_half_the_round_trip_at_most(round_trip_s: float, part: float) -> None:
    device = Device()
    assert device.ask(round_trip_s, told_after_s=round_trip_s * part)
    at = device.clock.now().at
    assert at is not None
    assert abs(at - (NOW + device.ticks)) <= round_trip_s / 2 + 1e-5


@pytest.mark.parametrize("round_trip_s", [10.5, -0.1])
def test_a_round_trip_that_says_too_little_is_refused(round_trip_s: float) -> None:
    device = Device()
    assert not device.ask(round_trip_s, told_after_s=0.0)
    assert device.clock.now().at is None


@pytest.mark.parametrize("told_s", [1000.0, 1e19, float("nan"), float("inf")])
def test_a_memory_that_does_not_know_the_time_teaches_nothing(told_s: float) -> None:
    assert not Device().clock.learn(told_s, 100.0, 100.0)


def test_a_longer_round_trip_replaces_a_shorter_one_only_when_that_has_grown_old() -> None:
    device = Device()
    assert device.ask(0.2, told_after_s=0.1)
    assert not device.ask(4.0, told_after_s=4.0)
    assert device.clock.offset_s == pytest.approx(NOW, abs=1e-3)
    device.later(3 * 86_400)
    assert device.ask(4.0, told_after_s=4.0)
    assert device.clock.offset_s == pytest.approx(NOW + 2, abs=1e-3)


def test_a_clock_at_its_images_date_gives_way_to_the_memorys_time() -> None:
    device = Device(wall=BORN + 86_400)
    assert device.clock.now().at == BORN + 86_400
    assert device.ask(1.0, told_after_s=0.5)
    assert device.clock.now().at == pytest.approx(NOW + device.ticks, abs=1)


def test_a_clock_that_agrees_with_the_memorys_time_stays_the_finer_one() -> None:
    device = Device(wall=NOW + 100.0)
    assert device.ask(8.0, told_after_s=8.0)
    assert device.clock.now().at == NOW + device.ticks


def test_an_earlier_boot_is_estimated_before_this_one_with_its_order_and_spacing() -> None:
    earlier = (Boot("first", 5_000.0), Boot("second", 40.0))
    device = Device()
    device.clock.follow(earlier)
    moments = [Moment(None, "first", 10.0), Moment(None, "first", 5_000.0), Moment(None, "second", 3.0),
               Moment(None, "second", 40.0)]  # fmt: skip
    assert [device.clock.when(each) for each in moments] == [(None, False)] * 4
    device.wall = NOW + device.ticks
    told = [device.clock.when(each) for each in moments]
    times = [at for at, _ in told if at is not None]
    assert not any(is_exact for _, is_exact in told)
    assert times == sorted(times)
    assert times[-1] < NOW
    assert (times[1] - times[0], times[3] - times[2]) == (4_990.0, 37.0)


def test_a_boot_of_which_nothing_is_known_lies_before_this_one() -> None:
    device = Device(wall=NOW + 100.0)
    at, is_exact = device.clock.when(Moment(None, "somewhere", 77.0))
    assert at is not None
    assert (at < NOW, is_exact) == (True, False)


def test_what_was_dated_stays_as_it_was() -> None:
    device = Device()
    assert device.clock.when(Moment(5.0, "first", 1.0)) == (5.0, True)


def test_the_boot_is_the_systems_and_else_this_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asks = "from edge.clock import Clock; print(Clock().boot)"
    told = subprocess.run(
        [sys.executable, "-c", asks], check=True, capture_output=True, text=True, timeout=60
    )
    assert told.stdout.strip() == Clock().boot
    monkeypatch.setattr(module, "BOOT_ID", tmp_path / "none")
    assert Clock().boot != Clock().boot


def test_a_process_that_is_its_own_boot_began_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "BOOT_ID", tmp_path / "none")
    clock = Clock(lambda: NOW, lambda: 9_000.0)
    clock.follow([Boot("before", 8_000.0)])
    at, _ = clock.when(Moment(None, "before", 8_000.0))
    assert at == NOW - module.BETWEEN_BOOTS_S


def test_ticks_go_on() -> None:
    first = Clock().now()
    assert Clock().now().ticks_s >= first.ticks_s > 0
    assert first.at is not None
