"""What a device says of one observation, checked and under the contract's short keys. Pure, and no pydantic.

The fields, their limits and the words of a refusal are those of `schemas.observation.Observation`: a device
refuses at once what the memory would refuse when the observation reaches it, perhaps days later.
"""

import secrets
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import msgpack

from schemas import checks
from schemas.limits import (
    ATTRIBUTE_CHARACTERS_MAX,
    ID_CHARACTERS_MAX,
    INTEGER_MAX,
    TAGS_MAX,
    UNIT_CHARACTERS_MAX,
)

ALARM = 0.8
"""This important and more is an alarm: it goes first, and neither rate nor budget holds it back."""
LOW = 0.3
"""Less important than this waits first, and is dropped first."""
IMPORTANCE_DEFAULT = 0.5
READING_IMPORTANCE = 0.3
"""Of a reading that says nothing of it: the next one comes soon."""

ID_BITS = 63
"""An integer that every encoding carries, nine bytes on the wire; a client never draws one twice."""

_Check = Callable[[Any], Any]


def fields(
    text: str | None = None,
    *,
    value: bool | float | str | None = None,
    unit: str | None = None,
    attribute: str | None = None,
    kind: str | None = None,
    session: str | None = None,
    seq: int | None = None,
    tags: list[str] | None = None,
    importance: float | None = None,
    ttl: float | None = None,
    meta: dict[str, Any] | None = None,
    id: str | int | None = None,  # noqa: A002 - the contract's name for it
) -> dict[str, Any]:
    """The map to send, without what is None; it shares nothing with what was given.

    Raises:
        ValueError: names the field, and what it must be.
    """
    # In the contract's order, so that of two mistakes the memory and the device name the same.
    given = {
        "id": id, "text": text, "value": value, "unit": unit, "attribute": attribute, "kind": kind,
        "session": session, "seq": seq, "tags": tags, "importance": importance, "ttl": ttl, "meta": meta,
    }  # fmt: skip
    checked = {_FIELDS[name][0]: _checked(name, said) for name, said in given.items() if said is not None}
    _check_says_something(checked)
    return checked


def check(made: Mapping[str, Any]) -> None:
    """Of an observation that is under the contract's short keys already; raises as `fields` does."""
    for name, (key, _) in _FIELDS.items():
        if key in made:
            _checked(name, made[key])
    _check_says_something(made)


def _checked(name: str, said: Any) -> Any:
    try:
        return _FIELDS[name][1](said)
    except _WrongItem as wrong:
        raise ValueError(f"`{name}.{wrong.index}`: {wrong}") from None
    except ValueError as wrong:
        raise ValueError(f"`{name}`: {wrong}") from None


def _check_says_something(checked: Mapping[str, Any]) -> None:
    if "t" not in checked and "v" not in checked:
        raise ValueError("at least one of `text` and `value` is needed")


def new_id() -> int:
    """An id for an observation that was given none."""
    return secrets.randbits(ID_BITS)


def importance_of(observed: dict[str, Any]) -> float:
    """How much an observation counts here; `observed` as `fields` made it."""
    said: float | None = observed.get("w")
    if said is not None:
        return said
    return IMPORTANCE_DEFAULT if observed.get("v") is None else READING_IMPORTANCE


def kind_of(observed: dict[str, Any]) -> str:
    """A kind that is left out is the one it is stored as."""
    return observed.get("k") or ("event" if observed.get("v") is None else "reading")


class _WrongItem(ValueError):
    """One item of a list is wrong; says which."""

    def __init__(self, index: int, problem: str) -> None:
        self.index = index
        super().__init__(problem)


def _string(said: Any) -> str:
    if not isinstance(said, str):
        raise ValueError("Input should be a valid string")
    return checks.whole(said)


def _text(said: Any) -> str:
    return checks.within_bytes(_string(said))


def _name(characters_max: int, characters_min: int = 0) -> _Check:
    def check(said: Any) -> str:
        characters = len(_string(said))
        if characters > characters_max:
            raise ValueError(f"String should have at most {characters_max} characters")
        if characters < characters_min:
            raise ValueError("String should have at least 1 character")
        return checks.printable(said)

    return check


def _number(said: Any) -> float:
    if not checks.is_number(said):
        raise ValueError("Input should be a valid number")
    try:
        number = float(said)
    except OverflowError:
        raise ValueError("Input should be a valid number") from None
    if not isfinite(number):
        raise ValueError("Input should be a finite number")
    return number


def _importance(said: Any) -> float:
    number = _number(said)
    if number < 0:
        raise ValueError("Input should be greater than or equal to 0")
    if number > 1:
        raise ValueError("Input should be less than or equal to 1")
    return number


def _ttl(said: Any) -> float:
    if (number := _number(said)) <= 0:
        raise ValueError("Input should be greater than 0")
    return number


def _seq(said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int):
        raise ValueError("Input should be a valid integer")
    if said < 0:
        raise ValueError("Input should be greater than or equal to 0")
    if said > INTEGER_MAX:
        raise ValueError(f"Input should be less than or equal to {INTEGER_MAX}")
    return said


def _tags(said: Any) -> list[str]:
    if not isinstance(said, list):
        raise ValueError("Input should be a valid list")
    if len(said) > TAGS_MAX:
        raise ValueError(f"List should have at most {TAGS_MAX} items after validation, not {len(said)}")
    tags = []
    for index, tag in enumerate(said):
        try:
            tags.append(_label(tag))
        except ValueError as wrong:
            raise _WrongItem(index, str(wrong)) from None
    return tags


def _meta(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise ValueError("must be a map")
    own: dict[str, Any] = msgpack.unpackb(msgpack.packb(checks.plain_map(said)))
    return own


_label = _name(ID_CHARACTERS_MAX)

_FIELDS: dict[str, tuple[str, _Check]] = {
    "id": ("i", checks.observation_id),
    "text": ("t", _text),
    "value": ("v", checks.reading),
    "unit": ("u", _name(UNIT_CHARACTERS_MAX)),
    "attribute": ("p", _name(ATTRIBUTE_CHARACTERS_MAX, 1)),
    "kind": ("k", _name(ID_CHARACTERS_MAX, 1)),
    "session": ("s", _label),
    "seq": ("n", _seq),
    "tags": ("g", _tags),
    "importance": ("w", _importance),
    "ttl": ("x", _ttl),
    "meta": ("m", _meta),
}
"""By name: the short key, and what it must be."""
