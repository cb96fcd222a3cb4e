"""A memory as the flat map a vector store keeps beside its vector, and back."""

from dataclasses import asdict, fields
from math import isfinite
from typing import Any

from memory.conditions import scope_terms
from memory.drift import Drift
from memory.measured import Beyond, Held, Measured
from memory.records import Memory, Recalled, Repeated, Sample, Version
from schemas.checks import is_number
from schemas.meta_terms import meta_terms

KEYWORD_FIELDS = (
    "scope", "device", "kind", "tier", "session", "attribute", "tags", "meta_terms", "sources",
)  # fmt: skip
"""Indexed for equality. A tenant and an entity are only asked for as a scope; `tier` is there of summaries
alone, for an index of what is the same of all costs 60 MB at a million."""
NUMBER_FIELDS = ("at", "expires", "number")
"""Indexed as floats for ranges and order: an integer index does not see floats."""
SAMPLE_FIELDS = (
    "entity", "device", "at", "value", "received", "importance", "seen", "first", "votes", "judged",
    "recalled",
)  # fmt: skip
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
    "first",
    "expires",
    "meta",
    "written",
    "written_by",
)
_LISTS = ("tags", "sources")
_AS_THEY_ARE = frozenset(each.name for each in fields(Memory)) - {"id", "versions", "votes", "measured"}
"""Kept as they are; what is not there has its default. A recall reads hundreds: names are looked at once."""
_SIGNS = {True: "+", False: "-"}
"""Before the client of a vote: a list of texts keeps its order in every store, a map does not."""


def to_payload(memory: Memory) -> dict[str, Any]:
    """The payload of a point; absent fields take no room."""
    payload: dict[str, Any] = {
        "tenant": memory.tenant,
        "entity": memory.entity,
        "scope": scope_terms(memory.tenant, memory.entity),
        "device": memory.device,
        "kind": memory.kind,
        "text": memory.text,
        "at": memory.at,
        "received": memory.received,
    }
    for name in _OPTIONAL:
        value = getattr(memory, name)
        if value is not None:
            payload[name] = value
    for name in _LISTS:
        if values := getattr(memory, name):
            payload[name] = values
    if memory.tier != "raw":
        payload["tier"] = memory.tier
    if memory.seen != 1:
        payload["seen"] = memory.seen
    if memory.judged:
        payload["judged"] = True
    if memory.recalled:
        payload["recalled"] = memory.recalled
    return payload | _there(
        {
            "number": _number(memory),
            "meta_terms": meta_terms(memory.meta or {}),
            "measured": None if memory.measured is None else _there(asdict(memory.measured)),
            "versions": [_there(asdict(version)) for version in memory.versions],
            "votes": [f"{_SIGNS[useful]}{client}" for client, useful in memory.votes.items()],
        }
    )


def renewed(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload of an earlier layout in this one; a tombstone is the same in all."""
    return payload if FORGOTTEN in payload else to_payload(from_payload("", payload))


def tombstone(at: float) -> dict[str, Any]:
    """The payload that stands where a memory was forgotten, so that a resend does not bring it back."""
    return {FORGOTTEN: at}


def from_payload(point_id: str, payload: dict[str, Any]) -> Memory:
    """The memory that a point holds."""
    kept = {name: value for name, value in payload.items() if name in _AS_THEY_ARE}
    if versions := payload.get("versions"):
        kept["versions"] = [Version(**version) for version in versions]
    if said := payload.get("measured"):
        kept["measured"] = _measured(said)
    if votes := payload.get("votes"):
        kept["votes"] = _votes(votes)
    return Memory(id=point_id, **kept)


def sample_of(point_id: str, payload: dict[str, Any]) -> Sample:
    """What a memory measured, of as much of its payload as that takes."""
    kept = {name: payload[name] for name in SAMPLE_FIELDS if name in payload}
    if votes := kept.get("votes"):
        kept["votes"] = _votes(votes)
    return Sample(point_id, **kept)


def repeats_of(repeated: Repeated | Recalled) -> dict[str, Any]:
    """The fields of a payload that say how often and when a memory was said; or how often it was told."""
    if isinstance(repeated, Recalled):
        return {"recalled": repeated.recalled}
    told = {"seen": repeated.seen, "first": repeated.first, "at": repeated.at}
    return told if repeated.expires is None else {**told, "expires": repeated.expires}


def _number(memory: Memory) -> float | None:
    """What it measured, where that can be ordered: an index of floats does not see integers."""
    value = memory.value
    return float(value) if is_number(value) and isfinite(value) else None


def _there(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value is not None and value != []}


def _votes(said: list[str]) -> dict[str, bool]:
    return {vote[1:]: vote[0] == _SIGNS[True] for vote in said}


def _measured(said: dict[str, Any]) -> Measured:
    parts: dict[str, Any] = {
        "drift": Drift(**said["drift"]) if "drift" in said else None,
        "beyond": [Beyond(**each) for each in said.get("beyond", ())],
        "values": [Held(**each) for each in said.get("values", ())],
    }
    return Measured(**(said | parts))
