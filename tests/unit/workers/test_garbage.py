"""workers/garbage.py"""

import gc
from collections.abc import Iterator

import pytest

from workers.garbage import ALLOCATED_MAX, leave_what_is_loaded


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("_as_it_was")
def test_what_is_loaded_is_looked_through_no_more() -> None:
    loaded = [[]]  # type: list[list[object]]
    leave_what_is_loaded()
    assert gc.get_freeze_count() > 0
    assert all(each is not loaded for each in gc.get_objects())


@pytest.mark.usefixtures("_as_it_was")
def test_the_older_are_looked_through_as_often_as_before_among_the_younger() -> None:
    _, *older = gc.get_threshold()
    leave_what_is_loaded()
    assert gc.get_threshold() == (ALLOCATED_MAX, *older)


@pytest.mark.usefixtures("_as_it_was")
def test_what_refers_to_itself_and_came_later_is_still_collected() -> None:
    leave_what_is_loaded()
    gc.collect()
    later = []  # type: list[object]
    later.append(later)
    del later
    assert gc.collect() == 1
