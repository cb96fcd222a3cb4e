"""edge/outbox_room.py. By what an outbox keeps: test_outbox.py."""

from collections.abc import Iterator
from dataclasses import replace

from edge.entry import Entry
from edge.observed import size
from edge.outbox_room import Dropped, Room, tally
from tests.unit.edge.entries import an_entry

ENTRIES = [replace(an_entry(n, importance), n=n) for n, importance in enumerate([0.5, 0.2, 0.9, 0.2])]


def least_important() -> Iterator[tuple[Entry, int]]:
    for entry in sorted(ENTRIES, key=lambda each: (each.importance, each.n)):
        yield entry, 10


def test_of_what_fits_nothing_is_even_looked_at() -> None:
    def never() -> Iterator[tuple[Entry, int]]:
        raise AssertionError
        yield

    assert Room(40, 4, 1).surplus(4, 40, never()) == []


def test_as_many_go_as_must_and_each_says_which_bound() -> None:
    dropped = Room(15, 3, 1).surplus(4, 40, least_important())
    assert [(each.entry.n, each.reason) for each in dropped] == [(1, "count"), (3, "bytes"), (0, "bytes")]
    said_bytes = sum(size(each.entry.fields) for each in dropped)
    assert tally(dropped) == {"dropped_for_count": 1, "dropped_for_bytes": 2, "dropped_bytes": said_bytes}


def test_in_ram_the_least_important_go_and_of_those_the_oldest() -> None:
    room = Room(99, 99, 2)
    assert room.surplus_in_ram(ENTRIES) == [Dropped(ENTRIES[n], "volatile") for n in (1, 3)]
    assert room.surplus_in_ram(ENTRIES[:2]) == []
