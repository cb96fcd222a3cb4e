"""workers/broker_watch.py: numbers of the broker become gauges, and a rise of its losses becomes trouble."""

import pytest

from broker_bridge.access import BROKER_DROPPED as DROPPED
from broker_bridge.access import BROKER_QUEUED as HELD
from workers.broker_watch import CALM_REPORTS, BrokerWatch


def watching(*dropped: int) -> BrokerWatch:
    """After a report of each of these numbers but the last, which is heard alone."""
    watch = BrokerWatch()
    for number in dropped[:-1]:
        watch.hear(DROPPED, b"%d" % number)
        watch.report()
    watch.hear(DROPPED, b"%d" % dropped[-1])
    return watch


def test_a_broker_that_says_nothing_has_no_gauges_and_no_trouble() -> None:
    watch = BrokerWatch()
    assert watch.gauges == {}
    assert watch.report() is None
    assert watch.gauges == {}


def test_its_numbers_are_gauges() -> None:
    watch = watching(3)
    watch.hear(HELD, b"120")
    assert watch.gauges == {"broker_messages_dropped": 3, "broker_messages_held": 120}


@pytest.mark.parametrize("payload", [b"", b"1.5", b"-1", b"many", b"9" * 21, "１".encode()])  # noqa: RUF001
def test_what_is_no_number_is_passed_over(payload: bytes) -> None:
    watch = watching(3)
    watch.hear(DROPPED, payload)
    assert watch.gauges == {"broker_messages_dropped": 3}


def test_other_topics_are_passed_over() -> None:
    watch = BrokerWatch()
    watch.hear("$SYS/broker/clients/connected", b"7")
    assert watch.gauges == {}


def test_what_was_dropped_before_we_came_is_no_trouble_of_now() -> None:
    assert watching(98_600).report() is None
    assert watching(98_600, 98_600).report() is None


@pytest.mark.parametrize("before", [[0], [5, 5], [500, 0]], ids=["first", "later", "after it began anew"])
def test_a_rise_is_trouble_with_its_number_and_the_next_step(before: list[int]) -> None:
    trouble = watching(*before, before[-1] + 84).report()
    assert trouble is not None
    assert "dropped 84 messages" in trouble
    assert "max_queued_messages" in trouble
    assert "membroker doctor" in trouble


def test_a_rise_right_after_the_first_number_and_before_any_report_counts() -> None:
    watch = BrokerWatch()
    watch.hear(DROPPED, b"0")
    watch.hear(DROPPED, b"7")
    assert "dropped 7 messages" in str(watch.report())


def test_a_broker_that_began_anew_has_lost_nothing_more() -> None:
    assert watching(500, 0).report() is None


def test_more_losses_are_counted_together_and_calm_begins_again() -> None:
    watch = watching(0, 10)
    watch.report()
    for _ in range(CALM_REPORTS - 1):
        assert watch.report() is not None
    watch.hear(DROPPED, b"15")
    assert "dropped 15 messages" in str(watch.report())
    for _ in range(CALM_REPORTS - 1):
        assert watch.report() is not None
    assert watch.report() is None


def test_after_the_calm_the_next_loss_is_counted_from_nothing() -> None:
    watch = watching(0, 10)
    for _ in range(CALM_REPORTS + 1):
        watch.report()
    watch.hear(DROPPED, b"12")
    assert "dropped 2 messages" in str(watch.report())
