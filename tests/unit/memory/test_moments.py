"""memory/moments.py"""

from datetime import tzinfo
from zoneinfo import ZoneInfo

import pytest

from memory.moments import day_and_clock


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (None, ("31 Dec 2023", "23:05")),
        (ZoneInfo("Europe/Berlin"), ("1 Jan 2024", "00:05")),
        (ZoneInfo("America/New_York"), ("31 Dec 2023", "18:05")),
    ],
)
def test_a_moment_is_told_as_its_zone_has_it(zone: tzinfo | None, said: tuple[str, str]) -> None:
    assert day_and_clock(1_704_063_900, zone) == said
