"""Promise: a part that is away at work is said, held and tried again; our own mistake costs one alone."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broker_bridge.broker import LocalBroker
from broker_bridge.faults import BrokerFault
from memory.audit_log import AuditLog
from memory.errors import ModelError, StoreError, StoreFull, StoreRefused
from memory.records import Vector
from memory.store_edge import EdgeStore
from memory.store_twin import TwinStore
from tests.conftest import Mosquitto, settings_on
from tests.faults.ingesting import Running, running
from tests.faults.living import Watcher, living
from tests.mqtt import RawClient, receipts
from workers.accounts import load_or_make
from workers.deadletters import DeadLetters
from workers.forgetting import Forgetting
from workers.stack import _restart

FAULTS = {
    "full": StoreFull("only 1 MB is free", hint="make room"),
    "away": StoreError("the server does not answer", hint="start it"),
    "disk": OSError(5, "Input/output error"),
}
DOING = {"known": "looking ids up", "upsert": "storing", "flush": "flushing the store"}


class Troubled(TwinStore):
    """A store whose one method fails until it is told to work."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Exception | None = None
        self.failing = ""

    async def known(self, ids: Sequence[str]) -> Any:
        self._fail("known")
        return await super().known(ids)

    async def upsert(self, batch: Any) -> None:
        self._fail("upsert")
        await super().upsert(batch)

    async def flush(self) -> None:
        self._fail("flush")
        await super().flush()

    def _fail(self, method: str) -> None:
        if self.fault is not None and self.failing == method:
            raise self.fault


