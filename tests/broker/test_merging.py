"""Repeats, seen from a device: counted in the memory that says it already."""

from typing import Any

from tests.conftest import Memory
from tests.mqtt import RawClient, decoded

NOON = 1_700_049_600


async def match(device: RawClient, memory: str) -> dict[str, Any]:
    [found] = (await device.ask("e", {"op": "get", "memories": [memory]}))["matches"]
    assert isinstance(found, dict)
    return found


async def test_the_same_words_again_are_merged_and_counted(device: RawClient) -> None:
    said = [{"id": n, "text": "the bell rang", "at": NOON + n} for n in range(4)]
    told = await device.observe("e", said)
    assert [each["status"] for each in told] == ["stored", "merged", "merged", "merged"]
    assert len({each["memory"] for each in told}) == 1
    found = await match(device, told[0]["memory"])
    assert (found["seen"], found["first"], found["at"]) == (4, NOON, NOON + 3)
    assert (await device.ask("e", {"op": "stats"}))["count"] == 1


async def test_a_resend_of_what_was_merged_is_a_duplicate_and_not_counted(device: RawClient) -> None:
    said = [{"id": n, "text": "the bell rang", "at": NOON + n} for n in range(3)]
    first = await device.observe("e", said)
    again = await device.observe("e", said)
    assert [each["status"] for each in again] == ["duplicate"] * 3
    assert [each["memory"] for each in again] == [each["memory"] for each in first]
    assert (await match(device, first[0]["memory"]))["seen"] == 3


async def test_a_state_that_did_not_change_goes_on_and_one_that_did_begins(device: RawClient) -> None:
    values = [True, True, False, False, True]
    told = await device.observe(
        "e",
        [{"id": n, "attribute": "door", "value": value, "at": NOON + n} for n, value in enumerate(values)],
    )
    assert [each["status"] for each in told] == ["stored", "merged", "stored", "merged", "stored"]
    state = (await device.ask("e", {"op": "state"}))["state"]["door"]
    assert (state["value"], state["at"]) == (True, NOON + 4)


async def test_turns_stay_where_they_were_said(device: RawClient) -> None:
    turns = [
        {"id": n, "text": "Ana: yes", "kind": "turn", "session": "s", "seq": n, "at": NOON} for n in range(3)
    ]
    assert [each["status"] for each in await device.observe("e", turns)] == ["stored"] * 3


async def test_the_stream_tells_of_it_once_a_message(memory: Memory) -> None:
    async with memory.client("sensor") as device, memory.client("watcher") as watcher:
        await watcher.mqtt.subscribe(f"mem/v1/{memory.tenant}/stream/#", qos=1)
        [first] = await device.observe("e", {"id": 0, "text": "the bell rang", "at": NOON})
        assert [each["y"] for each in decoded(await watcher.next())] == ["stored"]
        await device.observe("e", [{"id": n, "text": "the bell rang", "at": NOON + n} for n in (1, 2)])
        message = await watcher.next()
    assert str(message.topic) == f"mem/v1/{memory.tenant}/stream/e"
    assert decoded(message) == [{"y": "merged", "m": first["memory"], "a": NOON + 2}]


async def test_after_an_update_the_old_words_are_no_repeat(device: RawClient) -> None:
    likes = {"text": "likes tea", "kind": "preference", "at": NOON}
    [first] = await device.observe("e", {"id": 1, **likes})
    changed = {"op": "update", "memory": first["memory"], "text": "likes coffee"}
    assert (await device.ask("e", changed, verb="manage"))["ok"]
    [again] = await device.observe("e", {"id": 2, **likes})
    assert again["status"] == "stored"


async def test_what_was_forgotten_comes_back_by_no_repeat(device: RawClient) -> None:
    told = await device.observe("e", [{"id": n, "text": "a secret", "at": NOON + n} for n in (1, 2)])
    await device.ask("e", {"op": "forget", "memories": [told[0]["memory"]]}, verb="manage")
    [again] = await device.observe("e", {"id": 2, "text": "a secret", "at": NOON + 2})
    assert (again["status"], again["reason"]) == ("refused", "forgotten")
    assert (await device.ask("e", {"op": "recent"}))["matches"] == []


async def test_who_merged_what_is_in_the_audit_log(device: RawClient) -> None:
    [first] = await device.observe("e", {"id": 1, "text": "the bell rang", "at": NOON})
    await device.observe("e", {"id": 2, "text": "the bell rang", "at": NOON + 1})
    entries = (await device.ask("e", {"op": "audit"}, verb="manage"))["entries"]
    observed = [each["memories"] for each in entries if each["did"] == "observed"]
    assert observed == [[first["memory"]]] * 2
