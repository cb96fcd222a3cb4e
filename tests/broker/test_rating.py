"""`feedback` over a real broker: what was of use comes first, by a little, whoever says it how often."""

from pathlib import Path
from typing import Any

import msgpack
import pytest

from memory.voting import VOTE_STEP, VOTES_MOVE_MAX
from tests.conftest import Memory, Mosquitto, settings_on
from tests.faults.living import serving
from tests.mqtt import RawClient

OWN = "home7"
TEXT = "the spare key is in the drawer"


async def twins(device: RawClient, entity: str = OWN) -> list[str]:
    """Two memories that only their ids tell apart, the one first that a question finds first."""
    said = {"text": TEXT, "kind": "turn", "at": 1_790_000_000, "importance": 0.5}
    told = await device.observe(entity, [{"id": id_, **said} for id_ in "ab"])
    assert {receipt["status"] for receipt in told} == {"stored"}
    return await order(device, entity)


async def order(device: RawClient, entity: str = OWN) -> list[str]:
    return [match["memory"] for match in (await asked(device, entity))["matches"]]


async def asked(device: RawClient, entity: str = OWN) -> Any:
    return await device.ask(entity, {"text": "where is the spare key?", "explain": True})


async def rate(client: RawClient, memory: str, entity: str = OWN, *, useful: bool = True) -> Any:
    return await client.ask(entity, {"op": "feedback", "memory": memory, "useful": useful})


async def test_what_was_of_use_comes_before_its_like_and_what_was_not_behind(device: RawClient) -> None:
    first, second = await twins(device)
    answer = await rate(device, second)
    assert (answer["ok"], answer["op"], answer["memory"]) == (True, "feedback", second)
    assert answer["importance"] == pytest.approx(0.5 + VOTE_STEP)
    assert await order(device) == [second, first]
    answer = await rate(device, second, useful=False)  # a mind can be changed
    assert answer["importance"] == pytest.approx(0.5 - VOTE_STEP)
    assert await order(device) == [first, second]
    matches = (await asked(device))["matches"]
    assert [match["parts"].get("importance", 0.0) < 0 for match in matches] == [False, True]
    assert [match["importance"] for match in matches] == [0.5, 0.5], "as the device sent it"


async def test_however_often_and_by_however_many_it_moves_within_bounds(memory: Memory) -> None:
    async with memory.client() as device:
        _, second = await twins(device)
        for _ in range(20):
            answer = await rate(device, second)
        assert answer["importance"] == pytest.approx(0.5 + VOTE_STEP), "a client has one vote"
        for number in range(5):
            async with memory.client(f"kiosk-{number}") as kiosk:
                answer = await rate(kiosk, second)
        assert answer["importance"] == pytest.approx(0.5 + VOTES_MOVE_MAX)
        told = await device.observe(OWN, {"id": "c", "text": f"{TEXT} of the desk", "importance": 1.0})
        assert (await rate(device, told[0]["memory"]))["importance"] == 1.0
        got = (await device.ask(OWN, {"op": "get", "memories": [told[0]["memory"]]}))["matches"]
        assert got[0]["importance"] == 1.0, "as the device sent it"


async def test_it_is_audited_exported_kept_by_an_update_and_forgotten(memory: Memory) -> None:
    async with memory.client() as device, memory.client("phone") as phone:
        _, second = await twins(device)
        await rate(device, second, useful=False)
        await rate(phone, second)
        [audited, *_] = (await phone.ask(OWN, {"op": "audit"}, verb="manage"))["entries"]
        assert (audited["did"], audited["client"], audited["memories"]) == ("rated", "phone", [second])
        update = {"op": "update", "memory": second, "text": "the spare key is in the desk"}
        assert (await phone.ask(OWN, update, verb="manage"))["ok"]
        exported = (await phone.ask(OWN, {"op": "export"}, verb="manage"))["memories"]
        assert [each.get("votes") for each in exported if each["memory"] == second] == [
            {"device-1": False, "phone": True}
        ]
        await phone.ask(OWN, {"op": "forget", "memories": [second]}, verb="manage")
        assert (await rate(phone, second))["code"] == 404


async def test_votes_outlive_the_process(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> None:
    settings = settings_on(own_mosquitto, model_cache, tmp_path / "data")
    async with serving(settings, own_mosquitto.url, tenant) as (_, device):
        first, second = await twins(device)
        await rate(device, second)
    async with serving(settings, own_mosquitto.url, tenant) as (_, device):
        assert await order(device) == [second, first]


async def test_a_memory_of_another_tenant_or_entity_is_not_there_to_be_rated(
    memory: Memory, tenant: str
) -> None:
    stranger = Memory(memory.broker, f"{tenant}-other", memory.settings)
    async with memory.client() as device, stranger.client() as other:
        _, second = await twins(device, "home7/ana")
        elsewhere = [(device, OWN), (device, "home7/ben"), (other, "home7/ana"), (other, "home7/_all")]
        for client, entity in elsewhere:
            answer = await rate(client, second, entity)
            assert (answer["code"], "`memory`" in answer["error"]) == (404, True)
        assert (await rate(device, second, "home7/_all"))["ok"], "the topic says: and all below"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"memory": "x"}, "useful"),
        ({"useful": True}, "memory"),
        ({"memory": "x", "useful": 1}, "useful"),
        ({"memory": "x", "useful": "yes"}, "useful"),
        ({"memory": ["x"], "useful": True}, "memory"),
    ],
)
async def test_what_is_wrong_names_its_field(device: RawClient, request_: Any, field: str) -> None:
    answer = await device.ask(OWN, {"op": "feedback", **request_})
    assert (answer["code"], f"`{field}`" in answer["error"]) == (400, True)


async def test_in_msgpack_and_over_mqtt_3_by_id(memory: Memory) -> None:
    async with memory.client(version=4) as device:
        _, second = await twins(device)
        packed = msgpack.packb({"o": "feedback", "r": second, "u": True, "i": "q-7"})
        answer = await device.ask(OWN, packed)
        assert (answer["k"], answer["i"], answer["m"]) == (True, "q-7", second)
        assert answer["w"] == pytest.approx(0.5 + VOTE_STEP)


async def test_on_manage_there_is_none(device: RawClient) -> None:
    answer = await device.ask(OWN, {"op": "feedback", "memory": "x", "useful": True}, verb="manage")
    assert answer["code"] == 404
