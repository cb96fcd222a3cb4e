"""Promise: a clock that jumps under a running memory loses nothing, doubles nothing, and is said."""

import time

import pytest

from tests.conftest import Mosquitto
from tests.faults.living import serving
from tests.mqtt import receipts
from workers.settings import Settings

YEAR_S = 365 * 86_400.0
REAL = time.time


@pytest.mark.parametrize("jump_s", [YEAR_S, -YEAR_S], ids=["ahead", "back"])
async def test_a_clock_that_jumps_loses_nothing_and_is_said(
    settings: Settings,
    own_mosquitto: Mosquitto,
    tenant: str,
    monkeypatch: pytest.MonkeyPatch,
    jump_s: float,
) -> None:
    async with serving(settings, own_mosquitto.url, tenant) as (ingest, device):
        first = {"id": 1, "text": "before the jump"}
        lasting = {"id": 2, "text": "for an hour", "ttl": 3600}
        for sent in (first, lasting):
            assert (await device.observe("e", sent))[0]["status"] == "stored"
        monkeypatch.setattr(time, "time", lambda: REAL() + jump_s)
        await ingest.until("degraded", "this machine's clock jumped")
        # Identity, group commit and deadlines know no wall clock; true dates are taken on either side.
        assert (await device.observe("e", first))[0]["status"] == "duplicate"
        for number, at in enumerate([REAL(), REAL() - 10, REAL() + jump_s], start=3):
            [told] = await device.observe("e", {"id": number, "text": f"dated {number}", "at": at})
            assert told["status"] == "stored", told
        found = await device.ask("e", {"op": "recent", "deadline_ms": 5000})
        ahead = jump_s > 0
        assert {match["id"] for match in found["matches"]} == {1, 3, 4, 5} | (set() if ahead else {2})
        monkeypatch.setattr(time, "time", REAL)
        await ingest.until("online")
        found = await device.ask("e", {"op": "recent"})
        assert {match["id"] for match in found["matches"]} == {1, 2, 3, 4, 5}


async def test_before_the_clock_is_set_nothing_is_dated_or_refused(
    settings: Settings, own_mosquitto: Mosquitto, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: REAL() % 86_400)
    async with serving(settings, own_mosquitto.url, tenant) as (ingest, device):
        sent = b'{"id": 1, "text": "a true date", "at": %d}' % REAL()
        await device.publish(device.topic("obs", "e"), sent)
        assert "timedatectl" in (await ingest.until("degraded", "clock says 1970-01-01"))["reason"]
        monkeypatch.setattr(time, "time", REAL)
        [receipt] = receipts(await device.next())
        assert receipt["status"] == "stored"
        await ingest.until("online")
