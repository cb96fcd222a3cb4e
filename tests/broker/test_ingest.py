"""Ingest over a real broker: contract §2 to §4, and promises 1, 2, 3 and 5."""

import asyncio
import base64
import json
import time
from typing import Any
from uuid import UUID

import msgpack
import pytest

from tests.conftest import Memory
from tests.mqtt import RawClient, decoded, receipts


async def test_an_observation_is_stored_and_its_receipt_names_the_memory(device: RawClient) -> None:
    [receipt] = await device.observe("home7/ana", {"id": "o-1", "text": "Ana is allergic to peanuts"})
    assert receipt == {"id": "o-1", "status": "stored", "memory": receipt["memory"]}
    UUID(receipt["memory"])
    reply = await device.ask("home7/ana", {"op": "get", "memories": [receipt["memory"]]})
    [match] = reply["matches"]
    assert (match["id"], match["entity"], match["device"]) == ("o-1", "home7/ana", "device-1")
    assert (match["kind"], match["text"]) == ("event", "Ana is allergic to peanuts")


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "msgpack"])
async def test_receipts_come_in_the_encoding_of_the_observation(device: RawClient, *, as_json: bool) -> None:
    value = {"id": "x", "text": "hello"}
    payload = json.dumps(value).encode() if as_json else msgpack.packb(value)
    await device.publish(device.topic("obs", "e"), payload)
    message = await device.next()
    assert isinstance(message.payload, bytes)
    assert (message.payload[:1] == b"{") == as_json
    assert decoded(message)["receipts" if as_json else "rs"][0]["id" if as_json else "i"] == "x"


async def test_short_and_long_names_mean_the_same_in_both_encodings(device: RawClient) -> None:
    short = {"i": 1, "v": 21.5, "u": "Cel", "p": "temperature", "k": "reading", "a": 1_700_000_000,
             "s": "boot", "n": 3, "g": ["a"], "w": 0.5, "m": {"floor": 1}}  # fmt: skip
    long = {"id": 2, "value": 21.5, "unit": "Cel", "attribute": "temperature", "kind": "reading",
            "at": "2023-11-14T22:13:20Z", "session": "boot", "seq": 3, "tags": ["a"], "importance": 0.5,
            "meta": {"floor": 1}}  # fmt: skip
    for as_json in (True, False):
        await device.observe(f"kitchen-{as_json}", [short, long], as_json=as_json)
        reply = await device.ask(f"kitchen-{as_json}", {"op": "recent"})
        one, other = sorted(reply["matches"], key=lambda match: match["id"])
        different = {"id", "memory"}
        assert {k: v for k, v in one.items() if k not in different} == {
            k: v for k, v in other.items() if k not in different
        }
        assert one["text"] == f"kitchen-{as_json} temperature 21.5 °C"
        assert one["meta"] == {"floor": 1}


async def test_the_same_id_is_stored_once_however_often_it_is_sent(device: RawClient) -> None:
    observation = {"id": "o-1", "text": "the door was left open"}
    [first] = await device.observe("e", observation)
    [again] = await device.observe("e", observation, as_json=True)
    [changed] = await device.observe("e", {"id": "o-1", "text": "other words"})
    assert [each["status"] for each in (first, again, changed)] == ["stored", "duplicate", "duplicate"]
    assert first["memory"] == again["memory"] == changed["memory"]
    stats = await device.ask("e", {"op": "stats"})
    assert stats["count"] == 1


async def test_duplicates_within_one_batch_are_stored_once(device: RawClient) -> None:
    batch = [{"id": "a", "text": "one"}, {"id": "a", "text": "one"}, {"id": "b", "text": "two"}]
    told = await device.observe("e", batch)
    assert [each["status"] for each in told] == ["stored", "duplicate", "stored"]


