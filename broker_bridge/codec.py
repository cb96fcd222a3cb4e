"""One msgpack or JSON value in, one out; which of the two is told by the first byte (contract §2)."""

from enum import Enum
from typing import Any

import msgpack
from pydantic_core import from_json, to_json


class Encoding(Enum):
    """How a payload was written, and so how its answer is."""

    JSON = "json"
    MSGPACK = "msgpack"

    @classmethod
    def of(cls, payload: bytes) -> "Encoding":
        """By the first byte: `{`, `[` or white space is JSON, anything else msgpack."""
        return cls.JSON if payload[:1] in _JSON_STARTS else cls.MSGPACK


_JSON_STARTS = frozenset((b"{", b"[", b" ", b"\t", b"\r", b"\n"))


class Malformed(ValueError):
    """A payload that is no msgpack and no JSON value; says at which byte, where that is known."""


def decode(payload: bytes) -> Any:
    """The value in a payload.

    Raises:
        Malformed: torn, too deep, not UTF-8, trailing bytes, NaN in JSON, or a msgpack extension type.
            Bytes and msgpack's own timestamp pass here: the type of every field refuses them.
    """
    if not payload:
        raise Malformed("payload: empty; send one JSON or msgpack value")
    return _decode_json(payload) if Encoding.of(payload) is Encoding.JSON else _decode_msgpack(payload)


def encode(value: Any, encoding: Encoding) -> bytes:
    """The payload of a plain value (maps, lists, strings, numbers, booleans, None)."""
    if encoding is Encoding.JSON:
        return to_json(value)
    packed: bytes = msgpack.packb(value)
    return packed


def _decode_json(payload: bytes) -> Any:
    try:
        return from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(f"payload: not JSON: {error}") from None


def _decode_msgpack(payload: bytes) -> Any:
    try:
        return msgpack.unpackb(payload, ext_hook=_no_extensions)
    except Malformed:
        raise
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        what = str(error) or type(error).__name__
        raise Malformed(
            f"payload: neither JSON (that begins with {{ or [) nor msgpack: {what[:100]}"
        ) from None


def _no_extensions(code: int, data: bytes) -> Any:
    raise Malformed(f"payload: msgpack extension type {code} ({len(data)} bytes) is not part of the contract")
