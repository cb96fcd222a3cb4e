"""edge/batching.py"""

import itertools
from collections import defaultdict
from math import inf, nan
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.batching import BYTES_MAX, Limits, Waiting, joined, ready
from edge.pacing import Priority
from schemas.limits import MESSAGE_BYTES_MAX

_numbers = itertools.count()
FULL = 32


def waiting(entity: str = "hall", importance: float = 0.5, size: int = 100, since_s: float = 0.0) -> Waiting:
    return Waiting(next(_numbers), entity, Priority.of(importance), size, since_s)


def numbers(entries: list[Waiting]) -> tuple[int, ...]:
    return tuple(each.n for each in entries)


def test_what_is_not_full_waits_for_more_until_its_oldest_is_old_enough() -> None:
    entries = [waiting(since_s=10.0), waiting(since_s=10.5)]
    assert ready(entries, Limits(), 10.9) == ready(entries[:1], Limits(), 10.9)
    early = ready(entries, Limits(), 10.9)
    assert (early.batches, early.next_s) == ((), 11.0)
    late = ready(entries, Limits(), 11.0)
    assert [batch.numbers for batch in late.batches] == [numbers(entries)]
    assert late.next_s is None


def test_what_is_full_goes_and_the_rest_waits() -> None:
    entries = [waiting() for _ in range(FULL + 1)]
    found = ready(entries, Limits(), 0.5)
    assert [batch.numbers for batch in found.batches] == [numbers(entries[:FULL])]
    assert found.next_s == 1.0
    exactly = ready(entries[:FULL], Limits(), 0.5)
    assert (len(exactly.batches), exactly.next_s) == (1, None)


def test_bytes_fill_a_message_with_the_head_of_its_array() -> None:
    limits = Limits(bytes_max=1000)
    three = [waiting(size=333) for _ in range(3)]
    assert [batch.bytes for batch in ready(three, limits, 0.5).batches] == [1000]
    entries = [waiting(size=333), waiting(size=333), waiting(size=334)]
    assert [batch.numbers for batch in ready(entries, limits, 0.5).batches] == [numbers(entries[:2])]


def test_what_is_larger_than_a_message_may_be_goes_alone_and_at_once() -> None:
    entries = [waiting(size=10), waiting(size=9000), waiting(size=10)]
    found = ready(entries, Limits(), 0.5)
    assert [(batch.numbers, batch.bytes) for batch in found.batches] == [
        (numbers(entries[:1]), 10), (numbers(entries[1:2]), 9000),
    ]  # fmt: skip


def test_an_alarm_goes_at_once_and_takes_none_along_of_less_importance() -> None:
    low, normal, alarm, other = (
        waiting(importance=0.1),
        waiting(),
        waiting(importance=0.9),
        waiting(importance=0.8),
    )
    found = ready([low, normal, alarm, other], Limits(), 0.5)
    assert [(batch.numbers, batch.priority) for batch in found.batches] == [
        (numbers([alarm, other]), Priority.ALARM)
    ]
    assert found.next_s == 1.0


def test_first_goes_what_matters_most_then_what_waits_longest() -> None:
    entries = [
        waiting("a", 0.1, since_s=1), waiting("b", 0.5, since_s=3), waiting("c", 0.9, since_s=9),
        waiting("d", 0.5, since_s=2), waiting("e", 0.9, since_s=-inf), waiting("f", 0.5, since_s=2),
    ]  # fmt: skip
    found = ready(entries, Limits(), 99)
    assert [batch.entity for batch in found.batches] == ["e", "c", "d", "f", "b", "a"]


