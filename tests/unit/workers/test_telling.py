"""workers/telling.py"""

from typing import Any

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from memory.records import Memory
from schemas.stream import StreamRecord
from workers.telling import RECORDS_PER_MESSAGE_MAX, cut_text, merged, stream


def memory(number: int = 0, **changes: Any) -> Memory:
    usual: dict[str, Any] = {
        "id": f"m{number}",
        "tenant": "acme",
        "entity": "home7",
        "device": "kiosk-1",
        "kind": "note",
        "text": f"text {number}",
        "at": float(number),
        "received": 99.0,
    }
    return Memory(**(usual | changes))


def told(memories: list[Memory]) -> list[tuple[str, list[StreamRecord]]]:
    return [
        (topic, [StreamRecord.load(each) for each in msgpack.unpackb(payload)])
        for topic, payload in stream(memories)
    ]


def test_a_stored_memory_is_told_of_under_short_keys() -> None:
    full = memory(
        1, value=21.5, unit="Cel", attribute="temperature", importance=0.5, session="s", seq=2,
        tags=["secret"], meta={"secret": 1}, observation_id="secret",
    )  # fmt: skip
    [(topic, payload)] = stream([full])
    assert topic == "mem/v1/acme/stream/home7"
    assert msgpack.unpackb(payload) == [
        {
            "y": "stored", "m": "m1", "k": "note", "t": "text 1", "v": 21.5, "u": "Cel", "p": "temperature",
            "a": 1.0, "w": 0.5, "c": "kiosk-1", "s": "s", "n": 2,
        }
    ]  # fmt: skip


def test_of_a_repeat_it_is_told_which_memory_counts_it_and_when_it_was() -> None:
    [(topic, payload)] = merged({"known": memory(7)})
    assert topic == "mem/v1/acme/stream/home7"
    assert msgpack.unpackb(payload) == [{"y": "merged", "m": "known", "a": 7.0}]


def test_a_message_is_of_one_entity_of_one_tenant() -> None:
    mixed = [
        memory(1),
        memory(2, entity="home7/kitchen"),
        memory(3, tenant="other"),
        memory(4),
        memory(5, entity="home7/kitchen"),
    ]
    found = {topic: [record.memory for record in records] for topic, records in told(mixed)}
    assert found == {
        "mem/v1/acme/stream/home7": ["m1", "m4"],
        "mem/v1/acme/stream/home7/kitchen": ["m2", "m5"],
        "mem/v1/other/stream/home7": ["m3"],
    }


def test_many_memories_are_told_in_several_messages_in_order_each_once() -> None:
    many = [memory(number) for number in range(2 * RECORDS_PER_MESSAGE_MAX + 1)]
    messages = told(many)
    assert [len(records) for _, records in messages] == [RECORDS_PER_MESSAGE_MAX, RECORDS_PER_MESSAGE_MAX, 1]
    assert [record.memory for _, records in messages for record in records] == [each.id for each in many]


def test_nothing_stored_is_nothing_told() -> None:
    assert list(stream([])) == []


def test_the_text_is_cut_to_256_bytes() -> None:
    [(_, [record])] = told([memory(text="ü" * 300)])
    assert record.text == "ü" * 128


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_is_the_longest_beginning_of_whole_characters_that_fits(text: str, room: int) -> None:
    cut = cut_text(text, room)
    assert text.startswith(cut)
    assert len(cut.encode()) <= room
    assert cut == text or len((cut + text[len(cut)]).encode()) > room
