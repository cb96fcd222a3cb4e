"""memory/digest_entries.py"""

from typing import Any

import pytest

from memory.digest_entries import changed, gist, lasting, series, state
from memory.drift import Drift
from memory.measured import Held, Measured
from memory.records import Memory
from memory.statements import Was
from schemas.digest import DigestState, Gist, Series

AT = 1_772_366_400.5


def a_memory(text: str, **changes: Any) -> Memory:
    usual: dict[str, Any] = {
        "id": "m", "tenant": "t", "entity": "home7/ana", "device": "kiosk-1", "kind": "fact", "text": text,
        "at": AT, "received": AT,
    }  # fmt: skip
    return Memory(**(usual | changes))


def said(entry: Any) -> Any:
    assert entry is not None
    return entry.said


@pytest.mark.parametrize(
    ("kind", "field"), [("fact", "facts"), ("preference", "preferences"), ("routine", "routines")]
)
def test_what_is_stable_is_told_as_it_was_said_on_one_line_or_not_at_all(kind: str, field: str) -> None:
    memory = a_memory("Ana eats nuts.\nBut not peanuts.", kind=kind)
    entry = lasting(memory, 31)
    assert entry is not None
    assert (entry.memory, entry.field, entry.said) == (memory, field, "Ana eats nuts. But not peanuts.")
    assert lasting(memory, 30) is None


def test_what_changed_is_told_with_what_was_before_or_not_at_all() -> None:
    coffee = a_memory("Ana takes coffee", kind="preference")
    entry = lasting(a_memory("Ana takes tea", kind="preference"), 100)
    assert entry is not None
    assert entry.memories == (entry.memory,)
    text = "Ana takes tea (before: Ana takes coffee, until 2026-03-01)."
    longer = changed(entry, Was(coffee, AT), len(text))
    assert longer is not None
    assert (longer.said, longer.memories) == (text, (entry.memory, coffee))
    assert changed(entry, Was(coffee, AT), len(text) - 1) is None


def test_a_state_is_its_value_or_else_its_text() -> None:
    reading = a_memory("kitchen 21.5 °C", attribute="temperature", value=21.5, unit="Cel")
    assert said(state(reading, 9)) == ("temperature", DigestState(value=21.5, unit="Cel", at=int(AT)))
    mode = a_memory("night mode is on", attribute="mode")
    assert said(state(mode, 16)) == ("mode", DigestState(text="night mode is on", at=int(AT)))
    assert state(mode, 15) is None
    assert state(a_memory("", attribute="door", value="é" * 8), 15) is None


def test_where_the_readings_are_gone_their_summary_says_the_last() -> None:
    whole = Measured(count=9, since=AT - 9, until=AT, first=1, last=4.5)
    told = said(state(a_memory("in words", attribute="flow", measured=whole), 99))
    assert told == ("flow", DigestState(value=4.5, at=int(AT)))


@pytest.mark.parametrize(
    ("bytes_max", "text"),
    [
        (99, "Ana: It rained. The roof held.\nBen: I slept."),
        (40, "Ana: It rained. The roof held."),
        (29, "Ana: It rained."),
        (15, "Ana: It rained."),
        (14, None),
    ],
)
def test_a_gist_is_as_many_first_sentences_as_fit(bytes_max: int, text: str | None) -> None:
    summary = a_memory("Ana: It rained. The roof held.\nBen: I slept.", session="evening")
    entry = gist(summary, bytes_max)
    told = None if entry is None else entry.said
    assert told == (None if text is None else Gist(text=text, at=int(AT), session="evening"))


def test_a_sentence_that_leans_on_the_one_before_goes_with_it() -> None:
    assert gist(a_memory("She eats nuts. Not peanuts."), 20) is None


def test_numbers_are_told_exactly_and_their_mean_to_six_digits() -> None:
    drift = Drift(9, mean=21.08333333, deviation=1.0, deviation_at=60.0, correlation=0.9)
    whole = Measured(count=9, since=AT, until=AT, first=1, last=2.5, min=0.1, max=24, drift=drift)
    memory = a_memory("in words", attribute="flow", unit="l/s", measured=whole)
    assert said(series(memory, 9)) == Series(
        attribute="flow", device="kiosk-1", unit="l/s", count=9, min=0.1, max=24, mean=21.0833, last=2.5,
        trend="rising",
    )  # fmt: skip


def test_texts_and_flags_are_told_by_how_long_each_held() -> None:
    held = [Held("open", 3600.4, 3, 2, AT), Held(False, 60.0, 1, 1, AT), Held(None, 9.0, 9, 9, AT)]
    whole = Measured(count=13, since=AT, until=AT + 4000, first="open", last=False, values=held)
    told = said(series(a_memory("in words", attribute="door", measured=whole), 9))
    assert told.held == {"open": 3600, "false": 60}
    assert (told.last, told.mean, told.trend) == (False, None, None)


def test_what_measured_nothing_is_no_series() -> None:
    assert series(a_memory("in words"), 99) is None
