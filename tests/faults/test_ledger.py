"""tests/faults/ledger.py: a run that lost, doubled or changed something is told so."""

from typing import Any

import pytest

from tests.faults.ledger import Ledger, Observed, in_words, judge

MADE = {n: Observed(f"home/{n % 2}", {"id": n, "text": f"note {n}", "at": 1000.0 + n}) for n in range(4)}


def receipt(name: Any, memory: str | None = None, status: str = "stored") -> dict[str, Any]:
    return {"id": name, "status": status, "memory": memory or f"memory-{name}"}


def match(name: int) -> dict[str, Any]:
    return {**MADE[name].body, "entity": MADE[name].entity, "device": "d"}


@pytest.fixture
def ledger() -> Ledger:
    """Of four observations, three have their receipt."""
    ledger = Ledger("d")
    for observed in MADE.values():
        ledger.observe(observed)
    for name in range(3):
        assert ledger.tell(receipt(name))
    return ledger


@pytest.fixture
def found() -> dict[str, list[dict[str, Any]]]:
    return {f"memory-{name}": [match(name)] for name in range(3)}


def test_kept_promises_are_no_fault_whether_the_one_without_a_receipt_is_stored_or_not(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]]
) -> None:
    assert list(ledger.kept) == [3]
    assert judge([ledger], found, 3) == []
    assert judge([ledger], found, 4) == []


def test_a_second_receipt_is_harmless(ledger: Ledger, found: dict[str, list[dict[str, Any]]]) -> None:
    assert not ledger.tell(receipt(1, status="duplicate"))
    assert judge([ledger], found, 3) == []


def test_a_promise_that_is_not_found_is_told(ledger: Ledger, found: dict[str, list[dict[str, Any]]]) -> None:
    del found["memory-1"]
    assert judge([ledger], found, 3) == ["d had a receipt for 1, and 0 are found"]


def test_one_found_twice_is_told(ledger: Ledger, found: dict[str, list[dict[str, Any]]]) -> None:
    found["memory-1"] *= 2
    assert judge([ledger], found, 3) == ["d had a receipt for 1, and 2 are found"]


@pytest.mark.parametrize("stored", [2, 5])
def test_fewer_memories_than_receipts_or_more_than_observations_are_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]], stored: int
) -> None:
    assert judge([ledger], found, stored) == [
        f"{stored} memories of 4 observations, 3 of them with a receipt"
    ]


@pytest.mark.parametrize(
    ("key", "other"), [("text", "another"), ("id", 2), ("entity", "home/9"), ("device", "e"), ("at", 7.0)]
)
def test_one_remembered_otherwise_is_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]], key: str, other: Any
) -> None:
    found["memory-1"][0][key] = other
    [fault] = judge([ledger], found, 3)
    assert f"{{'{key}': {other!r}}}" in fault


def test_one_that_its_device_dropped_without_a_receipt_is_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]]
) -> None:
    ledger.kept.clear()
    assert judge([ledger], found, 3) == ["d dropped what has none: 3"]


def test_one_kept_although_it_has_a_receipt_is_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]]
) -> None:
    ledger.kept[1] = MADE[1]
    assert judge([ledger], found, 3) == ["d keeps what has a receipt: 1"]


def test_two_memories_of_one_observation_are_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]]
) -> None:
    ledger.tell(receipt(1, "another"))
    [fault] = judge([ledger], found, 3)
    assert "two memories of 1" in fault


def test_one_memory_of_two_observations_that_was_seen_once_is_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]]
) -> None:
    ledger.tell(receipt(3, "memory-1"))
    assert "memory-1 was told of 2 observations, and seen 1 times" in judge([ledger], found, 4)


@pytest.fixture
def merged() -> Ledger:
    """Of three that say the same, the first is stored and the second counted there."""
    ledger = Ledger("d")
    for n in range(3):
        ledger.observe(Observed("home", {"id": n, "text": "the bell rang", "at": 1000.0 + n}))
    ledger.tell(receipt(0, "memory"))
    ledger.tell(receipt(1, "memory", "merged"))
    return ledger


def rang(seen: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    usual = {"id": 0, "text": "the bell rang", "at": 1001.0, "first": 1000.0, "seen": seen, "entity": "home"}
    return {"memory": [{**usual, "device": "d", **more}]}


def test_what_is_counted_elsewhere_is_no_fault(merged: Ledger) -> None:
    assert judge([merged], rang(2), 1) == []
    assert judge([merged], rang(3), 1) == []


def test_what_is_counted_too_seldom_or_too_often_or_elsewhere_is_told(merged: Ledger) -> None:
    assert judge([merged], rang(1), 1) != []
    assert judge([merged], rang(4), 1) == ["4 memories of 3 observations, 2 of them with a receipt"]
    for wrong in ({"at": 1000.5}, {"first": 1000.5}, {"id": 9}, {"text": "it broke"}):
        assert judge([merged], rang(2, **wrong), 1) != []


@pytest.mark.parametrize(
    "told", [receipt(1, status="refused"), receipt(99), {"id": None, "status": "refused"}]
)
def test_a_receipt_that_nobody_earned_is_told(
    ledger: Ledger, found: dict[str, list[dict[str, Any]]], told: dict[str, Any]
) -> None:
    assert not ledger.tell(told)
    [fault] = judge([ledger], found, 3)
    assert fault.startswith("d was told")


def test_of_many_faults_the_first_are_named() -> None:
    assert in_words([str(n) for n in range(100)]).splitlines() == ["100 faults:", "0", "1", "2", "3", "4"]
