"""memory/sentences.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.sentences import pieces


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ana came. Ben left.", ["Ana came.", "Ben left."]),
        ("Wow! Lunch was good.", ["Wow!", "Lunch was good."]),
        ("\u201cI agree.\u201d Ben left.", ["\u201cI agree.\u201d", "Ben left."]),
        ("Ana \u00e0 Paris. \u00c9t\u00e9 chaud.", ["Ana \u00e0 Paris.", "\u00c9t\u00e9 chaud."]),
        ("\u4e0d\u559d\u3002\u6765\u4e86\u3002", ["\u4e0d\u559d\u3002", "\u6765\u4e86\u3002"]),
        ("", []),
    ],
)  # fmt: skip
def test_a_text_is_cut_where_a_sentence_ends(text: str, found: list[str]) -> None:
    assert pieces(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "She eats nuts. But not peanuts.",
        "She eats nuts. Never peanuts, though.",
        "Do I like fish? No.",
        "Do I like fish? I hate fish.",
        "Turn it on. Unless Ben sleeps.",
        "Ana has a dog. It bites.",
        "Dr. Weber called.",
        "We met J. Smith.",
        "It costs 3.50 and 2. Avenue is closed.",
        "Bring fruit, e.g. Apples.",
        "It is 21.5 degrees",
        "and so on. lower case",
        "no full stop",
    ],
)
def test_what_leans_on_the_sentence_before_or_may_be_none_is_not_cut(text: str) -> None:
    assert pieces(text) == [text]


@given(
    st.lists(st.sampled_from(["Ana came.", "No!", "Not so.", "Dr.", "3.", "Who?", "x", "(Ben)", "\u2026"]))
)
def test_nothing_of_a_text_is_lost(words: list[str]) -> None:
    assert " ".join(pieces(" ".join(words))).split() == " ".join(words).split()


@given(st.text())
def test_no_text_loses_more_than_blanks(text: str) -> None:
    assert "".join("".join(pieces(text)).split()) == "".join(text.split())
