"""The newest state of an attribute before its past. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from memory.records import Memory, Ranked

Attribute = tuple[str, str]
"""An entity, and what of it."""

ATTRIBUTES_MAX = 8
"""Of which a question looks the newest state up, a search each: those that fit best."""


def attribute_of(memory: Memory) -> Attribute | None:
    """What a memory is a state of, if of anything."""
    return None if memory.attribute is None else (memory.entity, memory.attribute)


def attributes(best: Iterable[Memory]) -> list[Attribute]:
    """The attributes that memories, which come best first, are of, in that order; at most ATTRIBUTES_MAX."""
    found = dict.fromkeys(map(attribute_of, best))
    return [attribute for attribute in found if attribute is not None][:ATTRIBUTES_MAX]


def newest(memories: Iterable[Memory]) -> list[Memory]:
    """Newest first; of one instant what was observed before its summary, which is as new as the last that it
    tells of, then the later in its session, then by id, so that order is stable.
    """
    return sorted(
        memories,
        key=lambda memory: (-memory.at, memory.tier == "summary", -(memory.seq or 0), memory.id),
    )


def by_attribute(memories: Iterable[Memory]) -> dict[Attribute, list[Memory]]:
    """What is a state of something, by what it is of; newest first."""
    found: dict[Attribute, list[Memory]] = {}
    for memory in newest(memories):
        if (attribute := attribute_of(memory)) is not None:
            found.setdefault(attribute, []).append(memory)
    return found


def settle(ranked: Sequence[Ranked], latest: Mapping[Attribute, Memory], *, past: bool) -> list[Ranked]:
    """The ranked with the newest state of each attribute in the place of its past, or, if the past was asked
    for, before it.

    `latest` holds the newest there is; of an attribute that is not in it, the newest of the ranked counts.
    """
    states = by_attribute(each.memory for each in ranked)
    spoken = {attribute: state for attribute, (state, *_) in states.items()} | dict(latest)
    settled: list[Ranked] = []
    told: set[str] = set()
    for each in ranked:
        attribute = attribute_of(each.memory)
        places = [each]
        if attribute is not None:
            state = Ranked(spoken[attribute], each.score, each.parts)
            places = [state, each] if past else [state]
        for place in places:
            if place.memory.id not in told:
                told.add(place.memory.id)
                settled.append(place)
    return settled
