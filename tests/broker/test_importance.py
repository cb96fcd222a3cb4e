"""Importance where a device gives none, over a real broker."""

from pathlib import Path
from typing import Any

from memory.importance import KINDS, WORDS
from tests.conftest import Memory, Mosquitto, settings_on
from tests.faults.living import serving
from tests.mqtt import RawClient, decoded

OWN = "home7"
LONG_AGO = 1_700_000_000


async def stored(device: RawClient, *said: dict[str, Any], entity: str = OWN) -> list[str]:
    told = await device.observe(entity, [{"id": n, "at": LONG_AGO, **each} for n, each in enumerate(said)])
    assert {receipt["status"] for receipt in told} == {"stored"}
    return [receipt["memory"] for receipt in told]


async def exported(device: RawClient, entity: str = OWN) -> dict[str, dict[str, Any]]:
    memories = (await device.ask(entity, {"op": "export"}, verb="manage"))["memories"]
    return {each["text"]: each for each in memories}


async def test_what_matters_gets_more_than_small_talk_and_a_devices_word_stays(device: RawClient) -> None:
    await stored(
        device,
        {"text": "Ana is allergic to nuts", "kind": "turn"},
        {"text": "we had a walk around the lake", "kind": "turn"},
        {"text": "Ana is allergic to wasps", "kind": "turn", "importance": 0.1},
        {"attribute": "smoke", "value": True},
        {"attribute": "temperature", "value": 21.5},
    )
    found = await exported(device)
    allergy, talk, said, smoke, plain = (
        found[text]
        for text in (
            "Ana is allergic to nuts", "we had a walk around the lake", "Ana is allergic to wasps",
            "home7 smoke true", "home7 temperature 21.5",
        )
    )  # fmt: skip
    assert allergy["importance"] > talk["importance"] > plain["importance"] == KINDS["reading"]
    assert smoke["importance"] > talk["importance"]
    assert all(each["judged"] for each in (allergy, talk, smoke, plain))
    assert (said["importance"], "judged" in said) == (0.1, False)
    # A match shows what was decided like what was sent; only an export says which it is.
    matches = (await device.ask(OWN, {"op": "get", "memories": [smoke["memory"]]}))["matches"]
    assert (matches[0]["importance"], "judged" in matches[0]) == (smoke["importance"], False)


async def test_the_stream_tells_what_was_decided(memory: Memory) -> None:
    async with memory.client("sensor") as device, memory.client("watcher") as watcher:
        await watcher.mqtt.subscribe(f"mem/v1/{memory.tenant}/stream/#", qos=1)
        await stored(device, {"text": "Ana is allergic to nuts", "kind": "fact"})
        records = decoded(await watcher.next())
        [record] = records if isinstance(records, list) else [records]
    assert record["w"] == KINDS["fact"] + WORDS["health"]


async def test_an_alarm_comes_before_small_talk_that_is_as_like(device: RawClient) -> None:
    talk, alarm = await stored(
        device,
        {"text": "there was a lamp in the cellar", "kind": "event"},
        {"text": "there was a fire in the cellar", "kind": "event"},
    )
    request = {"text": "what was there in the cellar?", "explain": True}
    matches = (await device.ask(OWN, request))["matches"]
    assert [match["memory"] for match in matches] == [alarm, talk]
    by_importance = [match["parts"].get("importance", 0.0) for match in matches]
    assert by_importance[0] > 0 >= by_importance[1]


async def test_what_says_again_what_was_said_just_now_is_worth_less_than_news(device: RawClient) -> None:
    said = ["the cat sleeps on the sofa", "the cat is sleeping on the sofa", "Ben bought a red bicycle"]
    await stored(device, *({"text": text, "kind": "turn"} for text in said))
    found = await exported(device)
    first, again, news = (found[text]["importance"] for text in said)
    assert again < first <= news


async def test_an_update_of_the_words_is_judged_anew_and_an_owners_word_stays(device: RawClient) -> None:
    [memory] = await stored(device, {"text": "we had a walk", "kind": "turn"})
    update = {"op": "update", "memory": memory}
    answer = await device.ask(OWN, {**update, "text": "Ana is allergic to nuts"}, verb="manage")
    assert answer["match"]["importance"] == 0.75
    await device.ask(OWN, {**update, "importance": 0.2}, verb="manage")
    answer = await device.ask(OWN, {**update, "text": "Ana had a seizure"}, verb="manage")
    assert answer["match"]["importance"] == 0.2
    assert all("judged" not in each for each in (await exported(device)).values())


async def test_it_outlives_the_process_and_so_does_what_answers_told(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> None:
    settings = settings_on(own_mosquitto, model_cache, tmp_path / "data")
    said = [
        {"text": "the spare key is in the drawer", "kind": "turn"},
        {"text": "tea is ready", "kind": "turn"},
    ]
    said.append({"text": "the spare key of the car", "kind": "turn", "importance": 0.5})
    async with serving(settings, own_mosquitto.url, tenant) as (_, device):
        key, *_ = await stored(device, *said)
        before = await exported(device)
        for _ in range(3):
            answer = await device.ask(OWN, {"text": "where is the spare key?", "limit": 2})
        assert key in {match["memory"] for match in answer["matches"]}
        assert await exported(device) == before, "counted, and not written yet"
    async with serving(settings, own_mosquitto.url, tenant) as (_, device):
        after = await exported(device)
    assert after.pop(said[0]["text"]) == {**before.pop(said[0]["text"]), "recalled": 3}
    assert after == before, "what the device judged itself is not counted"
