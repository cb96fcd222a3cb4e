"""A memory as the flat map a vector store keeps beside its vector, and back."""

from dataclasses import asdict
from math import isfinite
from typing import Any

from memory.conditions import meta_terms
from memory.records import Memory, Sample, Version, ancestors

KEYWORD_FIELDS = (
    "entity", "within", "device", "kind", "tier", "session", "attribute", "tags", "meta_terms", "sources",
)  # fmt: skip
"""Indexed for equality, beside `tenant`, which is the tenant index."""
NUMBER_FIELDS = ("at", "expires", "number")
"""Indexed as floats for ranges and order: an integer index does not see floats."""
SAMPLE_FIELDS = ("entity", "device", "at", "value")
"""All that a sample is made of."""
FORGOTTEN = "forgotten"
"""The one field of a tombstone: when (epoch seconds). It has no tenant, so that no search finds it."""

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
    "written",
    "written_by",
)
_LISTS = ("tags", "sources")


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
    if (number := _number(memory)) is not None:
        payload["number"] = number
    for name in _LISTS:
        if values := getattr(memory, name):
            payload[name] = values
    if memory.meta:
        payload["meta_terms"] = meta_terms(memory.meta)
    if memory.seen != 1:
        payload["seen"] = memory.seen
    if memory.versions:
        payload["versions"] = [_said(version) for version in memory.versions]
    return payload


def tombstone(at: float) -> dict[str, Any]:
    """The payload that stands where a memory was forgotten, so that a resend does not bring it back."""
    return {FORGOTTEN: at}


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
        seen=payload.get("seen", 1),
        versions=[Version(**version) for version in payload.get("versions", ())],
        **{name: payload.get(name, []) for name in _LISTS},
        **{name: payload[name] for name in _OPTIONAL if name in payload},
    )


def sample_of(point_id: str, payload: dict[str, Any]) -> Sample:
    """What a memory measured, of as much of its payload as that takes."""
    return Sample(point_id, *(payload[name] for name in SAMPLE_FIELDS))


def _number(memory: Memory) -> float | None:
    """What it measured, where that can be ordered: an index of floats does not see integers."""
    value = memory.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _said(version: Version) -> dict[str, Any]:
    return {name: value for name, value in asdict(version).items() if value not in (None, [])}
