"""Retained digests over a real Mosquitto: who connects has what it may know before it asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broker_bridge.session import Session, SessionOptions
from broker_bridge.url import BrokerUrl
from memory.conditions import EVERYTHING, scoped
from memory.policies import NO_FILE
from memory.published import Published
from memory.records import Memory, Scope
from memory.store_edge import EdgeStore
from schemas.digest import Digest
from tests.attacker import DENIED, GRANTED, Attacker
from tests.broker.guarded import Guarded
from tests.conftest import Mosquitto
from tests.contract.memories import IDENTITY, a_memory, put
from tests.mqtt import RawClient, decoded
from workers.accounts import OPERATOR
from workers.digests import Digests

ANA = "home7/ana"
WAIT_S_MAX = 20.0


@asynccontextmanager
async def told_by(
    broker: BrokerUrl, directory: Path, tenant: str
) -> AsyncIterator[tuple[EdgeStore, Digests]]:
    """A store, and who tells its digests; when it ends, the broker has them."""
    store = EdgeStore(directory / "store")
    await store.open(IDENTITY)
    name = broker.client_id or f"digests-{tenant}"
    session = Session(broker, SessionOptions(name, (f"mem/v1/{tenant}/stream/#",)))
    connected = asyncio.Event()
    session.on_subscribed = connected.set
    published = Published(directory / "digests.sqlite3")
    try:
        async with session, asyncio.timeout(WAIT_S_MAX):
            await connected.wait()
            yield store, Digests(store, published, of_tenant=NO_FILE.of_tenant, publish=session.publish)
    finally:
        await store.close()


def a_fact(tenant: str, text: str, **more: object) -> Memory:
    return a_memory(text=text, kind="fact", tenant=tenant, **{"entity": ANA, **more})


@pytest.mark.parametrize("version", [5, 4], ids=["MQTT 5", "MQTT 3.1.1"])
async def test_a_device_from_a_cold_start_has_what_its_household_knows_before_it_asks(
    mosquitto: Mosquitto, tmp_path: Path, tenant: str, version: int
) -> None:
    async with told_by(mosquitto.url, tmp_path, tenant) as (store, digests):
        await put(store, a_fact(tenant, "Ana is allergic to peanuts"))
        await put(store, a_fact(tenant, "The house has two floors", entity="home7"))
        for entity in ("home7", ANA):
            assert await digests.publish_latest(tenant, entity)
    async with RawClient.connected(mosquitto.url, tenant, "new", version=version) as device:
        await device.mqtt.subscribe(f"mem/v1/{tenant}/summary/latest/home7/#", qos=1)
        heard = [await device.next() for _ in range(2)]
    assert all(message.retain for message in heard)
    assert {str(message.topic): Digest.load(decoded(message)).facts for message in heard} == {
        f"mem/v1/{tenant}/summary/latest/home7": ["The house has two floors"],
        f"mem/v1/{tenant}/summary/latest/{ANA}": ["Ana is allergic to peanuts"],
    }


async def test_what_was_taken_back_is_retained_no_more(
    mosquitto: Mosquitto, tmp_path: Path, tenant: str
) -> None:
    mark = f"mem/v1/{tenant}/summary/latest/mark"
    async with told_by(mosquitto.url, tmp_path, tenant) as (store, digests):
        await put(store, a_fact(tenant, "secret"), a_fact(tenant, "The mark", entity="mark"))
        await digests.publish_latest(tenant, ANA)
        [secret] = await store.newest(scoped(Scope(tenant, ANA), EVERYTHING, None), 9)
        await store.forget([secret.id], 5.0)
        assert await digests.publish_latest(tenant, ANA)
        await digests.publish_latest(tenant, "mark")
    async with RawClient.connected(mosquitto.url, tenant, "new") as device:
        for heard in (f"mem/v1/{tenant}/summary/+/home7/#", mark):
            await device.mqtt.subscribe(heard, qos=1)
        assert str((await device.next()).topic) == mark, "the broker tells what it retains in this order"


def test_a_digest_is_told_to_those_with_the_right_to_it_alone(
    guarded: Guarded, tmp_path: Path, tenant: str
) -> None:
    async def tell() -> None:
        async with told_by(guarded.url(OPERATOR), tmp_path, tenant) as (store, digests):
            for entity in ("home7", ANA, "home8"):
                await put(store, a_fact(tenant, f"a secret of {entity}", entity=entity))
                assert await digests.publish_latest(tenant, entity)

    asyncio.run(tell())
    latest = f"mem/v1/{tenant}/summary/latest"
    with (
        guarded.client(f"watch@{tenant}", "device", ("observe", ANA), ("summary", ANA)) as watch,
        guarded.client(f"lamp@{tenant}", "device", ("observe", "home7/#")) as lamp,
        guarded.client(f"kiosk@{tenant}", "kiosk", ("summary", "home8/#")) as kiosk,
        guarded.client(f"stranger@{tenant}x", "operator", ("summary", "#")) as stranger,
    ):
        assert watch.subscribe(f"{latest}/{ANA}") == GRANTED
        assert heard_by(watch) == {f"{latest}/{ANA}"}
        assert kiosk.subscribe(f"{latest}/home8/#") == GRANTED
        assert heard_by(kiosk) == {f"{latest}/home8"}
        for client in (watch, lamp, kiosk, stranger):
            for whose in (f"{latest}/home7", f"{latest}/home7/#", f"{latest}/#", f"{latest}/+"):
                assert client.subscribe(whose) == DENIED
            assert client.heard() == []


def heard_by(client: Attacker) -> set[str]:
    """What the one retained message that it was sent is of."""
    topic, value = client.next()
    assert Digest.load(value).facts == [f"a secret of {topic.split('/latest/')[1]}"]
    return {topic}
