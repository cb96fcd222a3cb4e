"""What an update makes of a memory: the new version in its place, the old one in its history. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from memory.importance import judged
from memory.records import Memory, Version
from schemas.reading_words import reading_words

VERSIONS_MAX = 8
"""Older ones are dropped: a memory with its history has to fit in one answer."""


def is_plain_reading(memory: Memory) -> bool:
    """Whether its text is what we made of its value."""
    said = reading_words(memory.entity, memory.attribute, memory.value, memory.unit)
    return memory.value is not None and memory.text == said


def changed(memory: Memory, changes: Mapping[str, Any], *, by: str, now: float) -> Memory:
    """The memory with some fields changed by a client; the same memory if they say nothing new.

    The text of a plain reading follows its value, unless the change has words of its own. An importance that
    we decided is decided anew for other words, and is the client's from when it names one.
    """
    after = replace(memory, **changes, judged=memory.judged and "importance" not in changes)
    if "text" not in changes and is_plain_reading(memory):
        after = replace(after, text=reading_words(after.entity, after.attribute, after.value, after.unit))
    if after == memory:
        return memory
    if after.judged and _judged_by(after) != _judged_by(memory):
        after = judged(after)
    versions = [as_version(memory), *memory.versions][:VERSIONS_MAX]
    return replace(after, written=now, written_by=by, versions=versions)


def _judged_by(memory: Memory) -> tuple[object, ...]:
    return memory.kind, memory.text, memory.value


def as_version(memory: Memory) -> Version:
    """What a memory says now, who wrote that, and when."""
    return Version(
        kind=memory.kind,
        text=memory.text,
        at=memory.at,
        by=memory.written_by or memory.device,
        written=memory.received if memory.written is None else memory.written,
        value=memory.value,
        unit=memory.unit,
        attribute=memory.attribute,
        tags=memory.tags,
        importance=memory.importance,
        meta=memory.meta,
    )


def as_it_was(memory: Memory, version: Version) -> Memory:
    """The memory as it was in a version of it."""
    return replace(
        memory,
        kind=version.kind,
        text=version.text,
        at=version.at,
        value=version.value,
        unit=version.unit,
        attribute=version.attribute,
        tags=version.tags,
        importance=version.importance,
        meta=version.meta,
    )
