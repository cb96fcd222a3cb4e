"""memory/asking.py"""

import pytest

from memory.asking import TEXT_CHARACTERS_READ, Aggregate, Asked, asked


def ask(question: str, *, bounded: bool = False) -> Asked:
    found = asked(question, bounded=bounded)
    assert found is not None
    return found


def quantities(question: Asked) -> set[str]:
    """By one telling attribute of each."""
    telling = {"temperature", "humidity", "illuminance", "noise", "rain", "power", "wind", "battery", "co2"}
    return {name for meant in question.meant for name in meant.quantity.attributes & telling}


@pytest.mark.parametrize(
    ("question", "bounded", "aggregate", "of"),
    [
        ("how warm was the kitchen?", True, "span", {"temperature"}),
        ("How warm was the kitchen?", False, "span", {"temperature"}),
        ("how warm is the kitchen?", False, "last", {"temperature"}),
        ("how warm is it", True, "span", {"temperature"}),
        ("kitchen temperature", False, "last", {"temperature"}),
        ("what is the latest humidity?", False, "last", {"humidity"}),
        ("coldest day", True, "min", {"temperature"}),
        ("When was the kitchen the hottest?", False, "max", {"temperature"}),
        ("chilliest night", False, "min", {"temperature"}),
        ("the wettest month?", True, "max", {"humidity", "rain"}),
        ("driest day", False, "min", {"humidity", "rain"}),
        ("the most humid room", False, "max", {"humidity"}),
        ("the least windy day", False, "min", {"wind"}),
        ("what was the lowest temperature?", False, "min", {"temperature"}),
        ("peak power of the kettle", False, "max", {"power"}),
        ("most rain in a day", False, "max", {"rain"}),
        ("least noise", False, "min", {"noise"}),
        ("what was the average CO2?", False, "mean", {"co2"}),
        ("how humid was it on average?", False, "mean", {"humidity"}),
        ("how bright was the hall?", False, "span", {"illuminance"}),
        ("how loud did it get?", False, "span", {"noise"}),
        ("what was the air quality?", False, "span", {"co2"}),
        ("how many steps did Ana walk?", False, "span", set()),
        ("highest heart rate", False, "max", set()),
        ("which sensor has the lowest battery?", False, "min", {"battery"}),
    ],
)
def test_what_is_asked_of_which_quantity(question: str, bounded: bool, aggregate: str, of: set[str]) -> None:  # noqa: FBT001
    found = ask(question, bounded=bounded)
    assert found.aggregate is Aggregate(aggregate)
    assert quantities(found) == of
    assert not found.event
    assert found.target is None


@pytest.mark.parametrize(
    ("question", "aggregate", "target"),
    [
        ("When did the door last open?", "last", "open"),
        ("when was the garden door closed?", "last", "closed"),
        ("when did the light in the hall turn on?", "last", "on"),
        ("When did somebody last turn off the heating?", "last", "off"),
        ("when did the washing machine last run?", "last", "on"),
        ("what time did the dishwasher finish?", "last", "off"),
        ("when did the door first open?", "first", "open"),
        ("how often did the front door open?", "count", "open"),
        ("How many times was the safe unlocked?", "count", "unlocked"),
        ("how often was there motion in the hall", "count", "motion"),
        ("how often did the doorbell ring?", "count", "pressed"),
        ("did the back door open?", "count", "open"),
        ("how often did Ana water the plants?", "count", None),
        ("when did Ana last call?", "last", None),
        ("when was the first frost?", "first", None),
    ],
)
def test_when_and_how_often_something_happened(question: str, aggregate: str, target: str | None) -> None:
    found = ask(question)
    assert (found.aggregate, found.event) == (Aggregate(aggregate), True)
    assert (found.target and found.target.said) == target


@pytest.mark.parametrize(
    ("question", "target"),
    [("Is the garden door closed?", "closed"), ("is the light in the hall on?", "on"),
     ("are all windows shut?", "closed"), ("which window is open?", "open"),
     ("was the safe locked?", "locked"), ("is Ana at home?", "home"), ("has Mia come home?", "home"),
     ("did somebody leave the window open?", "open"), ("Is the light in the kitchen still on?", "on"),
     ("Is the garden lit?", "on"), ("Where is Ben right now, home or away?", "home"),
     ("Is the laundry ready?", "off")],
)  # fmt: skip
def test_how_a_thing_stands(question: str, target: str) -> None:
    found = ask(question)
    assert (found.aggregate, found.event) == (Aggregate.LAST, False)
    assert found.target is not None
    assert found.target.said == target


@pytest.mark.parametrize(
    "question",
    ["Can the dishwasher be emptied?", "What is the vacuum doing?", "what's the status of the boiler?",
     "Is it on the table?", "Does Ana have a bike?"],
)  # fmt: skip
def test_how_what_a_question_names_stands_whichever_states_it_has(question: str) -> None:
    assert ask(question) == Asked(Aggregate.LAST, question)


@pytest.mark.parametrize(
    ("question", "aggregate"),
    [("How chilly was the hall at worst?", "min"), ("how humid was it at worst?", "max"),
     ("the worst CO2", "max"), ("Is it too warm in the hall?", "last"), ("is it warm enough?", "last"),
     ("Does the ficus have enough moisture?", "last")],
)  # fmt: skip
def test_too_much_enough_and_at_worst_are_degrees(question: str, aggregate: str) -> None:
    found = ask(question)
    assert (found.aggregate, bool(found.meant)) == (Aggregate(aggregate), True)


@pytest.mark.parametrize(
    ("question", "order"), [("which room is the warmest?", 1), ("where is it coldest?", -1)]
)
def test_which_is_the_most_now_is_the_newest_of_each_in_order(question: str, order: int) -> None:
    found = ask(question)
    assert (found.aggregate, found.order) == (Aggregate.LAST, order)
    assert ask(question, bounded=True).aggregate in {Aggregate.MIN, Aggregate.MAX}


def test_how_cold_asks_for_the_lowest_and_how_warm_for_the_highest() -> None:
    assert [ask(f"how {degree} was it?").way for degree in ("cold", "dark", "warm")] == [-1, -1, 1]
    assert ask("what was the temperature?").way == 1


@pytest.mark.parametrize(
    "question",
    [
        "", "What does Ana like to eat?", "who is in charge here", "how are you?", "how long did they hike?",
        "When did Caroline go to the support group?", "what happened?",
        "the rest of the forest is of interest", "what is the most expensive thing?", "the most", "how",
        "the door", "is there a light?", "I was at my warm bed",
        "When was there a power outage?", "Which lamp was about to run out of power?", "what do you mean?",
        "how often was it above 25 degrees?", "how many times did it exceed 1000 ppm?",
        "is it colder than 5?",
        "Ana told me yesterday that she was cold and that the kitchen was dark",
    ],
)  # fmt: skip
def test_most_questions_ask_nothing_of_readings(question: str) -> None:
    assert asked(question, bounded=False) is None
    assert asked(question, bounded=True) is None


def test_of_a_long_text_only_the_beginning_is_read() -> None:
    assert asked("x" * TEXT_CHARACTERS_READ + " how warm was it?", bounded=False) is None
