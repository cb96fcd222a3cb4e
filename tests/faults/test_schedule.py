"""tests/faults/schedule.py: a failing run can be run again, and no kind of fault is forgotten."""

from collections import Counter

from tests.faults.schedule import KILLS, Fault, storm


def test_a_seed_says_everything() -> None:
    first, second, other = (storm(seed, observations=1000, kills=4, devices=3) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_every_kind_of_fault_has_its_turn_before_the_end() -> None:
    for seed in range(50):
        events = storm(seed, observations=1000, kills=4, devices=3)
        assert {event.fault for event in events} == set(Fault)
        moments = [event.after_receipts for event in events]
        assert moments == sorted(set(moments))
        assert moments[0] > 0
        assert moments[-1] < 900
        assert {event.device for event in events} <= {0, 1, 2}


def test_kills_are_as_many_as_asked() -> None:
    counted = Counter(event.fault for event in storm(1, observations=100_000, kills=20, devices=5))
    assert sum(counted[kill] for kill in KILLS) == 20
    assert max(counted[kill] for kill in KILLS) - min(counted[kill] for kill in KILLS) <= 1
