"""memory/series.py"""

import pytest

from memory.asking import Asked, asked
from memory.lexicon import lexicon
from memory.records import ENGLISH
from memory.series import Series, attributes_of, chosen, is_setting, named_by, units_of
from memory.word_forms import WordForms

FORMS = WordForms(lexicon(ENGLISH).stems)
KITCHEN, BEDROOM, LIVING, DINING = (
    Series(f"home7/{room}", "temperature", f"thermo-{number}")
    for number, room in enumerate(("kitchen", "bedroom", "living-room", "dining-room"))
)
ROOMS = [KITCHEN, BEDROOM, LIVING, DINING]
FRONT, GARDEN, FRIDGE = (
    Series("home7/hall", "front_door", "contact-1"),
    Series("home7", "contact", "garden-door"),
    Series("home7/kitchen", "contact", "fridge"),
)
DOORS = [FRONT, GARDEN, FRIDGE]


def question(text: str) -> Asked:
    found = asked(text, bounded=False)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "attributes", "meant"),
    [
        ("how warm was it?", ["temperature", "humidity", "temp_in"], ["temperature", "temp_in"]),
        ("how warm was the kitchen?", ["kitchenTemperature", "kitchen_light"], ["kitchenTemperature"]),
        ("how warm was the kitchen?", ["kitchen_light", "kitchen"], []),
        ("how humid is it?", ["temperature", "rh"], ["rh"]),
        ("how warm was it?", ["target_temperature"], []),
        ("what temperature is it set to?", ["target_temperature"], ["target_temperature"]),
        ("how often did Ana run?", ["light", "steps"], []),
        ("what was the target temperature?", ["target_temperature"], ["target_temperature"]),
        ("how many steps did Ana walk?", ["steps", "heart_rate"], ["steps"]),
        ("what was the highest heart rate?", ["heart_rate", "rate"], ["heart_rate"]),
        ("when did the front door last open?", ["front_door", "bread", "window"], ["front_door", "window"]),
        ("when did the light last turn on?", ["kitchen_light", "lux"], ["kitchen_light"]),
        ("how warm was the welcome?", ["bread", "steps"], []),
        (
            "When were the dishes last washed?",
            ["dishwasher", "washing_machine"],
            ["dishwasher", "washing_machine"],
        ),
        ("When was the laundry last dried?", ["washing_machine", "machine"], ["washing_machine"]),
        ("When was Minka last fed?", ["cat_food", "mood"], ["cat_food"]),
        ("What is the vacuum doing?", ["vacuum", "vacuum_power"], ["vacuum"]),
        ("Is the garden lit?", ["light", "lux"], ["light"]),
        ("How often did the hoover get stuck?", ["vacuum"], ["vacuum"]),
    ],
)
def test_attributes_are_found_by_their_words(text: str, attributes: list[str], meant: list[str]) -> None:
    assert attributes_of(question(text), attributes, FORMS) == meant


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("how warm was the kitchen?", [KITCHEN]),
        ("how warm was the living room?", [LIVING]),
        ("how warm were kitchen and bedroom?", [KITCHEN, BEDROOM]),
        ("what was the coldest day?", ROOMS),
        ("what did thermo-3 say, how warm was it?", [DINING]),
        ("how warm was the welcome?", ROOMS),
        ("which room is the warmest?", ROOMS),
    ],
)
def test_series_are_those_that_the_question_names_best(text: str, series: list[Series]) -> None:
    assert chosen(question(text), ROOMS, "home7", FORMS) == series


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("when did the front door last open?", [FRONT]),
        ("when did the garden door open?", [GARDEN]),
        ("when was the fridge last opened?", [FRIDGE]),
        ("when did the door last open?", [FRONT, GARDEN]),
        ("when did the garage open?", []),
        ("when did it last open?", DOORS),
        ("when did the window of the hall open?", []),
        ("when did the cupboard in the kitchen last open?", []),
    ],
)
def test_of_states_a_thing_that_is_not_there_is_no_other(text: str, series: list[Series]) -> None:
    assert chosen(question(text), DOORS, "home7", FORMS) == series
    assert chosen(question(text), [], "home7", FORMS) == []


FED = Series("home7/kitchen", "cat_food", "feeder")
WASHER = Series("home7/bathroom", "washing_machine", "plug-2")


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("When was Minka last fed?", [FED]),
        ("How often did Ben feed the cat?", []),
        ("When did Ana last eat out?", []),
        ("Does Mia like the laundry?", []),
        ("How often was the laundry washed?", [WASHER]),
        ("When was the laundry last ready?", [WASHER]),
        ("Can the washer be emptied?", [WASHER]),
    ],
)
def test_things_are_asked_for_by_what_is_done_with_them(text: str, series: list[Series]) -> None:
    assert chosen(question(text), [FED, WASHER], "home7", FORMS) == series


def test_what_is_fed_by_no_feeder_is_no_food_of_the_cat() -> None:
    bowl = Series("home7/kitchen", "cat_food", "scales-1")
    assert chosen(question("When was Ana last fed?"), [bowl], "home7", FORMS) == []


def test_outside_is_where_the_garden_is() -> None:
    garden = Series("home7/garden", "temperature", "t")
    assert chosen(question("how cold was it outside?"), [*ROOMS, garden], "home7", FORMS) == [garden]


def test_what_was_asked_about_is_a_name_too() -> None:
    warm = question("how warm was the kitchen in home8?")
    assert named_by(warm, "home8/kitchen", "home8", FORMS) == 2
    assert named_by(warm, "home8/kitchen", "home8/kitchen", FORMS) == 1
    assert chosen(warm, [KITCHEN], "home7/kitchen", FORMS) == [KITCHEN]


def test_a_quantity_has_units_and_a_state_has_none() -> None:
    assert "Cel" in units_of(question("how warm was it?"))
    assert units_of(question("when did it last open?")) == frozenset()
    assert is_setting(question("how warm was it?"), "setpoint_temperature")
