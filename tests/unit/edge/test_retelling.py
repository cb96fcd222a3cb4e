"""edge/retelling.py"""

import pytest

from edge.retelling import line, retells, retells_any


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("Ana likes tea!", "ana likes tea"),
        ("Ana is allergic to the peanuts", "Ana is allergic to peanuts"),
        ("the cat sleeps on the sofa in the kitchen", "the fat cat sleeps on the sofa in the kitchen"),
        ("🙂", " 🙂 "),
    ],
)
def test_what_adds_nothing_retells(new: str, told: str) -> None:
    assert retells(line(new), line(told))
    assert retells_any(line(new), [line("something else"), line(told)])


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (
            "Ana likes the green tea from the shop at the market",
            "Ana likes the black tea from the shop at the market",
        ),
        ("the fat cat sleeps on the sofa in the kitchen", "the cat sleeps on the sofa in the kitchen"),
        ("kitchen temperature was 21.4 °C at the window", "kitchen temperature was 21.5 °C at the window"),
        ("the kitchen door is not locked in the night", "the kitchen door is locked in the night"),
        ("In the evening Ana called Ben from home", "In the evening Ben called Ana from home"),
        ("Ana took the red car to the shop on the hill", "Ben took the red car to the shop on the hill"),
        ("we met Ana at the station in the town", "we met Eva at the station in the town"),
        ("the bins are put out on Monday in the morning", "the bins are put out on Tuesday in the morning"),
        ("the heating was turned on in the big room", "the heating was turned off in the big room"),
        ("the door was closed and the window open", "the window was closed and the door open"),
        ("🙂", "🙁"),
    ],
)
def test_what_says_something_else_does_not_however_like_it_is(new: str, told: str) -> None:
    assert not retells(line(new), line(told))
