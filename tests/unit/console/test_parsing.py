"""What is typed becomes what was meant."""

import pytest

from console.faults import Refused
from console.parsing import Scalar, given, key_values, moment_or_seconds, scalar


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("21.5", 21.5),
        ("-3", -3),
        ("true", True),
        ("false", False),
        ('"21.5"', "21.5"),
        ("open", "open"),
        ("", ""),
        ("null", "null"),
        ("[1]", "[1]"),
        ('{"a": 1}', '{"a": 1}'),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("007", "007"),
    ],
)
def test_a_scalar_is_json_where_it_is_one_and_text_else(typed: str, meant: Scalar) -> None:
    assert (scalar(typed), type(scalar(typed))) == (meant, type(meant))


@pytest.mark.parametrize(
    ("typed", "meant"), [(None, None), ("-3600", -3600.0), ("0", 0.0), ("2026-05-01", "2026-05-01")]
)
def test_a_time_is_seconds_or_text(typed: str | None, meant: float | str | None) -> None:
    assert moment_or_seconds(typed) == meant


def test_pairs_become_a_map_of_scalars() -> None:
    pairs = ["room=kitchen", "floor=2", "formula=a=b", "empty="]
    assert key_values(pairs) == {"room": "kitchen", "floor": 2, "formula": "a=b", "empty": ""}
    assert key_values([]) is None


@pytest.mark.parametrize("pair", ["room", "=kitchen"])
def test_what_is_no_pair_is_refused_by_name(pair: str) -> None:
    with pytest.raises(Refused, match=f"--meta '{pair}': must be like key=value"):
        key_values([pair])


def test_only_what_was_given_is_sent() -> None:
    assert given(a=None, b=[], c=0, d=False, e="", f=[1]) == {"c": 0, "d": False, "e": "", "f": [1]}
