"""edge/observed.py"""

import subprocess
import sys

from edge.observed import size

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


def test_the_way_of_an_observation_loads_nothing_heavy() -> None:
    loads = f"import sys, {', '.join(f'edge.{name}' for name in LIGHT)}"
    heavy = "{'pydantic', 'pydantic_core', 'asyncio', 'paho', 'sqlite3', 'uuid', 'email', 'http'}"
    asks = f"{loads}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True).stdout == b"[]\n"
