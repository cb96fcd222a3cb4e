"""edge/entry.py"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import entry as module
from edge.clock import Moment
from edge.entry import Torn, from_row, observed, to_row
from edge.observing import ALARM, LOW, fields
from tests.wire.strategies import observation_fields

HERE = Moment(1_780_000_000.0, "boot", 5.0)


@given(observation_fields(), st.floats(0, 2e9) | st.none())
def test_an_entry_is_read_as_it_was_written(sent: dict[str, object], at: float | None) -> None:
    sent.pop("at", None)
    entry = observed("home7/kitchen", fields(**sent), Moment(at, "boot", 5.0))  # type: ignore[arg-type]
    assert from_row(to_row(entry)) == entry
    assert entry.moment == Moment(at, "boot", 5.0)


def test_an_id_is_made_once_and_one_that_was_given_is_kept() -> None:
    made, given_ = observed("e", fields("x"), HERE), observed("e", fields("x", id="mine"), HERE)
    assert made.fields == {"i": made.id, "t": "x"}
    assert (given_.id, given_.fields["i"]) == ("mine", "mine")


@pytest.mark.parametrize(
    ("importance", "priority"), [(1.0, 0), (ALARM, 0), (0.79, 1), (0.5, 1), (LOW, 1), (0.29, 2), (0.0, 2)]
)
def test_alarms_are_urgent_and_what_is_low_is_not(importance: float, priority: int) -> None:
    assert observed("e", fields("x", importance=importance), HERE).priority == priority


@pytest.mark.parametrize("column", [2, 6, 9, 10])
def test_a_row_that_does_not_say_what_was_written_is_torn(column: int) -> None:
    row = list(to_row(replace(observed("home7", fields("x"), HERE), n=7)))
    row[column] = {2: "home8", 6: None, 9: 0, 10: b"\x81\xa1t\xa1y"}[column]
    with pytest.raises(Torn, match="entry 7 of the outbox is damaged"):
        from_row(tuple(row))  # type: ignore[arg-type]


def test_an_entry_weighs_what_it_says_and_what_it_costs_the_file() -> None:
    entry = observed("home7", fields("x" * 100, id=1), HERE)
    said_bytes = 1 + 2 + 1 + 2 + 2 + 100
    assert module.bytes_of(entry) == said_bytes + len("home7") + module.OVERHEAD_BYTES
