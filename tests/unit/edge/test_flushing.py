"""What is under way, by what happens to it; the clock is turned by hand."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.flushing import BACKOFF_S_FIRST, BACKOFF_S_MAX, IN_FLIGHT_MAX, NO_SUBSCRIBERS, Flushing, Key

SUCCESS, NOT_AUTHORIZED = 0x00, 0x87


def of(*ids: int | str) -> dict[Key, int]:
    """As many observations of one entity."""
    return {("home7", each): n for n, each in enumerate(ids, start=1)}


@pytest.fixture
def flushing() -> Flushing:
    return Flushing(random=Random(7), silence_s_max=20.0)


def test_no_more_than_its_bound_is_under_way(flushing: Flushing) -> None:
    for number in range(IN_FLIGHT_MAX):
        assert flushing.may_send(0.0)
        flushing.sent(bytes([number]), {("home7", number): number}, 0.0)
    assert not flushing.may_send(0.0)
    flushing.receipted([("home8", 0)])
    assert not flushing.may_send(0.0), "another entity's observation of the same id"
    flushing.receipted([("home7", 0)])
    assert flushing.may_send(0.0)
    assert flushing.numbers == {1, 2, 3}


def test_a_batch_is_done_when_all_of_it_has_a_receipt(flushing: Flushing) -> None:
    flushing.sent(b"a", of(1, "two"), 0.0)
    flushing.receipted(of(1))
    assert flushing.numbers == {2}
    flushing.receipted(of("two"))
    assert flushing.numbers == frozenset()


def test_a_puback_alone_ends_nothing(flushing: Flushing) -> None:
    flushing.sent(b"a", of(1), 0.0)
    assert flushing.taken(b"a", SUCCESS, 0.1)
    assert flushing.numbers == {1}


@pytest.mark.parametrize("reason", [NO_SUBSCRIBERS, NOT_AUTHORIZED])
def test_what_the_broker_does_not_take_waits_and_is_free_again(flushing: Flushing, reason: int) -> None:
    flushing.sent(b"a", of(1), 0.0)
    assert not flushing.taken(b"a", reason, 0.0)
    assert flushing.numbers == frozenset()
    again_s = flushing.next_s(0.0)
    assert again_s is not None
    assert 0 < again_s <= BACKOFF_S_FIRST
    assert not flushing.may_send(0.0)
    assert flushing.may_send(again_s)


def test_silence_frees_a_batch_and_its_late_receipt_harms_nothing(flushing: Flushing) -> None:
    flushing.sent(b"a", of(1), 0.0)
    assert flushing.next_s(0.0) == 20.0
    flushing.sent(b"b", of("two"), 0.0)
    flushing.taken(b"b", SUCCESS, 0.1)
    assert flushing.overdue(19.9) == []
    assert flushing.overdue(20.0) == [False, True], "not even the broker took the first"
    assert flushing.numbers == frozenset()
    flushing.receipted(of(1))
    assert flushing.numbers == frozenset()


def test_waits_grow_to_their_bound_and_a_receipt_makes_them_short_again() -> None:
    class Longest(Random):
        def uniform(self, _low: float, high: float) -> float:
            return high

    flushing = Flushing(random=Longest())
    waits, now_s = [], 0.0
    for _ in range(10):
        flushing.sent(b"a", of(1), now_s)
        flushing.taken(b"a", NO_SUBSCRIBERS, now_s)
        again_s = flushing.next_s(now_s)
        assert again_s is not None
        waits.append(again_s - now_s)
        now_s = again_s
    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]
    assert waits[-1] == BACKOFF_S_MAX
    flushing.receipted([])
    flushing.sent(b"a", of(1), now_s)
    flushing.taken(b"a", NO_SUBSCRIBERS, now_s)
    assert flushing.next_s(now_s) == now_s + BACKOFF_S_FIRST


def test_a_lost_connection_frees_all_and_makes_nobody_wait(flushing: Flushing) -> None:
    flushing.sent(b"a", of(1), 0.0)
    flushing.lost()
    assert flushing.numbers == frozenset()
    assert flushing.may_send(0.0)


def test_a_batch_says_what_was_in_it_and_has_no_receipt(flushing: Flushing) -> None:
    flushing.sent(b"a", of(1, 2), 0.0)
    flushing.receipted(of(1))
    assert flushing.in_batch(b"a") == (("home7", 2),)
    assert flushing.in_batch(b"b") == ()


def test_what_is_too_fast_waits(flushing: Flushing) -> None:
    flushing.sent(b"a", of(1, 2), 0.0)
    flushing.put_off(of(1, 2), 0.0)
    assert flushing.numbers == frozenset()
    assert not flushing.may_send(0.0)


@given(st.lists(st.tuples(st.sampled_from("srpol"), st.integers(0, 5)), max_size=40))
def test_nothing_is_under_way_twice_or_past_the_bound(steps: list[tuple[str, int]]) -> None:
    flushing, now_s, number = Flushing(random=Random(1)), 0.0, 0
    for step, argument in steps:
        now_s += argument
        if step == "s" and flushing.may_send(now_s):
            before = flushing.numbers
            number += 1
            flushing.sent(bytes([number]), {("e", number): number}, now_s)
            assert flushing.numbers == before | {number}
        elif step == "r":
            flushing.receipted([("e", argument)])
        elif step == "p":
            flushing.taken(bytes([argument]), NO_SUBSCRIBERS, now_s)
        elif step == "o":
            flushing.overdue(now_s)
        elif step == "l":
            flushing.lost()
        assert len(flushing.numbers) <= IN_FLIGHT_MAX


def test_batches_that_went_together_fail_as_one(flushing: Flushing) -> None:
    """Four at once would else wait as if the memory had been away four times."""
    for number in range(3):
        flushing.sent(bytes([number]), {("home7", number): number}, 0.0)
    assert not flushing.taken(b"\x00", NO_SUBSCRIBERS, 0.1)
    waits_s = flushing.next_s(0.1)
    assert not flushing.taken(b"\x01", NO_SUBSCRIBERS, 0.2)
    flushing.put_off([("home7", 2)], 0.3)
    assert flushing.next_s(0.0) == waits_s
    assert flushing._backoff._bound_s == 2 * BACKOFF_S_FIRST
    flushing.sent(b"\x03", {("home7", 3): 3}, 2.0)
    assert not flushing.taken(b"\x03", NO_SUBSCRIBERS, 2.1)
    assert flushing._backoff._bound_s == 4 * BACKOFF_S_FIRST