def test_a_device_that_closes_sends_everything() -> None:
    entries = [waiting("a"), waiting("b")]
    found = ready(entries, Limits(), 0, everything=True)
    assert ([batch.entity for batch in found.batches], found.next_s) == (["a", "b"], None)
    assert ready([], Limits(), 0, everything=True).batches == ()


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"count_max": 0}, "count_max: must be 1 to 256, not 0"),
        ({"count_max": 257}, "count_max: must be 1 to 256, not 257"),
        ({"bytes_max": 0}, "bytes_max: must be 1 to 261120, not 0"),
        ({"bytes_max": MESSAGE_BYTES_MAX}, "bytes_max"),
        ({"age_s_max": -1}, "age_s_max: must be 0 or more seconds, not -1"),
        ({"age_s_max": inf}, "age_s_max"),
        ({"age_s_max": nan}, "age_s_max"),
    ],
)
def test_limits_that_would_break_the_wires_are_refused(limits: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Limits(**limits)
    assert Limits(count_max=256, bytes_max=BYTES_MAX, age_s_max=0)


ENTRIES = st.lists(
    st.builds(
        waiting,
        st.sampled_from(["hall", "home7/ana"]),
        st.sampled_from([0.1, 0.5, 0.9]),
        st.integers(1, 300),
        st.sampled_from([-inf, 0.0, 5.0, 9.5]),
    ),
    max_size=60,
).map(lambda entries: sorted(entries, key=lambda each: each.since_s))
"""Oldest first, as an outbox gives them."""


@given(ENTRIES, st.integers(1, 20), st.integers(1, 600))
def test_each_goes_once_in_order_within_the_limits_or_waits_with_its_like(
    entries: list[Waiting], count_max: int, bytes_max: int
) -> None:
    limits = Limits(count_max, bytes_max)
    found = ready(entries, limits, 10)
    of = {each.n: each for each in entries}
    gone: dict[Any, list[int]] = defaultdict(list)
    for batch in found.batches:
        gone[batch.entity, batch.priority] += batch.numbers
        carried = [of[n] for n in batch.numbers]
        assert {(each.entity, each.priority) for each in carried} == {(batch.entity, batch.priority)}
        assert len(carried) <= count_max
        assert batch.bytes <= bytes_max or len(carried) == 1
    order = [batch.priority for batch in found.batches]
    assert order == sorted(order)
    alike: dict[Any, list[Waiting]] = defaultdict(list)
    for each in entries:
        alike[each.entity, each.priority].append(each)
    for group, members in alike.items():
        left = members[len(gone[group]) :]
        assert gone[group] == [each.n for each in members[: len(gone[group])]]
        assert len(left) < count_max
        assert sum(each.bytes for each in left) < bytes_max
        assert all(each.since_s > 9 and each.priority is not Priority.ALARM for each in left)
    assert sum(map(len, gone.values())) == len(entries) or found.next_s == 10.5


@given(
    st.lists(
        st.dictionaries(st.sampled_from("itv"), st.integers() | st.text(max_size=5), min_size=1),
        min_size=2,
        max_size=256,
    )
)
def test_observations_that_are_encoded_already_join_to_an_array_of_the_size_that_was_reckoned(
    observations: list[dict[str, Any]],
) -> None:
    try:
        encoded = [msgpack.packb(each) for each in observations]
    except OverflowError:  # beyond 64 bits
        return
    payload = joined(encoded)
    assert msgpack.unpackb(payload) == observations
    entries = [waiting(size=len(each)) for each in encoded]
    [batch] = ready(entries, Limits(256, BYTES_MAX), 0, everything=True).batches
    assert batch.bytes == len(payload)


def test_one_observation_goes_without_an_array() -> None:
    assert joined([b"\x81\xa1t\xa1x"]) == b"\x81\xa1t\xa1x"


def test_under_a_budget_no_message_but_an_alarm_takes_more_than_a_tenth_of_its_hour() -> None:
    low = [waiting(importance=0.1, size=90) for _ in range(3)]
    alarms = [waiting(importance=0.9, size=90) for _ in range(3)]
    found = ready([*low, *alarms], Limits(), 1.0, bytes_per_hour=2000)
    assert [batch.numbers for batch in found.batches] == [numbers(alarms), numbers(low[:2]), numbers(low[2:])]
    assert Limits(bytes_max=50).under_budget(2000).bytes_max == 50
    assert Limits().under_budget(1).bytes_max == 1, "each goes alone"