class StoresAndFails(TwinStore):
    """A store whose first upsert is done and raises all the same, and whose owner then forgets one."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault: Exception | None = fault
        self.forgotten: str | None = None
        self.upserted: list[int] = []

    async def upsert(self, batch: Any) -> None:
        await super().upsert(batch)
        self.upserted.append(len(batch))
        if self.fault is not None:
            fault, self.fault = self.fault, None
            self.forgotten = batch[0].memory.id
            await self.forget([self.forgotten], 1.0)
            raise fault


async def held(it: Running, client: RawClient, doing: str, mend: Callable[[], object]) -> None:
    """Publishes while something is away: nothing is acknowledged until it was said and mended."""
    said = asyncio.Event()
    it.heard_report = said.set
    await client.publish(client.topic("obs", "e"), json.dumps({"id": 1, "text": "patience"}))
    await said.wait()
    part, trouble = it.said[0]
    assert part == doing
    assert trouble is not None
    assert trouble.startswith(f"{doing}: ")
    probe = client.publish(client.topic("obs", "e"), json.dumps({"id": 2, "text": "also"}))
    assert await client.nothing_for(asyncio.ensure_future(probe))
    mend()
    told = [receipt for _ in range(2) for receipt in receipts(await client.next())]
    assert [(each["id"], each["status"]) for each in told] == [(1, "stored"), (2, "stored")]
    assert it.said[-1] == (doing, None)


@pytest.mark.parametrize("method", DOING)
@pytest.mark.parametrize("fault", FAULTS)
async def test_wherever_the_store_is_away_it_is_held(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, method: str, fault: str
) -> None:
    store = Troubled()
    async with (
        running(own_mosquitto, tenant, tmp_path, store) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        store.failing, store.fault = method, FAULTS[fault]
        await held(it, client, DOING[method], lambda: setattr(store, "fault", None))


@pytest.mark.parametrize("fault", [StoreError("no answer in time", hint="wait"), ZeroDivisionError("ours")])
async def test_what_is_forgotten_while_its_storing_is_tried_again_stays_forgotten(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, fault: Exception
) -> None:
    store = StoresAndFails(fault)
    async with (
        running(own_mosquitto, tenant, tmp_path, store),
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        told = await client.observe("e", [{"id": n, "text": f"secret {n}"} for n in range(2)])
        assert [(each["status"], each.get("reason")) for each in told] == [
            ("refused", "forgotten"),
            ("stored", None),
        ]
        assert store.forgotten is not None
        assert (await store.known([store.forgotten])).forgotten == {store.forgotten}
        assert store.upserted == [2], "what the first try stored is not stored again"
        assert [letter.payload for letter in DeadLetters(tmp_path, 10**6)] == [""]


async def test_a_model_that_fails_is_held(own_mosquitto: Mosquitto, tenant: str, tmp_path: Path) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path, TwinStore()) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        real = it.model.encode

        def away(_texts: Sequence[str], _begun: object = None) -> list[Vector]:
            raise ModelError("the model is damaged", hint="fetch it")

        it.model.encode = away  # type: ignore[method-assign]
        await held(it, client, "embedding", lambda: setattr(it.model, "encode", real))


async def test_dead_letters_that_cannot_be_kept_are_held(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    letters = tmp_path / "letters"
    letters.write_text("a file where the folder should be")
    async with (
        running(own_mosquitto, tenant, letters, TwinStore()) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        said = asyncio.Event()
        it.heard_report = said.set
        await client.publish(client.topic("obs", "e"), b"{")
        await said.wait()
        assert it.said[0][0] == "keeping dead letters"
        letters.unlink()
        [receipt] = receipts(await client.next())
        assert receipt["status"] == "refused"
        assert [letter.reason for letter in DeadLetters(letters, 10**6)] == ["malformed"]
        assert it.said[-1] == ("keeping dead letters", None)


async def test_an_audit_log_that_cannot_be_written_is_held(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreError("the audit log cannot be written", hint="check the disk")

    async with (
        running(own_mosquitto, tenant, tmp_path, TwinStore()) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        with monkeypatch.context() as damaged:
            damaged.setattr(AuditLog, "write", away)
            await held(it, client, "writing the audit log", damaged.undo)


async def test_a_vector_that_no_store_takes_costs_that_one_observation_alone(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path
) -> None:
    async with (
        running(own_mosquitto, tenant, tmp_path, TwinStore()) as it,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        real = it.model.encode

        def poisoned(texts: Sequence[str], _begun: object = None) -> list[Vector]:
            nan = np.full(4, np.nan, dtype=np.float32)
            return [nan if text == "poison" else real([text])[0] for text in texts]

        it.model.encode = poisoned  # type: ignore[method-assign]
        batch = [{"id": n, "text": text} for n, text in enumerate(["good", "poison", "fine"])]
        told = await client.observe("e", batch)
        assert [each["status"] for each in told] == ["stored", "refused", "stored"]
        [letter] = list(DeadLetters(tmp_path, 10**6))
        assert StoreRefused.__name__ in str(letter.traceback)


async def test_a_store_that_cannot_answer_is_said_to_the_asker_and_on_the_status(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreError("a page is damaged", hint="put a backup back")

    async with (
        living(settings_on(own_mosquitto, model_cache, tmp_path / "data")),
        Watcher.of(own_mosquitto.url, "query") as query,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        await query.until("online")
        with monkeypatch.context() as damaged:
            damaged.setattr(EdgeStore, "nearest", away)
            reply = await client.ask("e", {"text": "anything"})
            assert (reply["ok"], reply["code"], reply["hint"]) == (False, 503, "put a backup back")
            await query.until("degraded", "answering: a page is damaged")
        assert (await client.ask("e", {"text": "anything"}))["ok"]
        await query.until("online")


async def test_a_fault_of_ours_in_an_answer_is_500_and_the_next_is_answered(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    async with (
        living(settings_on(own_mosquitto, model_cache, tmp_path / "data")),
        Watcher.of(own_mosquitto.url, "query") as query,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
    ):
        await query.until("online")
        with monkeypatch.context() as broken:
            broken.setattr(EdgeStore, "nearest", breaks)
            assert (await client.ask("e", {"text": "anything"}))["code"] == 500
        assert (await client.ask("e", {"text": "anything"}))["ok"]


async def test_changes_that_take_long_take_no_questions_place(
    own_mosquitto: Mosquitto, tenant: str, tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, waiting = asyncio.Event(), asyncio.Event()

    async def slowly(*_: object) -> int:
        waiting.set()
        await let_go.wait()
        return 0

    monkeypatch.setattr(Forgetting, "forget_letters", slowly)
    settings = settings_on(own_mosquitto, model_cache, tmp_path / "data", queries_at_once=1)
    async with (
        living(settings),
        Watcher.of(own_mosquitto.url, "query") as query,
        RawClient.connected(own_mosquitto.url, tenant, "device-1") as client,
        RawClient.connected(own_mosquitto.url, f"{tenant}-other", "device-1") as other,
    ):
        await query.until("online")
        for _ in range(2):
            await client.publish(client.topic("manage", "e"), b'{"op": "forget", "all": true}')
        await waiting.wait()
        assert (await other.ask("e", {"text": "anything"}))["ok"]
        let_go.set()


async def test_a_broker_of_ours_that_does_not_start_again_is_tried_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def start(*_: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise BrokerFault("the port is taken", hint="wait")
        if len(tries) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(LocalBroker, "start", start)
    accounts = load_or_make(tmp_path, 1).all("1")
    await _restart(LocalBroker(None, tmp_path, 1), accounts)  # type: ignore[arg-type]
    assert len(tries) == 3
