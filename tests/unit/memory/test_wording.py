"""memory/wording.py"""

from typing import Any

import pytest

from memory.records import Memory
from memory.wording import EMBEDDED_CHARACTERS_MAX, embedded_words


def a_reading(value: Any) -> Memory:
    return Memory(
        "id",
        "acme",
        "home7/kitchen",
        "kiosk-1",
        "reading",
        "every digit stays here",
        at=0.0,
        received=0.0,
        value=value,
        unit="Cel",
        attribute="temperature",
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [(21.48, "21"), (20.53, "21"), (-3.14, "-3.1"), (0.0, "0"), (1234, "1200"), (9.99e9, "10000000000")],
)
def test_near_readings_are_embedded_as_one(value: float, said: str) -> None:
    assert embedded_words(a_reading(value), plain_reading=True) == f"kitchen temperature {said} °C"


@pytest.mark.parametrize("value", [True, "open", None], ids=repr)
def test_a_reading_without_a_number_is_embedded_as_its_text(value: Any) -> None:
    assert embedded_words(a_reading(value), plain_reading=True) == "every digit stays here"


def test_what_has_words_of_its_own_is_embedded_as_they_are() -> None:
    assert embedded_words(a_reading(21.5), plain_reading=False) == "every digit stays here"


def test_a_long_text_is_cut_for_the_model() -> None:
    long = Memory("id", "t", "e", "d", "k", "x" * (EMBEDDED_CHARACTERS_MAX + 1), at=0.0, received=0.0)
    assert len(embedded_words(long, plain_reading=False)) == EMBEDDED_CHARACTERS_MAX
