"""tests/faults/fleet/network.py, weather.py: packets are whole in any pieces, and a seed is a weather."""

import pytest

from tests.faults.fleet.network import Frames, may_come_twice
from tests.faults.fleet.weather import Event, Spell, weather

PING = b"\xc0\x00"
AT_LEAST_ONCE = b"\x32\x83\x01" + bytes(131)
AT_MOST_ONCE = b"\x30\x03" + bytes(3)


@pytest.mark.parametrize("size", [1, 2, 3, 130, 1000])
def test_packets_are_taken_whole_out_of_any_pieces(size: int) -> None:
    stream = PING + AT_LEAST_ONCE + AT_MOST_ONCE + PING
    frames = Frames()
    pieces = (stream[at : at + size] for at in range(0, len(stream), size))
    assert [each for piece in pieces for each in frames.take(piece)] == [
        PING, AT_LEAST_ONCE, AT_MOST_ONCE, PING,
    ]  # fmt: skip


def test_only_what_mqtt_says_at_least_once_comes_twice() -> None:
    assert [may_come_twice(each) for each in (PING, AT_LEAST_ONCE, AT_MOST_ONCE)] == [False, True, False]


def test_weather_is_its_seeds_and_everywhere_at_once_at_times() -> None:
    cells = [list(weather(7, cell, until_s=20.0)) for cell in range(20)]
    assert cells == [list(weather(7, cell, until_s=20.0)) for cell in range(20)]
    assert cells != [list(weather(8, cell, until_s=20.0)) for cell in range(20)]
    assert {event.spell for cell in cells for event in cell} == set(Spell)
    moments = (n / 10 for n in range(200))
    assert any(all(is_cut(cell, moment) for cell in cells) for moment in moments)
    for cell in cells:
        times = [moment for event in cell for moment in (event.at_s, event.ends_s)]
        assert times == sorted(times)
        assert times[-1] < 20.0


def is_cut(cell: list[Event], moment_s: float) -> bool:
    return any(each.spell is Spell.CUT and each.at_s <= moment_s < each.ends_s for each in cell)
