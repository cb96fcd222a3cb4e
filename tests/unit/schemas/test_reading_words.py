"""schemas/reading_words.py"""

from typing import Any

import pytest

from schemas.reading_words import reading_words


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (("home7/kitchen", "temperature", 21.5, "Cel"), "kitchen temperature 21.5 °C"),
        (("home7", "humidity", 40, "%"), "home7 humidity 40 %"),
        (("home7/door", "open", True, None), "door open true"),
        (("home7/door", "open", False, None), "door open false"),
        (("home7/tv", "channel", "ARD", None), "tv channel ARD"),
        (("home7/meter", None, 3, "kW.h"), "meter 3 kW.h"),
        (("home7/meter", "count", 3, "1"), "meter count 3"),
        (("home7", "temperature", 0.1 + 0.2, "Cel"), "home7 temperature 0.3 °C"),
        (("home7", "pressure", 101325.0, "Pa"), "home7 pressure 101325 Pa"),
        (("home7", "temperature", 0, "Cel"), "home7 temperature 0 °C"),
    ],
    ids=lambda case: case if isinstance(case, str) else case[0],
)
def test_a_reading_is_said_in_words(reading: tuple[str, str | None, Any, str | None], words: str) -> None:
    assert reading_words(*reading) == words
