"""memory/reading_lines.py"""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from memory.asking import Aggregate
from memory.figures import Figure
from memory.reading_lines import ReadingLine, reading_lines
from memory.records import Memory


def a_reading(value: float | str | None, **changes: Any) -> Memory:
    usual: dict[str, Any] = {
        "id": "proof", "tenant": "t", "entity": "home7/kitchen", "device": "thermo", "kind": "reading",
        "text": "Ana watered the plants", "at": 0.0, "received": 0.0, "value": value, "unit": "Cel",
    }  # fmt: skip
    return Memory(**(usual | changes))


def line(aggregate: str, proof: Memory, **known: Any) -> ReadingLine:
    usual = {"attribute": "temperature", "device": "thermo", "words": "last night"}
    measured = Figure(Aggregate(aggregate), "home7/kitchen", (proof,), **(usual | known))
    return reading_lines([measured])["proof"]


NUMBERS = {"low": 19.8, "high": 24.1, "mean": 21.4444, "count": 2160}


@pytest.mark.parametrize(
    ("aggregate", "value", "said"),
    [
        ("span", 24.1, "19.8 to 24.1 °C, mean 21.44 (2,160 readings); highest"),
        ("span", 19.8, "19.8 to 24.1 °C, mean 21.44 (2,160 readings); lowest"),
        ("min", 19.8, "lowest 19.8 °C of 2,160 readings"),
        ("max", 24.1, "highest 24.1 °C of 2,160 readings"),
    ],
)
def test_numbers_are_said_with_their_unit(aggregate: str, value: float, said: str) -> None:
    assert line(aggregate, a_reading(value), **NUMBERS) == ReadingLine(
        f"kitchen temperature, last night: {said}"
    )


def test_a_mean_has_no_time_of_its_own_and_may_be_missing() -> None:
    told = line("mean", a_reading(21.4), **NUMBERS)
    assert told == ReadingLine(
        "kitchen temperature, last night: mean 21.44 °C of 2,160 readings", dated=False
    )
    assert "mean" not in line("span", a_reading(24.1), **(NUMBERS | {"mean": None})).content


@pytest.mark.parametrize(
    ("aggregate", "count", "said"),
    [
        ("count", 3, ReadingLine("kitchen window: 3 times open, last")),
        ("count", 1, ReadingLine("kitchen window: 1 time open, last")),
        ("count", 0, ReadingLine("kitchen window: 0 times open", dated=False)),
        ("last", None, ReadingLine("kitchen window: last open")),
        ("first", None, ReadingLine("kitchen window: first open")),
    ],
)
def test_states_are_said_by_when_and_how_often(aggregate: str, count: int | None, said: ReadingLine) -> None:
    proof = a_reading(value=True, unit=None)
    known = {"attribute": "window", "target": "open", "event": True, "count": count, "words": ""}
    assert line(aggregate, proof, **known) == said


def test_how_a_thing_stands_is_said_by_its_newest_memory() -> None:
    assert reading_lines([Figure(Aggregate.LAST, "home7/kitchen", (a_reading("closed"),), "window")]) == {}


def test_what_has_no_attribute_is_said_by_its_text_as_text() -> None:
    proof = a_reading(None, text="Ana watered\nthe plants [1]")
    told = line("count", proof, attribute=None, device=None, event=True, count=2, words="")
    assert told.content == "Ana watered the plants (1): 2 times, last"


def test_two_devices_of_one_place_are_told_apart_and_nobody_forges_a_citation() -> None:
    proofs = [a_reading(20.0, id=device, unit="[9]") for device in ("a", "b")]
    measured = [
        Figure(Aggregate.MAX, "home7/kitchen", (proof,), "temp [1]\n", proof.id, high=20.0)
        for proof in proofs
    ]
    lines = reading_lines(measured)
    assert lines["a"].content == "kitchen temp (1) (a): highest 20 (9) of 0 readings"
    assert lines["b"].content == "kitchen temp (1) (b): highest 20 (9) of 0 readings"


YEAR_2023 = {"since": 1_672_531_200.0, "until": 1_704_067_199.999}


@pytest.mark.parametrize(
    ("zone", "bounds", "said"),
    [
        (None, YEAR_2023, "(from 1 Jan 2023 00:00 UTC to 1 Jan 2024 00:00 UTC)"),
        ("Europe/Berlin", YEAR_2023, "(from 1 Jan 2023 01:00 to 1 Jan 2024 01:00)"),
        ("America/New_York", {"until": YEAR_2023["until"]}, "(to 31 Dec 2023 19:00)"),
    ],
)
def test_bounds_that_were_not_asked_for_are_said(
    zone: str | None, bounds: dict[str, float], said: str
) -> None:
    known = {**NUMBERS, **bounds, "attribute": "temperature", "words": "last year"}
    measured = Figure(Aggregate.MAX, "home7/kitchen", (a_reading(24.1),), snapped=True, **known)
    lines = reading_lines([measured], zone and ZoneInfo(zone))
    assert (
        lines["proof"].content == f"kitchen temperature, last year {said}: highest 24.1 °C of 2,160 readings"
    )
    [as_asked] = reading_lines([replace(measured, snapped=False)], zone and ZoneInfo(zone)).values()
    assert as_asked.content.startswith("kitchen temperature, last year: ")
