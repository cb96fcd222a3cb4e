"""workers/arriving.py"""

from typing import Any

import pytest

from memory.portions import Arrivals, portions_of
from memory.records import Memory
from tests.contract.memories import a_memory
from workers import arriving
from workers.arriving import Arriving

NOON = 1_700_049_600.0


def reading(**fields: Any) -> Memory:
    return a_memory(**{"kind": "reading", "value": 1.0, "attribute": "temperature", "at": NOON, **fields})


def test_what_came_is_counted_by_the_smallest_portion_and_once() -> None:
    arrived = Arriving()
    arrived.note([reading(), reading(at=NOON + 3599), reading(at=NOON + 3600)], 5.0)
    arrived.note([reading()], 9.0)
    hour, next_hour = portions_of(reading())[0], portions_of(reading(at=NOON + 3600))[0]
    assert arrived.take() == {hour: Arrivals(3, 5.0, 9.0), next_hour: Arrivals(1, 5.0, 5.0)}
    assert arrived.take() == {}


def test_what_could_not_be_written_is_taken_again_with_what_came_since() -> None:
    arrived = Arriving()
    arrived.note([reading()], 5.0)
    taken = arrived.take()
    arrived.note([reading()], 9.0)
    arrived.give_back(taken)
    assert list(arrived.take().values()) == [Arrivals(2, 5.0, 9.0)]


@pytest.mark.parametrize(
    "other",
    [
        {"value": None}, {"kind": "config"}, {"expires": 5e9}, {"session": "s1", "value": None},
        {"attribute": None}, {"device": "other"}, {"entity": "home8"}, {"tenant": "other"},
        {"kind": "summary"},
    ],
    ids=str,
)  # fmt: skip
def test_a_glance_sees_what_portions_of_sees(other: dict[str, Any]) -> None:
    arrived = Arriving()
    arrived.note([reading(), reading(**other)], 5.0)
    expected = {portions_of(each)[0] for each in (reading(), reading(**other)) if portions_of(each)}
    assert set(arrived.take()) == expected


def test_it_does_not_grow_with_the_series_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "KNOWN_MAX", 3)
    arrived = Arriving()
    for n in range(10):
        arrived.note([reading(attribute=f"a{n}")], 5.0)
    assert len(arrived.take()) == 10
    assert len(arrived._known) <= 3