async def test_without_an_id_content_and_time_tell_observations_apart(device: RawClient) -> None:
    at = 1_700_000_000
    told = await device.observe(
        "e", [{"text": "a", "at": at}, {"text": "a", "at": at}, {"text": "a", "at": at + 1}]
    )
    assert [each["status"] for each in told] == ["stored", "duplicate", "merged"]
    again = await device.observe("e", {"text": "a", "at": at + 1})
    assert [each["status"] for each in again] == ["duplicate"]
    assert {each["memory"] for each in told + again} == {told[0]["memory"]}


async def test_an_id_belongs_to_its_client_and_entity(memory: Memory) -> None:
    memories = set()
    async with memory.client("one") as one, memory.client("two") as two:
        for client, entity in ((one, "e"), (one, "e/f"), (two, "e")):
            [receipt] = await client.observe(entity, {"id": "same", "text": "x"})
            assert receipt["status"] == "stored"
            memories.add(receipt["memory"])
    assert len(memories) == 3


async def test_an_integer_id_is_not_its_text(device: RawClient) -> None:
    told = await device.observe("e", [{"id": 5, "text": "x"}, {"id": "5", "text": "y"}])
    assert [(each["id"], each["status"]) for each in told] == [(5, "stored"), ("5", "stored")]


async def test_a_bad_observation_harms_none_of_its_batch(device: RawClient) -> None:
    told = await device.observe(
        "e", [{"id": 1, "text": "good"}, {"id": 2, "text": 7}, 9, {"id": 3, "value": True}]
    )
    assert [each["status"] for each in told] == ["stored", "refused", "refused", "stored"]
    assert told[1]["id"] == 2
    assert told[1]["reason"] == "invalid"
    assert "`text`" in told[1]["hint"]


REFUSED: dict[str, tuple[Any, str, str]] = {
    "torn": (b"\x82\xa1t\xa5hel", "malformed", "msgpack"),
    "empty": (b"\xc0", "invalid", "must be a map"),
    "empty array": (b"\x90", "invalid", "at least one"),
    "deep": (b"\x91" * 5000, "malformed", "msgpack"),
    "deep json": (b"[" * 5000, "malformed", "JSON"),
    "huge map": (b"\xdf\xff\xff\xff\xff", "malformed", "msgpack"),
    "NaN": ({"value": float("nan")}, "invalid", "`value`"),
    "infinity": ({"value": float("inf")}, "invalid", "`value`"),
    "NaN in JSON": (b'{"value": NaN}', "malformed", "JSON"),
    "2^70": (b'{"value": 1180591620717411303424}', "invalid", "`value`"),
    "invalid UTF-8": (b"\x81\xa1t\xa2\xff\xfe", "malformed", "utf-8"),
    "300 observations": ([{"text": "x"}] * 300, "too_many", "256"),
    "300 KiB": ({"text": "x", "meta": {"a": "y" * 300 * 1024}}, "too_large", "262144"),
    "year 9999": ({"text": "x", "at": "9999-12-31T00:00:00Z"}, "invalid", "`at`"),
    "far ahead": ({"text": "x", "at": 99_999_999_999}, "invalid", "`at`"),
    "negative time": ({"text": "x", "at": -1}, "invalid", "`at`"),
    "no time at all": ({"text": "x", "at": "soon"}, "invalid", "`at`"),
    "NUL in id": ({"id": "a\0b", "text": "x"}, "invalid", "`id`"),
    "id too long": ({"id": "a" * 65, "text": "x"}, "invalid", "`id`"),
    "text too long": ({"text": "é" * 4097}, "invalid", "`text`"),
    "nothing said": ({"id": "a"}, "invalid", "at least one of"),
    "17 tags": ({"text": "x", "tags": ["t"] * 17}, "invalid", "`tags`"),
    "meta too large": ({"text": "x", "meta": {"a": "y" * 2048}}, "invalid", "`meta`"),
    "meta too deep": ({"text": "x", "meta": {"a": [[[[[[[[[1]]]]]]]]]}}, "invalid", "`meta`"),
    "importance": ({"text": "x", "importance": 1.5}, "invalid", "`importance`"),
    "ttl": ({"text": "x", "ttl": 0}, "invalid", "`ttl`"),
    "extension type": (b"\x81\xa1t\xd4\x05\x01", "malformed", "extension"),
}


