"""edge/client.py over a real broker: observe, ask, and hear at once what fails."""

import asyncio

import aiomqtt
import pytest

from broker_bridge.codec import Encoding
from edge.client import AsyncClient, NoAnswer, NotAllowed, connection
from schemas.observation import Observation
from schemas.requests import Recall, State
from tests.broker.guarded import Guarded
from tests.conftest import Memory, Mosquitto


@pytest.mark.parametrize("encoding", Encoding)
async def test_it_observes_and_asks_in_either_encoding(memory: Memory, encoding: Encoding) -> None:
    async with AsyncClient(memory.broker, tenant=memory.tenant, client="kiosk-1") as client:
        seen = [
            Observation(text="the kettle is on"),
            Observation(value=21.5, attribute="temperature", unit="Cel"),
        ]
        told = await client.observe("home7/kitchen", seen, encoding=encoding)
        assert [receipt.status for receipt in told] == ["stored", "stored"]
        assert all(receipt.id for receipt in told), "each was given an id"
        state = await client.ask("home7/_all", State(), encoding=encoding)
        assert "temperature" in state["state" if encoding is Encoding.JSON else "s"]


async def test_many_at_once_each_get_their_own_answer(memory: Memory) -> None:
    async with AsyncClient(memory.broker, tenant=memory.tenant, client="kiosk-1") as client:
        texts = [f"note number {number}" for number in range(20)]
        told = await asyncio.gather(*(client.observe("e", [Observation(text=text)]) for text in texts))
        replies = await asyncio.gather(
            *(client.ask("e", Recall(text=text, limit=1), encoding=Encoding.JSON) for text in texts)
        )
    assert [reply["matches"][0]["memory"] for reply in replies] == [receipt.memory for [receipt] in told]


async def test_a_message_refused_as_a_whole_has_one_receipt_that_says_why(memory: Memory) -> None:
    async with AsyncClient(memory.broker, tenant=memory.tenant, client="kiosk-1") as client:
        [receipt] = await client.observe("e", [Observation(text="x")] * 300)
    assert (receipt.status, receipt.reason) == ("refused", "too_many")


async def test_without_services_it_says_which_is_not_running(own_mosquitto: Mosquitto) -> None:
    async with AsyncClient(own_mosquitto.url, tenant="t", client="kiosk-1") as client:
        with pytest.raises(NoAnswer, match=r"no receipt within 0.2 s: is ingest running\?"):
            await client.observe("e", [Observation(text="x")], wait_s=0.2)
        with pytest.raises(NoAnswer, match=r"no answer within 0.2 s: is query running\?"):
            await client.ask("e", State(), wait_s=0.2)


async def test_whoever_waits_hears_at_once_that_the_connection_went(own_mosquitto: Mosquitto) -> None:
    async def ask_while_the_broker_dies() -> None:
        async with (
            connection(own_mosquitto.url, "watcher") as watcher,
            AsyncClient(own_mosquitto.url, tenant="t", client="kiosk-1") as client,
        ):
            await watcher.subscribe("mem/v1/t/query/#", qos=1)
            waiting = asyncio.create_task(client.ask("e", State(), wait_s=600))
            await anext(aiter(watcher.messages))
            own_mosquitto.kill()
            await waiting

    with pytest.raises(aiomqtt.MqttError):
        await ask_while_the_broker_dies()


async def test_an_account_does_what_it_may_and_is_told_what_it_may_not(guarded: Guarded, tenant: str) -> None:
    device = await asyncio.to_thread(guarded.add, f"d@{tenant}", "device", ("observe", "home7"))
    async with AsyncClient(device, tenant=tenant, client="d") as client:
        [receipt] = await client.observe("home7", [Observation(text="the kettle is on")])
        assert receipt.status == "stored"
        with pytest.raises(NotAllowed, match=f"hear mem/v1/{tenant}/reply/d/#: Not authorized"):
            await client.ask("home7", State())
    kiosk = await asyncio.to_thread(guarded.add, f"k@{tenant}", "kiosk", ("recall", "home7"))
    async with AsyncClient(kiosk, tenant=tenant, client="k") as client:
        assert (await client.ask("home7", State(), encoding=Encoding.JSON))["ok"]
        with pytest.raises(NotAllowed, match=f"hear mem/v1/{tenant}/receipt/k/#: Not authorized"):
            await client.observe("home7", [Observation(text="x")])


async def test_an_account_that_may_nothing_here_is_told_at_once(guarded: Guarded, tenant: str) -> None:
    device = await asyncio.to_thread(guarded.add, f"d@{tenant}", "device", ("observe", "home7"))
    with pytest.raises(NotAllowed, match="receipt/another/#"):
        async with AsyncClient(device, tenant=tenant, client="another"):
            pass
