"""memory/time_zones.py"""

import pytest

from memory.time_zones import UTC_NAME, UnknownZone, zone


@pytest.mark.parametrize("name", [UTC_NAME, "Europe/Berlin", "Etc/GMT+5"])
def test_a_zone_is_known_by_its_name(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    "name", ["Europe/Atlantis", "Europe", "../etc/passwd", "/etc/passwd", "a" * 300, "\0", ""]
)
def test_a_zone_that_is_none_is_an_error_that_says_what_would_do(name: str) -> None:
    with pytest.raises(UnknownZone, match="use an IANA name such as Europe/Berlin"):
        zone(name)
