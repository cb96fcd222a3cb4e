"""Which observation is which: the id that makes a resend harmless. Pure."""

import json
from uuid import UUID, uuid5

NAMESPACE = UUID("6d656d62-726f-5b65-8000-000000000001")
"""Ours alone: the same observation has the same id on every machine, for ever."""


def by_observation_id(tenant: str, entity: str, client: str, observation_id: str | int) -> str:
    """UUIDv5 (RFC 9562 §5.5) of who observed it about whom, and the id the device gave it.

    The device's id stands last and after a mark of its type: no id can pose as another entity's, and
    the integer 5 is not the text "5".
    """
    mark = "i" if isinstance(observation_id, int) else "s"
    return str(uuid5(NAMESPACE, f"{tenant}\n{entity}\n{client}\n{mark}{observation_id}"))


def by_content(tenant: str, entity: str, client: str, at: float, content: dict[str, object]) -> str:
    """UUIDv5 of who observed what about whom, and when; for observations without an id."""
    told = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return str(uuid5(NAMESPACE, f"{tenant}\n{entity}\n{client}\nc{at!r}\n{told}"))


def by_portion(key: str) -> str:
    """UUIDv5 of what is condensed together (`memory/portions.py`): its summary's.

    It begins as no tenant does, so that no observation's id is a summary's.
    """
    return str(uuid5(NAMESPACE, f"\n{key}"))
