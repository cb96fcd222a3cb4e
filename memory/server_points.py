"""Memories, conditions and changes in the words of a Qdrant server."""

from collections.abc import Sequence

from qdrant_client import models

from memory.conditions import (
    AnyOf,
    Between,
    Condition,
    Equals,
    HasId,
    Present,
    Where,
    the_one,
    within,
    within_before,
)
from memory.lexicon import Lexicon
from memory.payload import (
    from_payload,
    renewed,
    repeats_of,
    to_payload,
)
from memory.records import (
    Embedded,
    Memory,
    Recalled,
    Repeated,
    Words,
)
from memory.store import point_ids

VECTOR = "dense"
WORDS = "words"


def to_point(item: Embedded) -> models.PointStruct:
    """The point of a memory."""
    return models.PointStruct(
        id=item.memory.id,
        vector={VECTOR: item.vector.tolist(), WORDS: to_sparse(item.words)},
        payload=to_payload(item.memory),
    )


def to_revision(memory: Memory, *, older: bool) -> models.OverwritePayloadOperation:
    """Replaces the payload of a memory where it is still remembered."""
    payload = models.SetPayload(payload=to_payload(memory), filter=to_filter(the_one(memory), older=older))
    return models.OverwritePayloadOperation(overwrite_payload=payload)


def to_repeats(repeated: Repeated | Recalled) -> models.SetPayloadOperation:
    """Sets how often a memory was said or recalled, where it is still remembered."""
    there = [models.HasIdCondition(has_id=[repeated.id]), to_condition(Present("tenant"))]
    payload = models.SetPayload(payload=repeats_of(repeated), filter=models.Filter(must=there))
    return models.SetPayloadOperation(set_payload=payload)


def words_anew(record: models.Record, of_language: Lexicon) -> models.PointVectors:
    """The words of a memory, made of its text."""
    document = of_language.document((record.payload or {})["text"])
    return models.PointVectors(id=record.id, vector={WORDS: to_sparse(document)})


def to_renewal(record: models.Record, where: models.Filter) -> models.SetPayloadOperation:
    """What this layout keeps beside what an earlier one kept."""
    payload = record.payload or {}
    new = {name: value for name, value in renewed(payload).items() if name not in payload}
    this = models.Filter(must=[models.HasIdCondition(has_id=[record.id])], must_not=where.must_not)
    return models.SetPayloadOperation(set_payload=models.SetPayload(payload=new, filter=this))


def to_sparse(words: Words) -> models.SparseVector:
    """Words as the server has them."""
    return models.SparseVector(indices=list(words.indices), values=list(words.values))


def words_of(point: models.ScoredPoint) -> list[int]:
    """The words of a point that was found by them, and read with them."""
    words = (point.vector or {})[WORDS] if isinstance(point.vector, dict) else None
    return words.indices if isinstance(words, models.SparseVector) else []


def to_memory(point: models.ScoredPoint | models.Record) -> Memory:
    """The memory of a point that was found."""
    return from_payload(str(point.id), point.payload or {})


def to_filter(where: Where, *, older: bool) -> models.Filter:
    """The conditions of a request; in an older layout also of what is still to be renewed."""
    scope: models.Condition = to_condition(within(where.scope))
    if older:
        before = models.Filter(must=[to_condition(each) for each in within_before(where.scope)])
        scope = models.Filter(should=[scope, before])
    return models.Filter(
        must=[scope, *map(to_condition, where.must)],
        must_not=[to_condition(condition) for condition in where.must_not],
    )


def all_of(must: Sequence[Condition], must_not: Sequence[Condition]) -> models.Filter:
    """Conditions of no scope, for who takes care of whole tenants."""
    return models.Filter(must=[*map(to_condition, must)], must_not=[*map(to_condition, must_not)])


def to_condition(condition: Condition) -> models.FieldCondition | models.HasIdCondition | models.Filter:
    """One condition."""
    match condition:
        case Equals(key, value):
            return models.FieldCondition(key=key, match=models.MatchValue(value=value))
        case AnyOf(key, values):
            return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))
        case Between(key, at_least, at_most):
            return models.FieldCondition(key=key, range=models.Range(gte=at_least, lte=at_most))
        case Present(key):
            return models.Filter(must_not=[models.IsEmptyCondition(is_empty=models.PayloadField(key=key))])
        case HasId(ids):
            return models.HasIdCondition(has_id=point_ids(ids))
