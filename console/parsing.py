"""What an operator typed, as values of the contract. Pure."""

import json
from collections.abc import Sequence

from console.faults import Refused

Scalar = str | int | float | bool


def scalar(text: str) -> Scalar:
    """A number, true, false or a quoted text as JSON says it; anything else is the text itself."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float) else text


def _no_constant(name: str) -> float:
    """NaN and the infinities are no JSON, whatever Python's reader thinks."""
    raise ValueError(name)


def moment_or_seconds(text: str | None) -> str | float | None:
    """A time: a number is epoch seconds (or, where a window is asked for, seconds back), else ISO 8601."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def key_values(pairs: Sequence[str]) -> dict[str, Scalar] | None:
    """`room=kitchen`, `floor=2` as a map; None of nothing.

    Raises:
        Refused: one has no `=`.
    """
    found: dict[str, Scalar] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise Refused(f"--meta {pair!r}: must be like key=value")
        found[key] = scalar(value)
    return found or None


def given(**fields: object) -> dict[str, object]:
    """The fields that were given: neither None nor an empty list."""
    return {name: value for name, value in fields.items() if value is not None and value != []}
