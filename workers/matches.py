"""Between the wire and the memory: what a request wants, and memories as they are answered. Pure."""

from collections.abc import Sequence

from memory import conditions
from memory.figures import Figure
from memory.records import Memory
from memory.versions import as_it_was, as_version
from schemas.replies import Exported, Match, Reading, Version
from schemas.requests import Filters
from schemas.times import resolve


def wanted(filters: Filters, now: float) -> conditions.Filters:
    """The filters of a request; its times relative to now (epoch seconds) become instants."""
    return conditions.Filters(
        since=resolve(filters.since, now),
        until=resolve(filters.until, now),
        kinds=filters.kinds,
        tags=filters.tags,
        devices=filters.devices,
        sessions=filters.sessions,
        meta=filters.meta,
    )


def to_match(memory: Memory, *, score: float | None = None, parts: dict[str, float] | None = None) -> Match:
    """A memory as it is answered."""
    return Match(
        memory=memory.id,
        id=memory.observation_id,
        entity=memory.entity,
        device=memory.device,
        kind=memory.kind,
        text=memory.text,
        value=memory.value,
        unit=memory.unit,
        attribute=memory.attribute,
        at=memory.at,
        score=score,
        session=memory.session,
        seq=memory.seq,
        tags=memory.tags or None,
        importance=memory.importance,
        tier=memory.tier,
        seen=memory.seen if memory.seen > 1 else None,
        first=memory.first,
        meta=memory.meta,
        parts=parts,
    )


def to_readings(measured: Sequence[Figure]) -> list[Reading] | None:
    """What readings say, as it is answered; nothing where they were not asked."""
    return [_to_reading(each) for each in measured] or None


def _to_reading(measured: Figure) -> Reading:
    return Reading(
        asked=measured.asked.value,
        entity=measured.entity,
        attribute=measured.attribute,
        device=measured.device,
        state=measured.target,
        value=measured.value,
        unit=measured.proof.unit,
        count=measured.count,
        min=measured.low,
        max=measured.high,
        mean=measured.mean,
        since=measured.since,
        until=measured.until,
        snapped=measured.snapped or None,
        memory=measured.proof.id,
        at=measured.at,
    )


def to_exported(memory: Memory) -> Exported:
    """A memory with everything stored of it."""
    return Exported(
        **to_match(memory).model_dump(),
        received=memory.received,
        expires=memory.expires,
        written=memory.written,
        by=memory.written_by,
        sources=memory.sources or None,
        versions=to_versions(memory)[1:] or None,
        votes=memory.votes or None,
        judged=memory.judged or None,
        recalled=memory.recalled or None,
    )


def to_versions(memory: Memory) -> list[Version]:
    """A memory as it is and as it was, newest first."""
    versions = [as_version(memory), *memory.versions]
    return [
        Version(match=to_match(as_it_was(memory, each)), by=each.by, written=each.written)
        for each in versions
    ]
