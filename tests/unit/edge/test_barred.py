"""Who has to wait because the broker refuses them, and how long."""

from random import Random

from edge.barred import ENTITIES_MAX, Barred
from edge.flushing import BACKOFF_S_FIRST, BACKOFF_S_MAX


def test_one_waits_and_no_other() -> None:
    barred = Barred(Random(1))
    barred.bar("home8", 100.0)
    until_s = barred.next_s(100.0)
    assert until_s is not None
    assert 100.0 < until_s <= 100.0 + BACKOFF_S_FIRST
    assert barred.now(100.0) == {"home8"}
    assert barred.now(until_s) == frozenset()
    assert barred.next_s(until_s) is None


def test_the_bound_doubles_once_an_attempt_and_ends_with_a_receipt() -> None:
    barred, now_s, longest_s = Barred(Random(2)), 0.0, 0.0
    for _ in range(100):
        barred.bar("home8", now_s)
        until_s = barred.next_s(now_s) or now_s
        barred.bar("home8", now_s)
        assert barred.next_s(now_s) == until_s, "what was under way with it is no news"
        longest_s, now_s = max(longest_s, until_s - now_s), until_s
    assert BACKOFF_S_MAX / 2 < longest_s <= BACKOFF_S_MAX
    barred.granted("home8")
    barred.bar("home8", now_s)
    assert (barred.next_s(now_s) or now_s) <= now_s + BACKOFF_S_FIRST


def test_they_are_bounded_and_forgotten_with_the_connection() -> None:
    barred = Barred(Random(3))
    for n in range(ENTITIES_MAX + 5):
        barred.bar(f"e{n}", 0.0)
    assert len(barred.now(0.0)) == ENTITIES_MAX
    barred.clear()
    assert barred.now(0.0) == frozenset()
