"""memory/profiling.py"""

from itertools import count
from typing import Any

from memory.profiling import LIST_MAX, stable
from memory.records import Memory

_serial = count()


def fact(text: str, **changes: Any) -> Memory:
    usual: dict[str, Any] = {
        "id": str(next(_serial)), "tenant": "t", "entity": "ana", "device": "d", "kind": "fact", "text": text,
        "at": 1.0, "received": 1.0,
    }  # fmt: skip
    return Memory(**(usual | changes))


def test_of_an_attribute_only_the_newest_is_how_things_are() -> None:
    old, new = fact("lives in Rome", attribute="city"), fact("lives in Oslo", attribute="city", at=2.0)
    other = fact("Ben lives in Bonn", attribute="city", entity="ben")
    assert stable([old, other, new]) == [new, other]


def test_what_says_the_same_of_one_entity_is_there_once() -> None:
    old, new = fact("likes tea"), fact("Likes tea!", at=2.0)
    other = fact("likes tea", entity="ben")
    assert stable([old, new, other]) == [new, other]


def test_the_important_come_first_then_the_repeated_then_the_newest() -> None:
    low, high = fact("low", importance=0.1, seen=9, at=9.0), fact("high", importance=0.9)
    often, new, old = fact("often", seen=3), fact("new", at=3.0), fact("old", importance=0.5)
    assert stable([low, old, new, often, high]) == [high, often, new, old, low]


def test_what_was_of_use_comes_before_what_was_not() -> None:
    useless, plain, useful = fact("a", votes={"phone": False}), fact("b"), fact("c", votes={"phone": True})
    assert stable([useless, plain, useful]) == [useful, plain, useless]


def test_a_list_is_bounded() -> None:
    assert len(stable([fact(f"fact {number}") for number in range(LIST_MAX + 9)])) == LIST_MAX
    assert stable([]) == []
