"""Which observation is which: the id that makes a resend harmless. Pure."""

import json
from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("6d656d62-726f-5b65-8000-000000000001")
"""Ours alone: the same observation has the same id on every machine, for ever."""
_NAMESPACE_BYTES = NAMESPACE.bytes


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
    made = bytearray(sha1(_NAMESPACE_BYTES + name.encode(), usedforsecurity=False).digest()[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    return unpacked(made)


def packed(id_: str) -> bytes:
    """An id, in its usual form, in 16 bytes; six times as fast as a UUID."""
    return bytes.fromhex(id_.replace("-", ""))


def unpacked(packed_id: bytes | bytearray) -> str:
    """The id of 16 bytes in its usual form."""
    told = packed_id.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"
