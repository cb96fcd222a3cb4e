"""What others are told of stored memories: the compact stream (contract §4). Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from broker_bridge import topics
from broker_bridge.codec import Encoding, encode
from memory.records import Memory
from schemas.limits import STREAM_TEXT_BYTES_MAX
from schemas.stream import StreamEvent, StreamRecord

RECORDS_PER_MESSAGE_MAX = 256
"""Or ids of one record."""


def stream(stored: Sequence[Memory], event: StreamEvent = "stored") -> Iterator[tuple[str, bytes]]:
    """Topics and payloads of the stream for memories just stored: arrays, each of one entity."""
    for (tenant, entity), some in _by_entity(stored):
        records = [_record(memory, event).dump(short=True) for memory in some]
        yield topics.stream(tenant, entity), encode(records, Encoding.MSGPACK)


def _record(memory: Memory, event: StreamEvent) -> StreamRecord:
    return StreamRecord(
        event=event,
        memory=memory.id,
        kind=memory.kind,
        text=cut_text(memory.text, STREAM_TEXT_BYTES_MAX),
        value=memory.value,
        unit=memory.unit,
        attribute=memory.attribute,
        at=memory.at,
        importance=memory.importance,
        device=memory.device,
        session=memory.session,
        seq=memory.seq,
    )


def merged(last: Mapping[str, Memory]) -> Iterator[tuple[str, bytes]]:
    """The same for memories in which something was just counted, each with the last of that."""
    ids = {observation.id: memory_id for memory_id, observation in last.items()}
    for (tenant, entity), some in _by_entity(list(last.values())):
        records = [
            StreamRecord.map_of(short=True, event="merged", memory=ids[each.id], at=each.at) for each in some
        ]
        yield topics.stream(tenant, entity), encode(records, Encoding.MSGPACK)


def forgotten(memories: Sequence[Memory]) -> Iterator[tuple[str, bytes]]:
    """Topics and payloads of the stream for memories just forgotten: a record holds ids of one entity."""
    for whose, some in _by_entity(memories):
        yield from forgotten_ids(*whose, [memory.id for memory in some])


def forgotten_ids(tenant: str, entity: str, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The same for the ids of one entity."""
    for start in range(0, len(ids), RECORDS_PER_MESSAGE_MAX):
        record = StreamRecord(event="forgotten", memories=list(ids[start : start + RECORDS_PER_MESSAGE_MAX]))
        yield topics.stream(tenant, entity), encode(record.dump(short=True), Encoding.MSGPACK)


def _by_entity(memories: Sequence[Memory]) -> Iterator[tuple[tuple[str, str], list[Memory]]]:
    """Each entity's, some at a time."""
    by_entity: defaultdict[tuple[str, str], list[Memory]] = defaultdict(list)
    for memory in memories:
        by_entity[memory.tenant, memory.entity].append(memory)
    for whose, its in by_entity.items():
        for start in range(0, len(its), RECORDS_PER_MESSAGE_MAX):
            yield whose, its[start : start + RECORDS_PER_MESSAGE_MAX]


def cut_text(text: str, bytes_max: int) -> str:
    """The beginning of a text, at most `bytes_max` bytes of UTF-8, never half a character."""
    return text.encode()[:bytes_max].decode(errors="ignore")
