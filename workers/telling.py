"""What others are told of stored memories: the compact stream (contract §4). Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from broker_bridge import topics
from broker_bridge.codec import Encoding, encode
from memory.records import Memory
from schemas.limits import STREAM_TEXT_BYTES_MAX
from schemas.stream import StreamRecord

RECORDS_PER_MESSAGE_MAX = 256


def stream(stored: Sequence[Memory]) -> Iterator[tuple[str, bytes]]:
    """Topics and payloads of the stream for memories just stored: arrays, each of one entity."""
    by_entity: defaultdict[tuple[str, str], list[Memory]] = defaultdict(list)
    for memory in stored:
        by_entity[memory.tenant, memory.entity].append(memory)
    for (tenant, entity), memories in by_entity.items():
        for start in range(0, len(memories), RECORDS_PER_MESSAGE_MAX):
            some = memories[start : start + RECORDS_PER_MESSAGE_MAX]
            records = [_record(memory).dump(short=True) for memory in some]
            yield topics.stream(tenant, entity), encode(records, Encoding.MSGPACK)


def _record(memory: Memory) -> StreamRecord:
    return StreamRecord(
        event="stored",
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


def cut_text(text: str, bytes_max: int) -> str:
    """The beginning of a text, at most `bytes_max` bytes of UTF-8, never half a character."""
    return text.encode()[:bytes_max].decode(errors="ignore")
