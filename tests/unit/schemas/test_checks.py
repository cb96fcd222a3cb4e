"""schemas/checks.py. What each refuses of an observation: test_observation.py."""

import subprocess
import sys

import pytest

from schemas import checks
from schemas.observation import Observation
from schemas.wire import Invalid

HALF = "a\ud83d"


@pytest.mark.parametrize(
    ("check", "taken"),
    [
        (checks.printable, "Küche\u00a0✓"),
        (checks.within_bytes, "line\nbreak"),
        (checks.reading, 21.5),
        (checks.reading, False),
        (checks.reading, ""),
        (checks.observation_id, -(2**63)),
        (checks.observation_id, "a/b"),
        (checks.plain_map, {"a": [None, {"b": 1}]}),
        (checks.whole, "\U0001f600"),
    ],
)
def test_what_is_in_order_is_returned_as_it_came(check: object, taken: object) -> None:
    assert callable(check)
    assert check(taken) is taken


@pytest.mark.parametrize(
    ("value", "number"), [(1, True), (-0.5, True), (True, False), ("1", False), (None, False)]
)
def test_a_number_is_more_or_less_than_another(value: object, *, number: bool) -> None:
    assert checks.is_number(value) is number


@pytest.mark.parametrize(
    "fields", [{"value": HALF}, {"id": HALF}, {"meta": {HALF: 1}}, {"meta": {"a": [HALF]}}]
)
def test_half_a_character_is_refused_because_no_encoding_carries_it(fields: dict[str, object]) -> None:
    with pytest.raises(Invalid, match=checks.NOT_UNICODE):
        Observation.load({"text": "x", **fields})


def test_a_number_is_carried_if_it_is_finite_and_has_64_bits() -> None:
    carried = [0, -(2**63), 2**63 - 1, 0.5, -1e308, True]
    not_carried = [2**63, -(2**63) - 1, float("nan"), float("-inf"), "1", None, [1]]
    assert all(map(checks.is_carried, carried))
    assert not any(map(checks.is_carried, not_carried))


def test_a_device_checks_without_pydantic() -> None:
    asks = "import sys, schemas.checks; sys.exit('pydantic' in sys.modules or 'asyncio' in sys.modules)"
    subprocess.run([sys.executable, "-c", asks], check=True, timeout=60)
