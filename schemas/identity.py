"""Which observation is which: the id that makes a resend harmless. Pure."""

import json
from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6d656d62-726f-5b65-8000-000000000001")
"""Ours alone: the same observation has the same id on every machine, for ever."""
_NAMESPACE_BYTES = NAMESPACE.bytes
_VARIANT = {f"{digit:x}": f"{digit & 0b0011 | 0b1000:x}" for digit in range(16)}
"""Of a hexadecimal digit, the one with RFC 9562's variant in its upper two bits (§4.1)."""


def by_observation_id(tenant: str, entity: str, client: str, observation_id: str | int) -> str:
    """UUIDv5 (RFC 9562 §5.5) of who observed it about whom, and the id the device gave it.

    The device's id stands last and after a mark of its type: no id can pose as another entity's, and
    the integer 5 is not the text "5".
    """
    mark = "i" if isinstance(observation_id, int) else "s"
    return _uuid5(f"{tenant}\n{entity}\n{client}\n{mark}{observation_id}")


def by_content(tenant: str, entity: str, client: str, at: float, content: dict[str, object]) -> str:
    """UUIDv5 of who observed what about whom, and when; for observations without an id."""
    told = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return _uuid5(f"{tenant}\n{entity}\n{client}\nc{at!r}\n{told}")


def by_portion(key: str) -> str:
    """UUIDv5 of what is condensed together (`memory/portions.py`): its summary's.

    It begins as no tenant does, so that no observation's id is a summary's.
    """
    return _uuid5(f"\n{key}")


def _uuid5(name: str) -> str:
    """As `uuid.uuid5` makes it, in a third of its time: each observation has one."""
    made = sha1(_NAMESPACE_BYTES + name.encode(), usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:32]}"


def packed(id_: str) -> bytes:
    """An id, in its usual form, in 16 bytes; six times as fast as a UUID."""
    return bytes.fromhex(id_.replace("-", ""))


def unpacked(packed_id: bytes | bytearray) -> str:
    """The id of 16 bytes in its usual form."""
    told = packed_id.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"
