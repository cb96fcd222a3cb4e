"""`manage` over a real broker: contract §5 and promise 4, and who did what."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgpack
import pytest

from broker_bridge.url import BrokerUrl
from tests.broker.conftest import Up, running
from tests.conftest import Memory, free_port
from tests.contract.test_store_edge_erasing import holds
from tests.mqtt import RawClient, decoded
from workers.deadletters import DeadLetters

OWN = "home7"


async def manage(client: RawClient, entity: str, **request: Any) -> Any:
    return await client.ask(entity, request, verb="manage")


async def observe(client: RawClient, entity: str, *texts: str, **more: Any) -> list[str]:
    """The ids of new memories with these texts."""
    told = await client.observe(entity, [{"text": text, **more} for text in texts])
    assert {each["status"] for each in told} == {"stored"}
    return [each["memory"] for each in told]


async def found(client: RawClient, entity: str, words: str = "anything") -> set[str]:
    """The texts that any op finds; `recall`, `recent` and `stats` have to agree."""
    recalled = await client.ask(entity, {"text": words, "limit": 100})
    recent = await client.ask(entity, {"op": "recent", "limit": 100}, as_json=False)
    stats = await client.ask(entity, {"op": "stats"})
    texts = {match["text"] for match in recalled["matches"]}
    assert texts == {match["t"] for match in recent["m"]}
    assert stats["count"] == len(recent["m"])
    return texts


# forget


async def test_forgotten_by_id_is_found_by_no_op(device: RawClient) -> None:
    secret, kept = await observe(device, OWN, "the code is 4711", "the cat is called Miso")
    answer = await manage(device, OWN, op="forget", memories=[secret])
    assert (answer["ok"], answer["forgotten"]) == (True, 1)
    assert await found(device, OWN, "what is the code?") == {"the cat is called Miso"}
    got = await device.ask(OWN, {"op": "get", "memories": [secret, kept]})
    assert [match["memory"] for match in got["matches"]] == [kept]
    assert (await device.ask(OWN, {"op": "get", "memories": [secret]}))["code"] == 404
    assert (await manage(device, OWN, op="history", memory=secret))["code"] == 404
    assert (await manage(device, OWN, op="update", memory=secret, text="x"))["code"] == 404
    exported = await manage(device, OWN, op="export")
    assert [memory["memory"] for memory in exported["memories"]] == [kept]


async def test_forgotten_where_means_all_that_the_filters_say_and_no_other(device: RawClient) -> None:
    await observe(device, OWN, "a", "b", kind="note", tags=["x"])
    await observe(device, OWN, "c", kind="note")
    await observe(device, OWN, "d", tags=["x"])
    answer = await manage(device, OWN, op="forget", where={"kinds": ["note"], "tags": ["x"]})
    assert answer["forgotten"] == 2
    assert await found(device, OWN) == {"c", "d"}


async def test_forgotten_all_means_one_entity_and_with_all_below_its_tree(memory: Memory) -> None:
    async with memory.client() as device:
        for entity in ("home7", "home7/ana", "home7/ana/phone", "home70"):
            await observe(device, entity, f"of {entity}")
        assert (await manage(device, "home7/ana", op="forget", all=True))["forgotten"] == 1
        assert await found(device, "home7/_all") == {"of home7", "of home7/ana/phone"}
        assert (await manage(device, "home7/_all", op="forget", all=True))["forgotten"] == 2
        assert await found(device, "home7/_all") == set()
        assert await found(device, "home70") == {"of home70"}


async def test_forgetting_reaches_no_other_tenant_and_no_other_entity(memory: Memory, tenant: str) -> None:
    stranger = Memory(memory.broker, f"{tenant}-other", memory.settings)
    async with memory.client() as device, stranger.client() as other:
        [theirs] = await observe(other, OWN, "theirs")
        [elsewhere] = await observe(device, "home8", "elsewhere")
        answer = await manage(device, OWN, op="forget", memories=[theirs, elsewhere, "no id", str(uuid4())])
        assert answer["forgotten"] == 0
        await manage(device, "home7/_all", op="forget", all=True)
        assert await found(other, OWN) == {"theirs"}
        assert await found(device, "home8") == {"elsewhere"}


async def test_more_than_a_page_is_forgotten_whole(device: RawClient) -> None:
    for batch in range(3):
        await device.observe(OWN, [{"id": f"{batch}-{n}", "value": n % 7} for n in range(256)])
    assert (await manage(device, OWN, op="forget", all=True))["forgotten"] == 768
    assert await found(device, OWN) == set()


async def test_what_has_expired_is_forgotten_too(device: RawClient) -> None:
    [receipt] = await device.observe(OWN, {"text": "gone soon", "at": 1_000_000, "ttl": 1})
    assert await found(device, OWN) == set()
    assert (await manage(device, OWN, op="forget", memories=[receipt["memory"]]))["forgotten"] == 1


async def test_a_resend_does_not_bring_back_what_was_forgotten(memory: Memory) -> None:
    observation = {"id": "o-1", "text": f"secret {uuid4()}"}
    async with memory.client() as device:
        [first] = await device.observe(OWN, observation)
        await manage(device, OWN, op="forget", all=True)
        [again] = await device.observe(OWN, observation)
        assert (again["status"], again["reason"]) == ("refused", "forgotten")
        assert "another id" in again["hint"]
        assert await found(device, OWN) == set()
        [anew] = await device.observe(OWN, observation | {"id": "o-2"})
        assert anew["status"] == "stored"
        assert first["memory"] != anew["memory"]
    assert holds(memory.settings.data / "deadletters", observation["id"]) == []


async def test_the_stream_tells_what_was_forgotten(memory: Memory) -> None:
    async with memory.client() as device:
        ids = await observe(device, OWN, "one", "two")
        await device.mqtt.subscribe(f"mem/v1/{memory.tenant}/stream/#", qos=1)
        await device.publish(device.topic("manage", OWN), b'{"op": "forget", "all": true}')
        message = await device.next()
        while isinstance(decoded(message), list):  # of what was stored, which is told after its receipt
            message = await device.next()
        assert str(message.topic) == f"mem/v1/{memory.tenant}/stream/home7"
        told = decoded(message)
        assert told["y"] == "forgotten"
        assert sorted(told["ms"]) == sorted(ids)
        assert decoded(await device.next())["forgotten"] == 2


async def test_retained_digests_that_may_speak_of_it_are_emptied(memory: Memory) -> None:
    digests = [
        f"mem/v1/{memory.tenant}/summary/{name}/{entity}"
        for name in ("latest", "day")
        for entity in ("home7", "home7/ana", "home7/ben")
    ]
    async with memory.client() as device:
        for digest in digests:
            await device.publish(digest, b"\x81\xa1tquiet", retain=True)
        await observe(device, "home7/ana", "hush")
        answer = await manage(device, "home7/ana", op="forget", all=True)
        assert answer["retained"] == 4
        async with memory.client("device-2") as later:
            await later.mqtt.subscribe(f"mem/v1/{memory.tenant}/summary/#", qos=1)
            left = {str((await later.next()).topic) for _ in range(4)}
            stats = asyncio.ensure_future(later.ask(OWN, {"op": "stats"}))
            assert (await stats)["ok"]
        assert left == {digest for digest in digests if not digest.endswith("ana")}
        for digest in left:
            await device.publish(digest, b"", retain=True)


async def test_dead_letters_of_what_is_forgotten_go_with_it(memory: Memory) -> None:
    kept, gone = f"kept {uuid4()}", f"gone {uuid4()}"
    letters = DeadLetters(memory.settings.data / "deadletters", 10**9)

    def kept_of(words: str) -> int:
        return sum(words.encode() in base64.b64decode(letter.payload) for letter in letters)

    async with memory.client() as device:
        for entity, words in (("home7/ana", gone), ("home8", kept)):
            [refused] = await device.observe(entity, {"text": words, "tags": "no list"})
            assert refused["status"] == "refused"
            assert kept_of(words) == 1
        answer = await manage(device, "home7/_all", op="forget", all=True)
        assert answer["letters"] == 1
        assert (kept_of(gone), kept_of(kept)) == (0, 1)


async def test_cached_words_are_forgotten_and_counted(device: RawClient) -> None:
    words = f"words that nobody said before {uuid4()}"
    [memory_id] = await observe(device, OWN, words)
    assert (await manage(device, OWN, op="forget", memories=[memory_id]))["cached"] == 1


async def test_forgetting_is_done_even_if_nobody_waits_for_the_answer(device: RawClient) -> None:
    await observe(device, OWN, "late")
    await device.publish(device.topic("manage", OWN), b'{"op": "forget", "all": true, "deadline_ms": 0}')
    while (await device.ask(OWN, {"op": "stats"}))["count"]:
        pass  # each is an answer from the broker: no clock
    assert await found(device, OWN) == set()


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Up]:
    """A memory that looks several times a second whether something is to be erased."""
    with running(tmp_path / "data", free_port(), erase_every_s=0.2) as up:
        yield up


async def test_the_text_leaves_the_disk_while_the_service_goes_on(forgetful: Up) -> None:
    secret = "the safe opens with 90210"
    broker = BrokerUrl("127.0.0.1", forgetful.port, "operator", forgetful.password("operator"))
    async with (
        RawClient.connected(broker, "home", "phone") as phone,
        RawClient.connected(broker, "home", "watcher") as watcher,
    ):
        [memory_id] = await observe(phone, "kitchen", secret)
        await observe(phone, "kitchen", "the cat is called Miso")
        assert holds(forgetful.data, secret)
        await manage(phone, "kitchen", op="forget", memories=[memory_id])
        await watcher.mqtt.subscribe("mem/v1/_sys/query/1/stats")
        while not decoded(await watcher.next())["gauges"]["erasures"]:
            assert await found(phone, "kitchen") == {"the cat is called Miso"}
        assert await found(phone, "kitchen") == {"the cat is called Miso"}
    assert holds(forgetful.data, secret) == []
    assert holds(forgetful.data / "store", "Miso")


# update and history


async def test_an_update_takes_the_place_and_the_old_version_is_history(memory: Memory) -> None:
    async with memory.client() as device, memory.client("phone") as phone:
        [memory_id] = await observe(device, OWN, "Ana likes green tea", kind="preference")
        answer = await manage(phone, OWN, op="update", memory=memory_id, text="Ana likes black coffee")
        assert answer["match"]["text"] == "Ana likes black coffee"
        assert (answer["match"]["memory"], answer["match"]["kind"]) == (memory_id, "preference")
        best = (await device.ask(OWN, {"text": "which hot drink with caffeine: coffee"}))["matches"][0]
        assert best["text"] == "Ana likes black coffee"
        assert await found(device, OWN) == {"Ana likes black coffee"}

        history = await manage(device, OWN, op="history", memory=memory_id)
        said = [(version["match"]["text"], version["by"]) for version in history["versions"]]
        assert said == [("Ana likes black coffee", "phone"), ("Ana likes green tea", "device-1")]
        assert history["versions"][0]["written"] >= history["versions"][1]["written"]


async def test_an_update_changes_what_it_names_and_keeps_the_rest(device: RawClient) -> None:
    [receipt] = await device.observe(
        OWN, {"value": 21.5, "unit": "Cel", "attribute": "temperature", "at": 1_700_000_000, "tags": ["a"]}
    )
    answer = await manage(device, OWN, op="update", memory=receipt["memory"], value=19, importance=0.9)
    match = answer["match"]
    assert (match["value"], match["unit"], match["at"], match["tags"]) == (19, "Cel", 1_700_000_000, ["a"])
    assert (match["importance"], match["text"]) == (0.9, "home7 temperature 19 °C")
    state = await device.ask(OWN, {"op": "state"})
    assert state["state"]["temperature"]["value"] == 19


async def test_an_update_that_says_nothing_new_makes_no_version(device: RawClient) -> None:
    [memory_id] = await observe(device, OWN, "same")
    for _ in range(2):
        assert (await manage(device, OWN, op="update", memory=memory_id, text="same"))["ok"]
    assert len((await manage(device, OWN, op="history", memory=memory_id))["versions"]) == 1


async def test_a_resend_of_an_updated_observation_does_not_undo_the_update(device: RawClient) -> None:
    [first] = await device.observe(OWN, {"id": "o", "text": "before"})
    await manage(device, OWN, op="update", memory=first["memory"], text="after")
    [again] = await device.observe(OWN, {"id": "o", "text": "before"})
    assert again["status"] == "duplicate"
    assert await found(device, OWN) == {"after"}


async def test_what_was_forgotten_takes_its_history_with_it(device: RawClient) -> None:
    [memory_id] = await observe(device, OWN, "first words")
    await manage(device, OWN, op="update", memory=memory_id, text="second words")
    await manage(device, OWN, op="forget", memories=[memory_id])
    assert (await manage(device, OWN, op="history", memory=memory_id))["code"] == 404


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({}, 422, "name one of text"),
        ({"at": 9_999_999_999}, 422, "`at`"),
        ({"text": ""}, 400, "`text`"),
        ({"importance": 2}, 400, "`importance`"),
    ],
)
async def test_an_impossible_update_says_why(
    device: RawClient, changes: dict[str, Any], code: int, named: str
) -> None:
    [memory_id] = await observe(device, OWN, "as it is")
    answer = await manage(device, OWN, op="update", memory=memory_id, **changes)
    assert (answer["ok"], answer["code"]) == (False, code)
    assert named in answer["error"] + answer["hint"]
    assert await found(device, OWN) == {"as it is"}


async def test_a_guessed_id_shows_and_changes_nothing_elsewhere(memory: Memory, tenant: str) -> None:
    stranger = Memory(memory.broker, f"{tenant}-other", memory.settings)
    async with memory.client() as device, stranger.client() as other:
        [below] = await observe(device, "home7/ana", "Ana's own")
        for client, entity in ((other, "home7/ana"), (device, "home7"), (device, "home7/ben")):
            for request in ({"op": "history"}, {"op": "update", "text": "taken"}):
                answer = await manage(client, entity, memory=below, **request)
                assert answer["code"] == 404
            assert (await manage(client, entity, op="forget", memories=[below]))["forgotten"] == 0
        assert await found(device, "home7/ana") == {"Ana's own"}


# export


async def test_pages_of_an_export_hold_each_memory_once_with_everything(device: RawClient) -> None:
    whole = {"id": "o-1", "text": "whole", "kind": "fact", "at": 1_700_000_000, "session": "s", "seq": 3,
             "tags": ["a"], "importance": 0.5, "ttl": 10**9, "meta": {"n": 1}, "attribute": "p"}  # fmt: skip
    [first] = await device.observe(OWN, whole)
    await observe(device, OWN, *(f"text {n}" for n in range(24)))
    await manage(device, OWN, op="update", memory=first["memory"], text="changed")

    pages: list[Any] = [await manage(device, OWN, op="export", limit=10)]
    while cursor := pages[-1].get("cursor"):
        pages.append(await manage(device, OWN, op="export", limit=10, cursor=cursor))
    together = [memory for page in pages for memory in page["memories"]]
    assert [len(page["memories"]) for page in pages] == [10, 10, 5]
    assert len({memory["memory"] for memory in together}) == 25
    [exported] = [memory for memory in together if memory["memory"] == first["memory"]]
    for field in ("id", "kind", "at", "session", "seq", "tags", "importance", "meta", "attribute"):
        assert exported[field] == whole[field], field
    assert exported["expires"] == 1_700_000_000 + 10**9
    assert exported["by"] == "device-1"
    assert exported["received"] <= exported["written"]
    assert [version["match"]["text"] for version in exported["versions"]] == ["whole"]


async def test_an_export_can_be_filtered(device: RawClient) -> None:
    await observe(device, OWN, "note", kind="note")
    await observe(device, OWN, "fact", kind="fact")
    exported = await manage(device, OWN, op="export", kinds=["fact"])
    assert [memory["text"] for memory in exported["memories"]] == ["fact"]
    assert "cursor" not in exported


async def test_an_export_larger_than_a_message_goes_on_with_its_cursor(device: RawClient) -> None:
    texts = [f"{n:02} " + "ü" * 4000 for n in range(40)]
    await observe(device, OWN, *texts[:20])
    await observe(device, OWN, *texts[20:])
    exported: list[str] = []
    answer = await manage(device, OWN, op="export")
    while True:
        exported += [memory["text"] for memory in answer["memories"]]
        if "cursor" not in answer:
            break
        answer = await manage(device, OWN, op="export", cursor=answer["cursor"])
    assert sorted(exported) == texts


@pytest.mark.parametrize("cursor", ["x", "", "../..", str(uuid4())[:-1]])
async def test_a_cursor_that_is_none_is_refused(device: RawClient, cursor: str) -> None:
    answer = await manage(device, OWN, op="export", cursor=cursor)
    assert (answer["code"], "`cursor`" in answer["error"]) == (400, True)


# audit


async def test_the_audit_says_who_observed_recalled_changed_and_forgot_what(memory: Memory) -> None:
    async with memory.client() as device, memory.client("phone") as phone:
        [memory_id] = await observe(device, OWN, "a secret that no log holds")
        await phone.ask(OWN, {"text": "secret"})
        await manage(phone, OWN, op="update", memory=memory_id, text="another secret")
        await manage(phone, OWN, op="export")
        await manage(phone, OWN, op="forget", memories=[memory_id])
        await phone.ask(OWN, {"op": "recent"})
        answer = await manage(phone, OWN, op="audit")
        entries = answer["entries"]
        assert [(entry["did"], entry["client"], entry.get("memories")) for entry in entries] == [
            ("recalled", "phone", None),
            ("forgot", "phone", [memory_id]),
            ("exported", "phone", [memory_id]),
            ("updated", "phone", [memory_id]),
            ("recalled", "phone", [memory_id]),
            ("observed", "device-1", [memory_id]),
        ]
        assert {entry["entity"] for entry in entries} == {OWN}
        again = await manage(phone, OWN, op="audit", limit=1)
        assert [entry["did"] for entry in again["entries"]] == ["audited"]
    files = list(memory.settings.data.glob("audit.sqlite3*"))
    assert files
    assert not any(b"secret" in file.read_bytes() for file in files)


async def test_the_audit_of_an_entity_shows_recalls_from_above_it(memory: Memory) -> None:
    async with memory.client() as device, memory.client("phone") as phone:
        [anas] = await observe(device, "home7/ana", "Ana's")
        [bens] = await observe(device, "home7/ben", "Ben's")
        await phone.ask("home7/_all", {"op": "recent"})
        for entity, memory_id in (("home7/ana", anas), ("home7/ben", bens)):
            entries = (await manage(device, entity, op="audit"))["entries"]
            assert [(each["did"], each["client"], each["memories"]) for each in entries] == [
                ("recalled", "phone", [memory_id]),
                ("observed", "device-1", [memory_id]),
            ]
        everything = (await manage(device, "home7/_all", op="audit", limit=100))["entries"]
        assert {each["entity"] for each in everything} == {"home7/ana", "home7/ben"}


async def test_the_audit_of_another_tenant_is_not_shown(memory: Memory, tenant: str) -> None:
    stranger = Memory(memory.broker, f"{tenant}-other", memory.settings)
    async with memory.client() as device, stranger.client() as other:
        await observe(device, OWN, "mine")
        assert (await manage(other, "home7/_all", op="audit"))["entries"] == []


async def test_the_audit_is_asked_for_a_span_of_time(device: RawClient) -> None:
    await observe(device, OWN, "now")
    assert len((await manage(device, OWN, op="audit", since=-3600))["entries"]) == 1
    assert (await manage(device, OWN, op="audit", until=-3600))["entries"] == []


async def test_answers_on_manage_come_in_msgpack_too(device: RawClient) -> None:
    await observe(device, OWN, "x")
    packed = msgpack.packb({"o": "forget", "a": True, "i": "q"})
    answer = await device.ask(OWN, packed, verb="manage")
    assert (answer["k"], answer["i"], answer["f"]) == (True, "q", 1)
