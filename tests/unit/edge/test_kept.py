"""edge/kept.py"""

from edge.kept import DIGEST, answer_key
from schemas.requests import OPS


def test_the_same_question_has_the_same_key_whoever_asks_it_when() -> None:
    asked = {"q": "tea", "k": ["fact"], "m": {"a": 1, "b": {"c": 2}}}
    again = {
        "m": {"b": {"c": 2}, "a": 1},
        "k": ["fact"],
        "q": "tea",
        "i": "7",
        "d": 500,
        "a": 5.0,
        "o": "recall",
    }
    assert answer_key("recall", asked) == answer_key("recall", again)
    assert answer_key("recall", asked) != answer_key("context", asked)
    assert answer_key("recall", asked) != answer_key("recall", asked | {"n": 3})
    assert answer_key("recall", {"q": "\ud800"})


def test_what_was_asked_cannot_be_read_from_its_key() -> None:
    assert b"safe" not in answer_key("recall", {"q": "the code of the safe"})


def test_no_answer_poses_as_a_digest() -> None:
    assert DIGEST not in {op for _, op in OPS}
