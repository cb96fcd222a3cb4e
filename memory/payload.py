"""A memory as the flat map a vector store keeps beside its vector, and back."""

from typing import Any

from memory.conditions import meta_terms
from memory.records import Memory, ancestors

KEYWORD_FIELDS = ("entity", "within", "device", "kind", "tier", "session", "attribute", "tags", "meta_terms")
"""Indexed for equality, beside `tenant`, which is the tenant index."""
NUMBER_FIELDS = ("at", "expires")
"""Indexed as floats for ranges and order: an integer index does not see floats."""

_OPTIONAL = (
    "observation_id",
    "value",
    "unit",
    "attribute",
    "session",
    "seq",
    "importance",
    "expires",
    "meta",
)


def to_payload(memory: Memory) -> dict[str, Any]:
    """The payload of a point; absent fields take no room."""
    payload: dict[str, Any] = {
        "tenant": memory.tenant,
        "entity": memory.entity,
        "within": ancestors(memory.entity),
        "device": memory.device,
        "kind": memory.kind,
        "text": memory.text,
        "at": memory.at,
        "received": memory.received,
        "tier": memory.tier,
    }
    for name in _OPTIONAL:
        value = getattr(memory, name)
        if value is not None:
            payload[name] = value
    if memory.tags:
        payload["tags"] = memory.tags
    if memory.meta:
        payload["meta_terms"] = meta_terms(memory.meta)
    if memory.seen != 1:
        payload["seen"] = memory.seen
    return payload


def from_payload(point_id: str, payload: dict[str, Any]) -> Memory:
    """The memory that a point holds."""
    return Memory(
        id=point_id,
        tenant=payload["tenant"],
        entity=payload["entity"],
        device=payload["device"],
        kind=payload["kind"],
        text=payload["text"],
        at=payload["at"],
        received=payload["received"],
        tier=payload["tier"],
        tags=payload.get("tags", []),
        seen=payload.get("seen", 1),
        **{name: payload[name] for name in _OPTIONAL if name in payload},
    )
