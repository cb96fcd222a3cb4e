"""schemas/past.py"""

import pytest

from schemas.past import asks_of_the_past


@pytest.mark.parametrize(
    "question",
    [
        "How warm was the kitchen last night?",
        "coldest day of 2013",
        "WHEN did the door open?",
        "how often does the cat go out",
        "what happened in May, on Monday?",
    ],
)
def test_a_question_about_the_past_is_seen_by_its_words(question: str) -> None:
    assert asks_of_the_past(question)


@pytest.mark.parametrize(
    "question", ["how warm is the kitchen?", "is the door locked", "what may Ana eat", "room 2134", ""]
)
def test_a_question_about_now_is_not(question: str) -> None:
    assert not asks_of_the_past(question)
