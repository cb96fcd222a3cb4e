"""The limits that an operator sets for clients, over a real broker: each says clearly what it is."""

from pathlib import Path

import pytest

from broker_bridge.url import BrokerUrl
from tests.conftest import Mosquitto, settings_on
from tests.mqtt import RawClient
from workers import stack


async def test_limits_are_said_and_harm_nobody_else(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> None:
    limited = settings_on(
        own_mosquitto,
        model_cache,
        tmp_path / "data",
        messages_per_s_max=0.0001,  # so that the hour granted at the start is less than one
        requests_per_s_max=0.01,
        memories_per_entity_max=3,
    )
    broker: BrokerUrl = own_mosquitto.url
    async with (
        stack.running(limited),
        RawClient.connected(broker, tenant, "flood") as flood,
        RawClient.connected(broker, tenant, "quiet") as quiet,
        RawClient.connected(broker, tenant, "other") as other,
    ):
        batch = [{"id": n, "value": n} for n in range(5)]
        told = await flood.observe("home7", batch)
        assert [each["status"] for each in told] == ["stored"] * 3 + ["refused"] * 2
        assert {each.get("reason") for each in told[3:]} == {"entity_full"}
        assert "forget some" in told[3]["hint"]

        [late, later] = await flood.observe(
            "home8", [{"id": "a", "value": 1}, {"id": "b", "value": "x" * 300}]
        )
        assert (late["id"], late["status"], late["reason"]) == ("a", "refused", "too_fast")
        assert later["reason"] == "invalid", "what is wrong for ever is said first"
        again = await flood.observe("home7", batch[:3])
        assert [each["status"] for each in again] == ["duplicate"] * 3, "a resend is harmless, always"
        [fine] = await quiet.observe("home8", {"value": 1})
        assert fine["status"] == "stored"

        assert (await flood.ask("home7", {"op": "stats"}))["count"] == 3
        refused = await flood.ask("home7", {"op": "stats"})
        assert (refused["code"], refused["error"]) == (429, "too fast")
        assert (await flood.ask("home7", b"[1]"))["code"] == 429, "what is malformed counts, too"
        assert (await other.ask("home8", {"op": "stats"}))["count"] == 1


@pytest.mark.parametrize("setting", ["messages_per_s_max", "memories_per_entity_max"])
def test_a_limit_of_nothing_is_no_limit_and_refused(
    mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, setting: str
) -> None:
    with pytest.raises(ValueError, match=setting):
        settings_on(mosquitto, model_cache, tmp_path, **{setting: 0})
