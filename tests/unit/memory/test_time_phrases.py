"""memory/time_phrases.py"""

import pytest

from memory.time_phrases import phrases


def found(text: str) -> list[tuple[str, str, str]]:
    return [(phrase.text, phrase.relation, phrase.named) for phrase in phrases(text)]


FALSE_FRIENDS = [
    "may I open the window",
    "this may be broken",
    "who lives on the second floor",
    "the march of the penguins",
    "is the sun out",
    "it is 18 °C",
    "number 7",
    "in a minute",
    "what did May say?",
    "does April like coffee",
    "what did Ana say about Jan's party",
    "the fall in the bathroom",
    "a spring mattress",
    "how many of the 5 lamps are on",
    "who won 3 to 1",
    "mon ami",
    "they wed there",
    "in April's room",
    "a letter from May",
    "who sat on the 3rd floor",
    "under the Christmas tree",
    "room 2013",
    "since 2000 steps",
    "more than 2010 W",
    "of 2010 kWh",
    "every Monday",
    "on Mondays",
    "may 3 people come in?",
    "the last week of the project",
    "the evening of the 3rd floor party",
    "in the end",
    "at 18",
    "at 7",
    "the first time",
    "what is the last thing",
    "over the sofa",
    "of late fees",
    "between the chairs",
    "from Ana to Ben",
    "the weekday",
    "about April",
    "the decade",
    "at the last minute",
    "the day before the party",
    "on the march",
    "in the spring mattress",
    "a today-like day",
]


@pytest.mark.parametrize("text", FALSE_FRIENDS)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "phrase", "relation", "named"),
    [
        ("what happened yesterday?", "yesterday", "within", "yesterday"),
        ("who came in May 2023", "in May 2023", "within", "May 2023"),
        ("who came in may", "in may", "within", "may"),
        ("coldest day of 2013?", "of 2013", "within", "2013"),
        ("what broke since Monday", "since Monday", "since", "Monday"),
        ("what broke Since  last\nMonday", "Since  last\nMonday", "since", "last\nMonday"),
        ("seen after 5 pm?", "after 5 pm", "after", "5 pm"),
        ("seen before Christmas?", "before Christmas", "before", "Christmas"),
        ("seen until the end of May 2023", "until the end of May 2023", "until", "the end of May 2023"),
        ("up to yesterday", "up to yesterday", "until", "yesterday"),
        ("from March onwards", "from March onwards", "since", "March"),
        ("around 8 May 2023", "around 8 May 2023", "about", "8 May 2023"),
        ("how warm was it at 7 pm yesterday", "at 7 pm yesterday", "within", "7 pm yesterday"),
        ("in the last two hours", "in the last two hours", "within", "the last two hours"),
        ("in the summer of 2012", "in the summer of 2012", "within", "the summer of 2012"),
        ("in Q1 2023", "in Q1 2023", "within", "Q1 2023"),
        ("two days before yesterday", "two days before yesterday", "within", "two days before yesterday"),
        ("the day before yesterday", "the day before yesterday", "within", "the day before yesterday"),
        ("switched on this week", "this week", "within", "this week"),
        ("turned on three days ago", "three days ago", "within", "three days ago"),
        ("was it on yesterday", "yesterday", "within", "yesterday"),
        ("was it on last Tuesday", "on last Tuesday", "within", "last Tuesday"),
        ("rained on the last weekend", "on the last weekend", "within", "the last weekend"),
        ("on the 3rd?", "on the 3rd", "within", "the 3rd"),
        ("last Tuesday evening", "last Tuesday evening", "within", "last Tuesday evening"),
        ("on New Year’s Eve", "on New Year’s Eve", "within", "New Year’s Eve"),  # noqa: RUF001 - as phones write
    ],
)
def test_a_phrase_is_found_as_it_stands(text: str, phrase: str, relation: str, named: str) -> None:
    assert found(text) == [(phrase, relation, named)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("between March and May", "March", "May"),
        ("from 2023-05-08 to 2023-05-10", "2023-05-08", "2023-05-10"),
        ("from last Friday until yesterday", "last Friday", "yesterday"),
        ("2023-05-08 - 2023-05-10", "2023-05-08", "2023-05-10"),
        ("between 5 pm and 7 pm yesterday", "5 pm", "7 pm yesterday"),
    ],
)
def test_two_ends_make_one_phrase(text: str, first: str, last: str) -> None:
    [phrase] = phrases(f"what was there {text}?")
    assert (phrase.text, phrase.relation, phrase.named, phrase.named_last) == (text, "between", first, last)


def test_several_phrases_come_in_order() -> None:
    assert [each[0] for each in found("yesterday, last week and in 2013")] == [
        "yesterday",
        "last week",
        "in 2013",
    ]
