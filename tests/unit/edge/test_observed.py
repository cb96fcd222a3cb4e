"""edge/observed.py"""

import subprocess
import sys

import pytest

from edge.observed import is_number, size

LIGHT = (
    "batching",
    "coalesce_rules",
    "coalescing",
    "observed",
    "pacing",
    "reading_rules",
    "shaping",
    "wire_size",
)
"""What a device loads to observe and to flush."""


def test_its_size_is_that_of_its_map_in_a_message() -> None:
    assert size({"i": 1, "t": "hi"}) == len(b"\x82\xa1i\x01\xa1t\xa2hi")


@pytest.mark.parametrize(
    ("value", "number"), [(1, True), (-0.5, True), (True, False), ("1", False), (None, False)]
)
def test_a_number_is_more_or_less_than_another(value: object, *, number: bool) -> None:
    assert is_number(value) is number


def test_the_way_of_an_observation_loads_nothing_heavy() -> None:
    loads = f"import sys, {', '.join(f'edge.{name}' for name in LIGHT)}"
    heavy = "{'pydantic', 'pydantic_core', 'asyncio', 'paho', 'sqlite3', 'uuid', 'email', 'http'}"
    asks = f"{loads}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True).stdout == b"[]\n"
