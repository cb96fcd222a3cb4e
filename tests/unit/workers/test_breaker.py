"""workers/breaker.py"""

from workers.breaker import FAILURES_MAX, REST_S, Breaker


def broken(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_MAX):
        assert breaker.may_try(now)
        breaker.failed(now)
    return breaker


def test_after_some_failures_it_rests() -> None:
    breaker = broken(now=100.0)
    assert not breaker.may_try(100.0 + REST_S - 1.0)
    assert breaker.may_try(100.0 + REST_S)


def test_one_more_failure_after_the_rest_begins_another() -> None:
    breaker = broken()
    breaker.failed(REST_S)
    assert not breaker.may_try(REST_S + 1.0)


def test_a_success_forgets_the_failures() -> None:
    breaker = broken()
    breaker.succeeded()
    breaker.failed(1.0)
    assert breaker.may_try(1.0)
