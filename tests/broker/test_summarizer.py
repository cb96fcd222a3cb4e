"""The summarizer in a running memory: what devices sent is condensed, thinned and told."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from memory.ledger import Ledger
from tests.conftest import Memory, Mosquitto, settings_on
from tests.mqtt import RawClient, decoded
from workers import stack
from workers.accounts import OPERATOR, broker_url

HOUR = 1_700_049_600
"""A full one, in UTC; noon of its day."""
FAR = 4e9
POLICIES = """
defaults:
  per_hour_max: 10
  thresholds: {temperature: 21}
"""


def in_json(tenant: str) -> str:
    """A tenant whose policies say that its digests are JSON."""
    return f"{tenant}-json"


@pytest.fixture
async def house(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> AsyncIterator[Memory]:
    """A memory whose summarizer waits for nothing."""
    (tmp_path / "policies.yaml").write_text(f"{POLICIES}tenants: {{{in_json(tenant)}: {{digest: json}}}}\n")
    soon = {"grace_s": 0.01, "silence_s": 0.01}
    settings = settings_on(
        own_mosquitto, model_cache, tmp_path / "data", condensing=soon,
        condense_every_s=0.1, digest_wait_s=0.1, policies=tmp_path / "policies.yaml",
    )  # fmt: skip
    async with stack.running(settings):
        yield Memory(broker_url(settings, OPERATOR), tenant, settings)


async def heard(watcher: RawClient, event: str) -> list[dict[str, Any]]:
    """The records of the next message on the stream that tells of such an event."""
    while True:
        message = await watcher.next()
        if "/stream/" in str(message.topic):
            records = decoded(message)
            records = records if isinstance(records, list) else [records]
            if some := [record for record in records if record["y"] == event]:
                return some


async def test_an_hour_of_readings_becomes_one_summary_and_is_thinned(house: Memory) -> None:
    values = [20 + (n % 60) / 20 for n in range(120)]
    readings = [
        {"id": n, "attribute": "temperature", "value": value, "unit": "Cel", "at": HOUR + 30 * n}
        for n, value in enumerate(values)
    ]
    async with house.client("thermo") as device, house.client("watcher") as watcher:
        await watcher.mqtt.subscribe(f"mem/v1/{house.tenant}/stream/#", qos=1)
        told = await device.observe("home7/kitchen", readings)
        assert {each["status"] for each in told} == {"stored"}
        while (records := await heard(watcher, "summarised")) and "mean" not in records[0]["t"]:
            pass
        [record] = records
        summary = await device.ask("home7/kitchen", {"op": "get", "memories": [record["m"]]})
        stats = await device.ask("home7/kitchen", {"op": "stats"})
        again = await device.observe("home7/kitchen", readings[:50])
    [found] = summary["matches"]
    assert found["tier"] == "summary"
    assert "120 readings" in found["text"]
    assert stats["tiers"]["raw"] == 10
    assert {each["status"] for each in again} == {"duplicate"}


TALK = [
    "Ana: good morning, the heating was very loud last night",
    "Ben: I will call the plumber about the heating on Monday",
    "Ana: remember that I am allergic to peanuts",
]


async def say(device: RawClient, session: str = "breakfast") -> None:
    said = [
        {"id": f"{session} {n}", "kind": "turn", "session": session, "seq": n, "text": text, "at": HOUR + n}
        for n, text in enumerate(TALK)
    ]
    assert {each["status"] for each in await device.observe("home7/ana", said)} == {"stored"}


async def digest(watcher: RawClient, name: str, holds: Callable[[dict[str, Any]], object]) -> Any:
    """The next digest of that name that says what is waited for."""
    while True:
        message = await watcher.next()
        if f"/summary/{name}/" in str(message.topic) and message.payload and holds(said := decoded(message)):
            return said


async def test_a_sessions_gist_is_in_context_profile_and_digest(house: Memory) -> None:
    async with house.client() as device, house.client("watcher") as watcher:
        await watcher.mqtt.subscribe(f"mem/v1/{house.tenant}/summary/#", qos=1)
        await say(device)
        told = await digest(watcher, "latest", lambda said: "peanuts" in str(said))
        profile = await device.ask("home7/ana", {"op": "profile"})
        context = await device.ask("home7/ana", {"op": "context", "text": "what was said at breakfast?"})
    assert "breakfast" in str(told)
    assert "peanuts" in profile["summary"]
    assert "peanuts" in context["context"]


@pytest.mark.parametrize("is_json", [False, True], ids=["msgpack", "json"])
async def test_a_new_device_knows_its_household_before_it_asks(
    house: Memory,
    is_json: bool,  # noqa: FBT001 - a case
) -> None:
    tenant = in_json(house.tenant) if is_json else house.tenant
    its = Memory(house.broker, tenant, house.settings)
    async with its.client() as device, its.client("watcher") as watcher:
        await watcher.mqtt.subscribe(f"mem/v1/{tenant}/summary/#", qos=1)
        await say(device)
        readings = [
            {"id": n, "attribute": "temperature", "value": 20 + n, "unit": "Cel", "at": HOUR + n}
            for n in range(3)
        ]
        await device.observe("home7/ana", readings)
        lacking = {"latest": "peanuts", "hour": "22", "day": "22", "month": "22"}
        while lacking:  # in whatever order they come
            message = await watcher.next()
            _, _, _, verb, name, *_ = str(message.topic).split("/")
            is_told = verb == "summary" and message.payload and name in lacking  # a digest is told again
            if is_told and lacking[name] in str(decoded(message)):
                del lacking[name]
    async with its.client("new") as new:
        await new.mqtt.subscribe(f"mem/v1/{tenant}/summary/+/home7/#", qos=1)
        found: dict[str, Any] = {}
        while {"latest", "hour", "day", "month"} - found.keys():
            message = await new.next()
            assert isinstance(message.payload, bytes)
            assert (message.payload[:1] == b"{") == is_json
            if message.retain:
                found[str(message.topic).split("/")[4]] = decoded(message)
    assert "peanuts" in str(found["latest"])
    assert "22" in str(found["hour"])
    assert "temperature" in str(found["month"])


async def test_a_digest_is_told_when_it_changes_and_only_then(house: Memory) -> None:
    latest = f"mem/v1/{house.tenant}/summary/latest/home7/ana"
    ledger = Ledger(house.settings.data / "ledger.sqlite3")
    told: list[Any] = []
    async with house.client() as device, house.client("watcher") as watcher:
        await watcher.mqtt.subscribe(latest, qos=1)
        await watcher.mqtt.subscribe("mem/v1/_sys/summarizer/1/stats")
        for n, text in enumerate(["Ana lives in Vienna", "the bell rang", "a parcel came", "Ana has a cat"]):
            kind = "fact" if "Ana" in text else "event"
            await device.observe("home7/ana", {"id": n, "kind": kind, "text": text})
            while ledger.changed(FAR, 1) or not told or ("cat" in text and "cat" not in str(told[-1])):
                message = await watcher.next()
                if str(message.topic) == latest:
                    told.append(decoded(message))
    ledger.close()
    assert len(told) == 2
