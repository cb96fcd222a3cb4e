"""Lines for people: complete, one line each, and harmless on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.lines import content, of_match, of_reading, of_receipt, of_record, of_time, reading, shown
from schemas.receipt import Receipt
from schemas.stream import StreamRecord

MATCH = {"memory": "m", "at": 0, "score": 0.5, "entity": "home7/ana", "kind": "fact", "text": "likes tea"}


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("plain", "plain"),
        ("Käse 日本 🧀", "Käse 日本 🧀"),
        ("two\nlines", r"two\nlines"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("left\u202eright", r"left\u202eright"),
        ("next\u2028line", r"next\u2028line"),
        ("family 👩\u200d👧", "family 👩\u200d👧"),
    ],
)
def test_text_of_others_is_safe_on_a_terminal(sent: str, seen: str) -> None:
    assert shown(sent) == seen


@given(st.text())
def test_whatever_a_device_sends_it_is_one_line_without_controls(text: str) -> None:
    line = shown(text)
    assert len(line.splitlines()) <= 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)


@pytest.mark.parametrize(
    ("attribute", "value", "unit", "said"),
    [
        ("temperature", 21.5, "Cel", "temperature 21.5 Cel"),
        (None, 0, None, "0"),
        ("door", True, None, "door true"),
        ("door", False, None, "door false"),
        ("mode", "eco", None, "mode eco"),
        ("colour", None, None, "colour"),
        (None, None, None, ""),
    ],
)
def test_a_reading_is_what_there_is_of_it(
    attribute: str | None, value: object, unit: str | None, said: str
) -> None:
    assert reading(attribute, value, unit) == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"text": "hello"}, "hello"),
        ({"value": 3}, "3"),
        ({"value": 3, "text": "hello"}, "3: hello"),
        ({"attribute": "colour", "text": "blue"}, "blue"),
        ({"attribute": "colour", "value": "blue"}, "colour blue"),
        ({"attribute": "t", "value": 3.5, "unit": "Cel", "text": "hall t 3.5 °C"}, "t 3.5 Cel"),
    ],
)
def test_content_is_reading_text_or_both(told: dict[str, object], said: str) -> None:
    assert content("home7/hall", told) == said


def test_a_match_is_time_score_entity_kind_content() -> None:
    assert of_match(MATCH) == "1970-01-01 00:00:00Z  0.500  home7/ana  fact  likes tea"


def test_a_match_without_a_score_keeps_its_columns() -> None:
    line = of_match({key: MATCH[key] for key in MATCH if key != "score"})
    assert line == "1970-01-01 00:00:00Z      -  home7/ana  fact  likes tea"


def test_parts_are_shown_when_asked_for() -> None:
    match = {**MATCH, "parts": {"recency": 0.25, "dense": 0.75}}
    assert of_match(match) == of_match(MATCH)
    assert of_match(match, explain=True).splitlines()[1] == "    memory m  dense 0.750  recency 0.250"


@pytest.mark.parametrize(
    ("ends", "span"),
    [
        ({"since": 0.0, "until": 60.0}, "1970-01-01 00:00:00Z to 1970-01-01 00:01:00Z"),
        ({"since": 60.0}, "since 1970-01-01 00:01:00Z"),
        ({"until": 60.0}, "until 1970-01-01 00:01:00Z"),
    ],
)
def test_how_a_time_was_read_is_a_line(ends: dict[str, float], span: str) -> None:
    assert of_time({"words": "back then", "hard": True, **ends}) == f"read 'back then' as {span}"


def test_a_stored_record_names_whose_and_by_whom() -> None:
    record = StreamRecord(event="stored", memory="m", kind="reading", value=3, at=0.0, device="hub")
    assert of_record("t", "e/f", record) == "1970-01-01 00:00:00Z  stored  t/e/f  reading  by hub  3"


def test_a_forgotten_record_names_the_memories() -> None:
    line = of_record("t", "e", StreamRecord(event="forgotten", memories=["a", "b"]))
    assert line.split() == ["forgotten", "t/e", "-", "by", "-", "2", "memories:", "a,", "b"]


def test_receipts_say_where_or_why() -> None:
    assert of_receipt(Receipt(status="duplicate", memory="m-1")) == "duplicate  memory m-1"
    refused = Receipt(status="refused", reason="invalid", hint="`at`:\nmust be")
    assert of_receipt(refused) == r"refused (invalid): `at`:\nmust be"


KITCHEN = {"entity": "home7/kitchen", "attribute": "temperature", "device": "t-1", "memory": "m", "at": 0}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {**KITCHEN, "asked": "span", "min": 19.5, "mean": 21.123456789, "max": 24.0, "unit": "Cel",
             "value": 24.0, "count": 2160},
            "span  home7/kitchen  temperature  by t-1  min 19.5 mean 21.1235 max 24 Cel  of 2160 readings",
        ),
        (
            {"asked": "max", "entity": "e", "max": 24.0, "at": 0, "since": 0, "until": 60, "snapped": True},
            "max  e  max 24  1970-01-01 00:00:00Z to 1970-01-01 00:01:00Z",
        ),
        ({**KITCHEN, "asked": "last", "value": 21.5, "unit": "Cel", "since": 0},
         "last  home7/kitchen  temperature  by t-1  21.5 Cel"),
        ({**KITCHEN, "asked": "last", "value": True, "state": "open"},
         "last  home7/kitchen  temperature  by t-1  open"),
        ({"asked": "count", "entity": "home7", "count": 3, "memory": "m", "at": 0}, "count  home7  3 times"),
        ({**KITCHEN, "asked": "count", "count": 0, "state": "\x1b[2Jopen"},
         "count  home7/kitchen  temperature  by t-1  \\x1b[2Jopen  0 times"),
    ],
)  # fmt: skip
def test_what_readings_answer_is_one_line(told: dict[str, object], said: str) -> None:
    assert of_reading(told) == f"1970-01-01 00:00:00Z  {said}"
