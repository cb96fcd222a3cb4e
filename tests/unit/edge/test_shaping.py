"""edge/shaping.py"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.observed import size
from edge.observing import ALARM
from edge.reading_rules import Rule
from edge.shaping import SERIES_MAX, Shaper, Verdict
from tests.unit.edge.observations import Observed, observed, reading

SEND, HOLD, UNCHANGED = Verdict

WALK = st.lists(st.tuples(st.sampled_from([0.5, 1.0, 7.0, 40.0]), st.integers(-5, 5)), max_size=60)
"""How long after the one before, and how much."""


def verdicts(shaper: Shaper[Observed], values: Iterable[Any], every_s: float = 1.0) -> list[Verdict]:
    return [shaper.pass_on(reading(value), number * every_s) for number, value in enumerate(values)]


def sent(
    shaper: Shaper[Observed], walk: Sequence[tuple[float, int]]
) -> list[tuple[float, Observed, Observed]]:
    """When, what went, and what was measured last at that time."""
    now_s, gone, latest = 0.0, [], None
    for wait_s, value in walk:
        now_s += wait_s
        if latest is not None:
            gone += [(now_s, one, latest) for one in shaper.due(now_s)]
        latest = reading(value, ticks_s=now_s)
        if shaper.pass_on(latest, now_s) is SEND:
            gone.append((now_s, latest, latest))
    if latest is not None:
        gone += [(now_s, one, latest) for one in shaper.flush(now_s)]
    return gone


def test_without_rules_all_goes() -> None:
    assert verdicts(Shaper(), [1, 1, 1]) == [SEND] * 3


def test_on_change_goes_what_changes() -> None:
    shaper = Shaper([Rule("temperature", on_change=True)])
    assert verdicts(shaper, [1, 1, 2, 2, 1]) == [SEND, UNCHANGED, SEND, UNCHANGED, SEND]
    assert shaper.counts["unchanged"] == 2
    assert verdicts(Shaper([Rule(on_change=True)]), [True, 1, 1.0, "1", "1"]) == [
        SEND, SEND, UNCHANGED, SEND, UNCHANGED,
    ]  # fmt: skip


def test_a_slow_drift_is_told_because_a_deadband_is_around_what_was_sent() -> None:
    shaper = Shaper([Rule(deadband=0.5)])
    drift = [20 + tenth / 10 for tenth in range(13)]
    told = zip(drift, verdicts(shaper, drift), strict=True)
    assert [value for value, verdict in told if verdict is SEND] == [20.0, 20.6, 21.2]


def test_a_heartbeat_tells_what_did_not_change() -> None:
    shaper = Shaper([Rule(on_change=True, every_s_max=30)])
    assert verdicts(shaper, [5] * 8, every_s=10) == [
        SEND, UNCHANGED, UNCHANGED, SEND, UNCHANGED, UNCHANGED, SEND, UNCHANGED,
    ]  # fmt: skip


def test_of_a_burst_the_last_goes_once_it_may() -> None:
    shaper = Shaper([Rule(every_s_min=10)])
    burst = [reading(value, ticks_s=float(value)) for value in range(4)]
    assert [shaper.pass_on(one, one.ticks_s) for one in burst] == [SEND, HOLD, HOLD, HOLD]
    assert shaper.due_next_s == 10
    assert shaper.due(9.9) == []
    assert shaper.due(10) == [burst[3]]
    assert (shaper.due(99), shaper.due_next_s) == ([], None)
    assert shaper.pass_on(reading(9), 19.9) is HOLD, "ten seconds after the one that was held"
    assert shaper.counts["superseded"] == 2
    assert shaper.counts["saved_bytes"] == size(burst[1].fields) + size(burst[2].fields)


def test_what_is_back_at_what_was_sent_needs_not_go() -> None:
    shaper = Shaper([Rule(on_change=True, every_s_min=10)])
    assert verdicts(shaper, [1, 2, 1]) == [SEND, HOLD, UNCHANGED]
    assert (shaper.flush(3), shaper.counts["superseded"], shaper.counts["unchanged"]) == ([], 1, 1)


def test_an_alarm_goes_whatever_the_rules_say_and_takes_the_place_of_what_is_held() -> None:
    shaper = Shaper([Rule(on_change=True, every_s_min=10)])
    assert verdicts(shaper, [1, 2]) == [SEND, HOLD]
    assert shaper.pass_on(reading(3, importance=ALARM), 2) is SEND
    assert shaper.pass_on(reading(3, importance=1.0), 2) is SEND
    assert shaper.flush(3) == []
    assert shaper.pass_on(reading(3), 3) is UNCHANGED, "the alarm told it"


@pytest.mark.parametrize(
    "beside", [{"t": "warm"}, {"u": "K"}, {"g": ["x"]}, {"s": "b"}, {"m": {"a": 1}}, {"w": 0.4}]
)
def test_what_says_something_else_beside_its_value_is_a_change(beside: dict[str, Any]) -> None:
    shaper = Shaper([Rule(deadband=5)])
    assert verdicts(shaper, [1]) == [SEND]
    assert shaper.pass_on(reading(1, **beside), 1) is SEND
    assert shaper.pass_on(reading(1, **beside, n=7), 2) is UNCHANGED


def test_rules_are_for_readings_of_an_attribute() -> None:
    shaper = Shaper([Rule(on_change=True, every_s_min=60)])
    for one in (observed(t="a door"), observed(v=1), observed(t="Ana", p="owner")):
        assert [shaper.pass_on(one, now_s) for now_s in (0, 1)] == [SEND, SEND]


def test_a_rule_of_its_own_goes_before_the_rule_for_all() -> None:
    shaper = Shaper([Rule(on_change=True), Rule("power")])
    assert [shaper.pass_on(reading(1, "power"), now_s) for now_s in (0, 1)] == [SEND, SEND]
    assert [shaper.pass_on(reading(1, "light"), now_s) for now_s in (0, 1)] == [SEND, UNCHANGED]


@pytest.mark.parametrize(("attribute", "named"), [("light", "'light'"), (None, "'every attribute'")])
def test_two_rules_for_one_attribute_are_refused(attribute: str | None, named: str) -> None:
    with pytest.raises(ValueError, match=f"two are for {named}; make them one"):
        Shaper([Rule(attribute), Rule(attribute, on_change=True)])


def test_entities_and_attributes_are_apart() -> None:
    shaper = Shaper([Rule(on_change=True)])
    for entity in ("home7/hall", "home7/kitchen"):
        for attribute in ("light", "power"):
            assert shaper.pass_on(reading(1, attribute, entity=entity), 0) is SEND
    assert shaper.pass_on(reading(1, "light"), 1) is UNCHANGED


def test_the_series_used_longest_ago_is_forgotten_and_what_is_held_never() -> None:
    shaper = Shaper([Rule(on_change=True, every_s_min=10)])
    held = reading(2, "0")
    assert [shaper.pass_on(one, 0) for one in (reading(1, "0"), held)] == [SEND, HOLD]
    for name in range(1, SERIES_MAX + 1):
        assert shaper.pass_on(reading(1, str(name)), 1) is SEND
    assert len(shaper._series) == SERIES_MAX
    assert shaper.pass_on(reading(1, "1"), 2) is SEND, "forgotten"
    assert shaper.pass_on(reading(1, "3"), 2) is UNCHANGED
    assert shaper.flush(3) == [held]


def test_where_all_that_is_remembered_holds_something_what_is_new_goes_unshaped() -> None:
    shaper = Shaper([Rule(every_s_min=10)])
    for name in range(SERIES_MAX):
        assert [shaper.pass_on(reading(value, str(name)), 0) for value in (1, 2)] == [SEND, HOLD]
    assert [shaper.pass_on(reading(1, "new"), 1) for _ in range(3)] == [SEND] * 3
    assert (len(shaper._series), len(shaper.due(10))) == (SERIES_MAX, SERIES_MAX)


@given(WALK, st.integers(1, 4))
def test_the_memory_is_never_further_off_than_the_deadband(walk: list[tuple[float, int]], band: int) -> None:
    shaper, known, now_s = Shaper([Rule(deadband=band)]), None, 0.0
    for wait_s, value in walk:
        now_s += wait_s
        if shaper.pass_on(reading(value), now_s) is SEND:
            known = value
        assert known is not None
        assert abs(known - value) <= band


@given(walk=WALK, on_change=st.booleans(), band=st.none() | st.integers(1, 4))
def test_seldom_enough_and_the_last_state_is_known_in_the_end(
    *, walk: list[tuple[float, int]], on_change: bool, band: int | None
) -> None:
    gone = sent(Shaper([Rule(on_change=on_change, deadband=band, every_s_min=10)]), walk)
    times = [when for when, *_ in gone[:-1]]  # the last went because the device closed
    assert all(later - one >= 10 for one, later in pairwise(times))
    assert all(one is latest for _, one, latest in gone), "never what is no longer so"
    if walk:
        assert abs(gone[-1][1].fields["v"] - walk[-1][1]) <= (band or 0)


@given(WALK)
def test_every_reading_went_or_is_counted(walk: list[tuple[float, int]]) -> None:
    shaper = Shaper([Rule(deadband=1, every_s_min=5, every_s_max=60)])
    gone = sent(shaper, walk)
    assert len(gone) + shaper.counts["unchanged"] + shaper.counts["superseded"] == len(walk)
    ids = [one.fields["i"] for _, one, _ in gone]
    assert len(set(ids)) == len(ids)