@pytest.mark.parametrize(("payload", "reason", "named"), REFUSED.values(), ids=REFUSED)
async def test_bad_input_is_refused_by_name_and_the_next_message_is_served(
    device: RawClient, payload: Any, reason: str, named: str
) -> None:
    refused = (await device.observe("e", payload))[0]
    assert refused["status"] == "refused"
    assert refused["reason"] == reason
    assert named in refused["hint"]
    [good] = await device.observe("e", {"id": "good", "text": "still served"})
    assert good["status"] == "stored"


@pytest.mark.parametrize("sent", ["a/b", "a+b", "#", "é✓", " "])
async def test_ids_may_hold_any_printable_character(device: RawClient, sent: str) -> None:
    [receipt] = await device.observe("e", {"id": sent, "text": "x"})
    assert (receipt["id"], receipt["status"]) == (sent, "stored")


async def test_a_retained_observation_is_refused(device: RawClient) -> None:
    [receipt] = await device.observe("e", {"text": "x"}, retain=True)
    await device.mqtt.publish(device.topic("obs", "e"), b"", qos=1, retain=True)
    assert (receipt["status"], receipt["reason"]) == ("refused", "retained")


@pytest.mark.parametrize("entity", ["_all", "a/_x", "a//b", "a/" * 8 + "b", "sp ace", "ü"])
async def test_an_entity_outside_the_rule_is_refused(device: RawClient, entity: str) -> None:
    [receipt] = await device.observe(entity, {"text": "x"})
    assert (receipt["status"], receipt["reason"]) == ("refused", "topic")


async def test_what_is_refused_becomes_a_dead_letter_in_the_file_and_on_the_topic(memory: Memory) -> None:
    async with memory.client("watcher") as watcher, memory.client("device-1") as device:
        await watcher.mqtt.subscribe(f"mem/v1/_sys/deadletter/{memory.tenant}/#", qos=1)
        await device.observe("home7/ana", [{"id": 1, "text": 5}, {"id": 2, "text": "fine"}])
        letter = decoded(await watcher.next())
    assert letter["topic"] == f"mem/v1/{memory.tenant}/obs/device-1/home7/ana"
    assert letter["reason"] == "invalid"
    assert "`text`" in letter["hint"]
    assert msgpack.unpackb(base64.b64decode(letter["payload"])) == {"id": 1, "text": 5}
    kept = (memory.settings.data / "deadletters" / "current.jsonl").read_text().splitlines()
    assert letter in [json.loads(line) for line in kept]


@pytest.mark.parametrize(
    ("payload", "names"), [(b'{"now":true}', ("receipts", "now")), (b"\x81\xa1y\xc3", ("rs", "n"))]
)
async def test_a_time_request_is_answered_with_the_time_and_nothing_is_stored(
    memory: Memory, payload: bytes, names: tuple[str, str]
) -> None:
    async with memory.client("watcher") as watcher, memory.client("device-1") as device:
        for topic in (f"mem/v1/_sys/deadletter/{memory.tenant}/#", f"mem/v1/{memory.tenant}/stream/#"):
            await watcher.mqtt.subscribe(topic, qos=1)
        asked = time.time()
        await device.publish(device.topic("obs", "e"), payload, correlation=b"clock?")
        answer = await device.next()
        answered = time.time()
        told = decoded(answer)
        assert told.keys() == set(names)
        assert told[names[0]] == []
        assert asked <= told[names[1]] <= answered
        assert answer.properties.CorrelationData == b"clock?"  # type: ignore[union-attr]
        # What is stored next is the first that the stream and the dead letters tell of.
        [receipt] = await device.observe("e", {"text": "the first"})
        [record] = msgpack.unpackb((await watcher.next()).payload)
        assert record["m"] == receipt["memory"]
        assert (await device.ask("e", {"op": "stats"}))["count"] == 1


