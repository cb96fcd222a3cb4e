"""What a field of an observation must be, where its type does not say so: the same for models and devices.

A device looks at what it observes before it keeps it, and has no room for pydantic; so these are plain
functions. Each returns what it was given, or raises ValueError, in the sender's words.
"""

from math import isfinite
from typing import Any, TypeGuard
from unicodedata import category

import msgpack

from schemas.limits import (
    ID_CHARACTERS_MAX,
    INTEGER_MAX,
    INTEGER_MIN,
    META_BYTES_MAX,
    META_DEPTH_MAX,
    TEXT_BYTES_MAX,
    VALUE_CHARACTERS_MAX,
)

NOT_UNICODE = "Input should be a valid string, unable to parse raw data as a unicode string"
"""Pydantic's own words, where it looks first."""


def printable(text: str) -> str:
    """A name that may be shown on a terminal."""
    # Most texts are; some that are not hold no more than an unusual space.
    if not text.isprintable() and any(category(character) == "Cc" for character in text):
        raise ValueError("must not hold control characters")
    return text


def within_bytes(text: str) -> str:
    """The words of an observation."""
    size = len(whole(text).encode())
    if not 1 <= size <= TEXT_BYTES_MAX:
        raise ValueError(f"must be 1 to {TEXT_BYTES_MAX} bytes of UTF-8, not {size}")
    return text


def reading(value: object) -> bool | int | float | str:
    """The value of an observation."""
    if isinstance(value, str):
        if len(value) <= VALUE_CHARACTERS_MAX:
            return whole(value)
    elif is_carried(value):
        return value
    raise ValueError(
        f"must be a finite number (integers: 64 bits), a string of at most {VALUE_CHARACTERS_MAX} characters,"
        " or a boolean"
    )


def observation_id(value: object) -> str | int:
    """What a device calls its observation."""
    match value:
        case bool():
            pass
        case int() if INTEGER_MIN <= value <= INTEGER_MAX:
            return value
        case str() if 1 <= len(value) <= ID_CHARACTERS_MAX:
            return printable(whole(value))
    raise ValueError(f"must be a string of 1 to {ID_CHARACTERS_MAX} characters or an integer of 64 bits")


def plain_map(meta: dict[str, Any]) -> dict[str, Any]:
    """What a device adds of its own."""
    _check_plain(meta, META_DEPTH_MAX)
    if len(msgpack.packb(meta)) > META_BYTES_MAX:
        raise ValueError(f"must be at most {META_BYTES_MAX} bytes encoded")
    return meta


def whole(text: str) -> str:
    """A string that every encoding carries: Python alone knows half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(NOT_UNICODE) from None
    return text


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value can be more or less than another; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_carried(value: object) -> TypeGuard[bool | int | float]:
    """Whether both encodings and every store carry a number (or a boolean) as it is."""
    if isinstance(value, int):
        return INTEGER_MIN <= value <= INTEGER_MAX
    return isinstance(value, float) and isfinite(value)


def _check_plain(value: object, depth: int) -> None:
    """Only what JSON and msgpack both carry, and every store keeps as sent."""
    if depth < 0:
        raise ValueError(f"must nest at most {META_DEPTH_MAX} deep")
    if isinstance(value, list):
        for item in value:
            _check_plain(item, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("must have strings as keys")
            whole(key)
            _check_plain(item, depth - 1)
    elif isinstance(value, str):
        whole(value)
    elif not (value is None or is_carried(value)):
        raise ValueError("must hold only finite 64-bit numbers, strings, booleans, null, lists and maps")
