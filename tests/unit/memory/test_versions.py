"""memory/versions.py"""

from dataclasses import replace

import pytest

from memory.records import Memory
from memory.versions import VERSIONS_MAX, as_it_was, as_version, changed, is_plain_reading

NOTE = Memory("id", "acme", "home7", "kiosk-1", "note", "Ana likes tea", at=10.0, received=11.0)
READING = replace(
    NOTE, kind="reading", text="home7 temperature 21.5 °C", value=21.5, unit="Cel", attribute="temperature"
)


def test_a_change_takes_the_place_and_the_old_version_goes_to_the_history() -> None:
    after = changed(NOTE, {"text": "Ana likes coffee", "tags": ["taste"]}, by="phone", now=20.0)
    assert (after.text, after.tags, after.at) == ("Ana likes coffee", ["taste"], 10.0)
    assert (after.written, after.written_by) == (20.0, "phone")
    assert (after.device, after.received) == ("kiosk-1", 11.0), "who observed it stays who observed it"
    [before] = after.versions
    assert (before.text, before.by, before.written) == ("Ana likes tea", "kiosk-1", 11.0)


def test_each_version_says_who_wrote_it() -> None:
    once = changed(NOTE, {"text": "two"}, by="phone", now=20.0)
    twice = changed(once, {"text": "three"}, by="laptop", now=30.0)
    said = [(v.text, v.by, v.written) for v in (as_version(twice), *twice.versions)]
    assert said == [("three", "laptop", 30.0), ("two", "phone", 20.0), ("Ana likes tea", "kiosk-1", 11.0)]


def test_a_change_that_says_nothing_new_changes_nothing() -> None:
    assert changed(NOTE, {"text": NOTE.text, "kind": "note"}, by="phone", now=20.0) is NOTE


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"value": 19}, "home7 temperature 19 °C"),
        ({"unit": "K"}, "home7 temperature 21.5 K"),
        ({"value": 19, "text": "it was cold"}, "it was cold"),
        ({"kind": "event"}, "home7 temperature 21.5 °C"),
    ],
)
def test_the_words_of_a_plain_reading_follow_its_value(changes: dict[str, object], text: str) -> None:
    assert is_plain_reading(READING)
    assert changed(READING, changes, by="phone", now=20.0).text == text


def test_words_that_somebody_said_do_not_follow_a_value() -> None:
    said = replace(READING, text="warm enough")
    assert not is_plain_reading(said)
    assert changed(said, {"value": 30}, by="phone", now=20.0).text == "warm enough"
    assert not is_plain_reading(NOTE)


def test_an_importance_of_ours_is_decided_anew_for_other_words_and_kept_for_the_same() -> None:
    ours = replace(NOTE, importance=0.6, judged=True)
    other = changed(ours, {"text": "Ana is allergic to tea"}, by="phone", now=20.0)
    assert (other.importance, other.judged) == (0.8, True)
    assert changed(ours, {"kind": "fact"}, by="phone", now=20.0).importance == 0.7
    same = changed(ours, {"tags": ["taste"]}, by="phone", now=20.0)
    assert (same.importance, same.judged) == (0.6, True)


def test_an_importance_that_a_client_names_is_its_word_from_then_on() -> None:
    ours = replace(NOTE, importance=0.6, judged=True)
    named = changed(ours, {"importance": 0.6}, by="phone", now=20.0)
    assert (named.importance, named.judged, len(named.versions)) == (0.6, False, 1)
    after = changed(named, {"text": "Ana is allergic to tea"}, by="phone", now=21.0)
    assert (after.importance, after.judged) == (0.6, False)


def test_the_history_is_bounded_and_keeps_the_newest() -> None:
    memory = NOTE
    for n in range(VERSIONS_MAX + 3):
        memory = changed(memory, {"text": f"text {n}"}, by="phone", now=20.0 + n)
    assert [v.text for v in memory.versions] == [f"text {n}" for n in range(VERSIONS_MAX + 1, 1, -1)]


def test_a_version_can_be_shown_as_the_memory_it_was() -> None:
    after = changed(READING, {"value": 19.0, "tags": ["x"], "meta": {"a": 1}}, by="phone", now=20.0)
    was = as_it_was(after, after.versions[0])
    assert (was.value, was.text, was.tags, was.meta, was.id) == (21.5, READING.text, [], None, "id")