async def test_the_stream_tells_of_each_memory_in_short_keys(memory: Memory) -> None:
    async with memory.client("watcher") as watcher, memory.client("device-1") as device:
        await watcher.mqtt.subscribe(f"mem/v1/{memory.tenant}/stream/#", qos=1)
        observation = {
            "id": 1,
            "text": "é" * 200,
            "session": "s",
            "seq": 4,
            "importance": 0.25,
            "at": 1_700_000_000,
        }
        [receipt] = await device.observe("home7/ana", observation)
        message = await watcher.next()
        [record] = msgpack.unpackb(message.payload)
    assert str(message.topic) == f"mem/v1/{memory.tenant}/stream/home7/ana"
    assert record == {"y": "stored", "m": receipt["memory"], "k": "event", "t": "é" * 128,
                      "a": 1_700_000_000.0, "w": 0.25, "c": "device-1", "s": "s", "n": 4}  # fmt: skip


async def test_a_payload_cannot_say_whose_it_is(memory: Memory) -> None:
    async with memory.client("device-1") as device:
        forged = {
            "text": "forged",
            "tenant": "other",
            "client": "other",
            "entity": "other",
            "device": "other",
        }
        await device.observe("mine", forged)
        [match] = (await device.ask("mine", {"op": "recent"}))["matches"]
    assert (match["entity"], match["device"]) == ("mine", "device-1")


async def test_plain_readings_are_said_in_words(device: RawClient) -> None:
    told = [
        {"value": 21.5, "unit": "Cel", "attribute": "temperature"},
        {"value": 45, "unit": "%", "attribute": "humidity"},
        {"value": True, "attribute": "motion"},
        {"value": "open", "attribute": "door"},
    ]
    await device.observe("home7/kitchen", [{**each, "at": 100 - number} for number, each in enumerate(told)])
    matches = (await device.ask("home7/kitchen", {"op": "recent"}))["matches"]
    assert [match["text"] for match in matches] == [
        "kitchen temperature 21.5 °C", "kitchen humidity 45 %", "kitchen motion true", "kitchen door open",
    ]  # fmt: skip
    assert [match["value"] for match in matches] == [21.5, 45, True, "open"]
    assert {match["kind"] for match in matches} == {"reading"}


async def test_many_messages_at_once_are_all_told_of(device: RawClient) -> None:
    count = 300
    await asyncio.gather(
        *(
            device.publish(
                device.topic("obs", f"e{n % 7}"), msgpack.packb([{"i": n, "t": f"number {n}"}, {"i": n}])
            )
            for n in range(count)
        )
    )
    told: dict[int, list[str]] = {}
    for _ in range(count):
        for receipt in receipts(await device.next()):
            told.setdefault(receipt["id"], []).append(receipt["status"])
    assert told == {n: ["stored", "refused"] for n in range(count)}


async def test_an_observation_at_qos_0_is_stored_too(device: RawClient) -> None:
    [receipt] = await device.observe("e", {"id": 1, "text": "x"}, qos=0)
    assert receipt["status"] == "stored"


async def test_an_mqtt_3_1_1_device_observes_and_asks_by_id_alone(memory: Memory) -> None:
    async with memory.client("old", version=4) as old:
        [receipt] = await old.observe("e", {"id": 1, "text": "an old device speaks"})
        assert receipt["status"] == "stored"
        reply = await old.ask("e", {"text": "who speaks?", "id": "q-1"})
    assert (reply["ok"], reply["id"], reply["op"]) == (True, "q-1", "recall")
    assert reply["matches"][0]["text"] == "an old device speaks"
