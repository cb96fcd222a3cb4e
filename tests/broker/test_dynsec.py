"""broker_bridge/dynsec.py over the real plugin, and over brokers without it."""

import json
from typing import Any

import pytest

from broker_bridge import dynsec
from broker_bridge.dynsec import CommandRefused, Control
from broker_bridge.faults import BrokerFault
from edge.client import connection
from tests.attacker import OK, Attacker
from tests.broker.guarded import Guarded
from tests.conftest import Mosquitto


async def test_what_the_plugin_refuses_is_said_in_its_own_words(guarded: Guarded) -> None:
    async with connection(guarded.url("access"), "administrator") as client:
        control = await Control.over(client)
        with pytest.raises(CommandRefused, match="the broker refused getClient: Client not found") as refused:
            await control.do("getClient", username="nobody")
        assert refused.value.reason in dynsec.NOT_FOUND
        with pytest.raises(CommandRefused, match="Client already exists") as exists:
            await control.do("createClient", username="ingest", password="hunter2")
        assert exists.value.reason in dynsec.EXISTS
        assert "hunter2" not in str(exists.value)
        with pytest.raises(CommandRefused, match="Unknown command"):
            await control.do("conjure")


async def test_each_answer_is_that_of_its_command(guarded: Guarded) -> None:
    async with connection(guarded.url("access"), "administrator") as client:
        control = await Control.over(client)
        for name in ("ingest", "query", "ingest"):
            assert (await control.do("getClient", username=name))["client"]["username"] == name


async def test_anothers_answer_is_not_taken_for_ours(guarded: Guarded) -> None:
    forged: dict[str, Any] = {"responses": [{"command": "getClient", "data": {}, "correlationData": "guess"}]}
    async with connection(guarded.url("access"), "administrator") as client:
        control = await Control.over(client)
        with Attacker.connected(guarded.url("access")) as other:
            other.subscribe("$CONTROL/dynamic-security/v1/response")
            assert other.publish("$CONTROL/dynamic-security/v1", forged) == OK
        assert (await control.do("getClient", username="ingest"))["client"]["username"] == "ingest"


async def test_an_account_that_may_not_is_told_which_may(guarded: Guarded) -> None:
    async with connection(guarded.url("operator"), "console") as client:
        with pytest.raises(BrokerFault, match="this account may not change rights") as refused:
            await Control.over(client)
    assert "access" in refused.value.hint


async def test_a_broker_without_the_plugin_is_told_apart(
    own_mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynsec, "ANSWER_S_MAX", 0.2)
    async with connection(own_mosquitto.url, "administrator") as client:
        control = await Control.over(client)
        await client.publish("$CONTROL/dynamic-security/v1/response", json.dumps({"responses": []}))
        with pytest.raises(BrokerFault, match=r"did not answer .* within 0\.2 s") as refused:
            await control.do("listClients")
    assert "dynamic-security plugin" in refused.value.hint
