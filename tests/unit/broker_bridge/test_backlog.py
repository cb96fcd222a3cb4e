"""broker_bridge/backlog.py"""

import pytest

from broker_bridge.backlog import OUTGOING_MAX, UNACKNOWLEDGED_MAX, Backlog, Due


def test_paused_it_reads_only_to_pass_over() -> None:
    assert Backlog().reads
    assert not Backlog(paused=True).reads
    assert Backlog(paused=True, passing_over=True).reads
    assert Backlog(passing_over=True).reads


@pytest.mark.parametrize("waiting", [0, UNACKNOWLEDGED_MAX - 1])
def test_with_few_unacknowledged_there_is_room_and_nothing_to_do(waiting: int) -> None:
    for paused in (False, True):
        assert Backlog(paused).has_room(waiting)
        assert Backlog(paused).due(waiting) is Due.NOTHING


def test_reading_it_publishes_no_more_than_the_broker_may_leave_unacknowledged() -> None:
    assert not Backlog().has_room(UNACKNOWLEDGED_MAX)
    assert Backlog().due(OUTGOING_MAX) is Due.NOTHING


def test_paused_it_publishes_on_until_as_many_wait_as_may_and_then_passes_over() -> None:
    backlog = Backlog(paused=True)
    assert backlog.has_room(OUTGOING_MAX - 1)
    assert backlog.due(OUTGOING_MAX - 1) is Due.NOTHING
    assert backlog.due(OUTGOING_MAX) is Due.PASS_OVER
    backlog.passing_over = True
    assert backlog.due(OUTGOING_MAX) is Due.NOTHING
    assert not backlog.has_room(OUTGOING_MAX)


def test_what_was_passed_over_comes_again_by_a_new_connection_once_ours_are_acknowledged() -> None:
    for paused in (True, False):
        backlog = Backlog(paused, passing_over=True)
        assert backlog.due(UNACKNOWLEDGED_MAX) is Due.NOTHING
        assert backlog.due(UNACKNOWLEDGED_MAX - 1) is Due.CONNECT_ANEW
