"""What the audit log is told of an observation, an answer or a change. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from memory.audit_log import Deed
from memory.records import Memory
from schemas.limits import LISTED_MAX
from schemas.replies import Did, ExportReply, HistoryReply, MatchesReply, ProfileReply, Reply, StateReply

Touched = Iterable[tuple[str, str]]
"""Entity and memory id."""


def deeds(did: Did, *, at: float, tenant: str, client: str, touched: Touched) -> list[Deed]:
    """One deed for each entity, of at most LISTED_MAX memories each, so that one fits in an answer."""
    by_entity: defaultdict[str, list[str]] = defaultdict(list)
    for entity, memory_id in touched:
        by_entity[entity].append(memory_id)
    return [
        Deed(at, tenant, entity, client, did, some)
        for entity, ids in by_entity.items()
        for some in _in_parts(ids)
    ]


def of_memories(did: Did, memories: Sequence[Memory], *, at: float, tenant: str, client: str) -> list[Deed]:
    """What a client did to memories."""
    touched = ((memory.entity, memory.id) for memory in memories)
    return deeds(did, at=at, tenant=tenant, client=client, touched=touched)


def of_reply(did: Did, reply: Reply, *, at: float, tenant: str, client: str, asked: str) -> list[Deed]:
    """What an answer told a client; of no memory: a deed about the entity that was asked of."""
    told = deeds(did, at=at, tenant=tenant, client=client, touched=_told(reply))
    return told or [Deed(at, tenant, asked, client, did)]


def _told(reply: Reply) -> Touched:
    match reply:
        case MatchesReply():
            return [(match.entity, match.memory) for match in reply.matches]
        case ProfileReply():
            told = [*reply.preferences, *reply.facts, *reply.routines]
            return [(match.entity, match.memory) for match in told]
        case ExportReply():
            return [(memory.entity, memory.memory) for memory in reply.memories]
        case HistoryReply():
            return [(version.match.entity, version.match.memory) for version in reply.versions[:1]]
        case StateReply():
            return [(entry.entity, entry.memory) for entry in reply.state.values()]
        case _:
            return []


def _in_parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + LISTED_MAX] for start in range(0, len(ids), LISTED_MAX)]
