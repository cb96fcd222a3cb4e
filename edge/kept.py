"""What the memory told, as it came, and by what the same question is known again. Pure, and light."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

DIGEST = "digest"
"""Stands where an answer's op does; there is no op of that name."""
_EACH_TIME_ANOTHER = frozenset("oiad")
"""Short keys of a request's `op`, which is named beside them, and of `id`, `now` and `deadline_ms`, which say
nothing of what is asked."""
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload as it came."""

    op: str
    payload: bytes
    at: float
    """When it came, epoch seconds."""


def answer_key(op: str, fields: Mapping[str, Any]) -> bytes:
    """The same for the same question; `fields` under short keys. What was asked cannot be read from it."""
    asked = {key: value for key, value in fields.items() if key not in _EACH_TIME_ANOTHER}
    return blake2b(json.dumps([op, asked], sort_keys=True).encode(), digest_size=_KEY_BYTES).digest()
