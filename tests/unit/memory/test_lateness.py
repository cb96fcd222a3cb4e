"""memory/lateness.py"""

from dataclasses import replace

from memory.lateness import SETTLED_S, late
from memory.measured import Measured
from memory.records import Memory, Sample
from tests.contract.memories import a_memory

MADE = 1000.0
KEPT, LATE = (
    Sample(name, "e", "d", 5.0, 1.0, received) for name, received in (("kept", 900.0), ("late", 1100.0))
)


def before(count: int) -> Memory:
    whole = Measured(count=count, since=1.0, until=9.0, first=1.0, last=1.0)
    return a_memory(received=MADE, tier="summary", measured=whole)


def ids(found: list[Sample] | None) -> list[str] | None:
    return None if found is None else [each.id for each in found]


def test_without_a_summary_it_is_made_of_all() -> None:
    assert late([KEPT], None, counted={}, thinned=(), now=MADE) is None
    assert late([KEPT], a_memory(), counted={}, thinned=(), now=MADE) is None


def test_as_long_as_all_are_there_it_is_made_of_all() -> None:
    assert late([KEPT], before(1), counted={}, thinned=(), now=MADE) is None
    assert late([KEPT, LATE], before(1), counted={}, thinned=(), now=MADE) is None


def test_where_some_are_gone_and_nothing_is_written_down_the_time_of_receipt_tells() -> None:
    assert ids(late([KEPT, LATE], before(9), counted={}, thinned=(), now=MADE)) == ["late"]
    assert ids(late([KEPT], before(9), counted={}, thinned=(), now=MADE)) == []


def test_many_late_ones_do_not_pose_as_those_that_are_gone() -> None:
    many = [replace(LATE, id=f"late {n}") for n in range(9)]
    assert len(late(many, before(5), counted={}, thinned=(), now=MADE) or []) == 9


def test_what_is_written_down_tells_whenever_it_was_received() -> None:
    slow = replace(KEPT, id="slow")
    found = late([KEPT, slow, LATE], before(9), counted={"kept": 1, "late": 1}, thinned=(), now=MADE)
    assert ids(found) == ["slow"]


def test_what_is_about_to_go_is_counted() -> None:
    assert ids(late([KEPT, LATE], before(9), counted={"kept": 1}, thinned={"late"}, now=MADE)) == []


def test_what_was_said_again_since_counts_as_often_as_that() -> None:
    again = replace(KEPT, seen=5, first=2.0)
    assert late([again], before(9), counted={"kept": 2}, thinned=(), now=MADE) == [replace(KEPT, seen=3)]


def test_what_was_written_down_and_pruned_is_told_by_the_time_of_receipt() -> None:
    known = {"other": 1}
    there = [KEPT, replace(KEPT, id="other")]
    assert ids(late(there, before(9), counted=known, thinned=(), now=MADE + SETTLED_S)) == ["kept"]
    assert ids(late(there, before(9), counted=known, thinned=(), now=MADE + SETTLED_S + 1)) == []
