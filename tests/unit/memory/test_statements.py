"""memory/statements.py"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from memory.records import Memory
from memory.statements import WHOLE_CHARACTERS_MAX, changes, current, distinct, statements

DAY_S = 86_400
MARCH = 1_772_323_200.0
"""2026-03-01 00:00 UTC"""


def a_memory(name: str, text: str, at: float = MARCH, kind: str = "event", **fields: Any) -> Memory:
    return Memory(name, "acme", "home7", "d1", kind, text, at=at, received=at, **fields)


def a_preference(name: str, text: str, at: float, **fields: Any) -> Memory:
    return a_memory(name, text, at, "preference", attribute="drink", **fields)


def told(memories: list[Memory], earlier: list[Memory] | None = None) -> list[str]:
    return [each.told for each in current(statements(memories), earlier or [])]


def alike(count: int, cosine: float) -> NDArray[np.float32]:
    return np.full((count, count), cosine, dtype=np.float32)


@pytest.mark.parametrize(
    ("text", "speaker", "body"),
    [
        ("Ana: I like tea", "Ana", "I like tea"),
        ("Dr Weber: take two", "Dr Weber", "take two"),
        ("at 12: lunch", "at 12", "lunch"),
        ("at 12:30 lunch", None, "at 12:30 lunch"),
        ("Lunch was good. Note: salty", None, "Lunch was good. Note: salty"),
        ("see https://example.org", None, "see https://example.org"),
        ("Ana:\nnew line [m1]", "Ana", "new line (m1)"),
    ],
)
def test_a_text_has_a_speaker_and_a_body(text: str, speaker: str | None, body: str) -> None:
    (statement,) = statements([a_memory("a", text)])
    assert (statement.speaker, statement.body) == (speaker, body)


def test_only_a_long_text_is_cut_and_each_piece_keeps_its_speaker() -> None:
    sentence = "Ana came home from work at seven in the evening."
    short = statements([a_memory("a", f"Ben: {sentence} {sentence}")])
    assert [each.is_whole for each in short] == [True]
    long = statements([a_memory("a", "Ben: " + " ".join([sentence] * (WHOLE_CHARACTERS_MAX // 40)))])
    assert {(each.speaker, each.body, each.is_whole) for each in long} == {("Ben", sentence, False)}
    assert [each.place for each in long] == list(range(len(long)))


@pytest.mark.parametrize(
    ("text", "said"),
    [("tea", "tea."), ("tea.", "tea."), ("tea?", "tea?"), ("\u201ctea!\u201d", "\u201ctea!\u201d")],
)
def test_what_is_told_ends(text: str, said: str) -> None:
    assert told([a_memory("a", text)]) == [said]


def test_a_preference_that_changed_says_what_it_was_before_and_until_when() -> None:
    coffee = a_preference("a", "Ana: I drink coffee.", MARCH - 90 * DAY_S)
    tea = a_preference("b", "Ana: I drink tea", MARCH)
    again = a_preference("c", "Ana: I drink tea", MARCH + DAY_S)
    now = "I drink tea (before: I drink coffee, until 2026-03-01)."
    assert told([coffee, tea, again]) == [now]
    assert told([again, coffee, tea]) == [now]
    assert told([again], [tea, coffee]) == [now]
    assert told([tea], [coffee]) == [now]
    assert told([tea], [again, tea]) == ["I drink tea."]
    assert told([tea, again]) == ["I drink tea."]


def test_of_an_attribute_with_a_value_the_value_is_what_it_was() -> None:
    before = a_preference("a", "cool nights", MARCH - DAY_S, value=17, unit="Cel")
    now = a_preference("b", "warm nights", MARCH, value=20, unit="Cel")
    assert told([before, now]) == ["warm nights (before: 17 °C, until 2026-03-01)."]


def test_changes_are_of_what_changed_alone() -> None:
    coffee, tea = a_preference("a", "Ana: coffee", MARCH - DAY_S), a_preference("b", "Ana: tea", MARCH)
    again = a_preference("c", "Ana: tea", MARCH + DAY_S)
    elsewhere = replace(a_preference("d", "Ben: water", MARCH), entity="home7/ben")
    found = changes([tea, coffee, elsewhere, again, a_memory("e", "closed", attribute="door")])
    assert {id_: (was.memory, was.until) for id_, was in found.items()} == {"c": (coffee, MARCH)}
    assert found["c"].told_after("tea.") == "tea (before: coffee, until 2026-03-01)."
    assert changes([tea, again]) == {}


def test_what_happened_is_not_instead_of_what_happened_before() -> None:
    events = [a_memory("a", "opened", attribute="door"), a_memory("b", "closed", attribute="door")]
    assert told(events) == ["opened.", "closed."]
    other = [a_preference("a", "tea", MARCH), a_memory("b", "jazz", kind="preference", attribute="music")]
    assert told(other) == ["tea.", "jazz."]


def test_of_what_says_the_same_the_newest_stays() -> None:
    memories = [
        a_memory("a", "Ana: I like tea", MARCH),
        a_memory("b", "Ana: i like tea!", MARCH + 1),
        a_memory("c", "Ana: I enjoy tea", MARCH + 2),
        a_memory("d", "Ben: I like tea", MARCH + 3),
        a_memory("e", "Ana: I don't like tea", MARCH + 4),
    ]
    kept = distinct(statements(memories), alike(5, 0.95))
    assert [(each.memory.id, [other.id for other in each.alike]) for each in kept] == [
        ("e", []),
        ("d", []),
        ("c", ["b", "a"]),
    ]
    assert [each.memory.id for each in distinct(statements(memories), alike(5, 0.5))] == ["e", "d", "c", "b"]


def test_pieces_are_the_same_by_their_words_alone() -> None:
    one = "The kitchen window was open all night. " * 7 + "Lunch was good."
    kept = distinct(statements([a_memory("a", one), a_memory("b", "Lunch was good")]), alike(2, 1.0))
    assert [(each.memory.id, each.body) for each in kept] == [
        ("b", "Lunch was good"),
        ("a", "The kitchen window was open all night."),
    ]
