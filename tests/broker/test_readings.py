"""Questions of readings over a real broker, store and model: a seeded day, and brute force beside it."""

from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from schemas.replies import Match, Reading
from schemas.wire import long_names
from tests.conftest import Memory, Mosquitto, settings_on
from tests.mqtt import RawClient, receipts
from workers import stack
from workers.accounts import OPERATOR, broker_url

MIDNIGHT = 1_700_006_400
"""15 November 2023, 00:00 UTC."""
MINUTE, HOUR, DAY = 60, 3600, 86_400
NOW = MIDNIGHT + DAY + 9 * HOUR
"""The next morning: last night is between."""
BATCH = 200
ROOMS = {"kitchen": 21.0, "bedroom": 17.5, "living-room": 20.0}


def a_day(seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rooms every ten minutes, a door that repeats itself, words that sound like it all."""
    chance = Random(seed)
    for room, level in ROOMS.items():
        for at in range(MIDNIGHT, NOW, 10 * MINUTE):
            value = round(level + chance.gauss(0, 1.5), 2)
            yield f"home7/{room}", {"value": value, "unit": "Cel", "attribute": "temperature", "at": at}
    state = "closed"
    for at in range(MIDNIGHT, NOW, 20 * MINUTE):
        state = state if chance.random() < 0.6 else ("open" if state == "closed" else "closed")
        yield "home7/hall", {"value": state, "attribute": "front_door", "at": at}
    for number in range(5):
        yield (
            "home7",
            {
                "text": "Ana watered the plants in the kitchen",
                "at": MIDNIGHT + number * HOUR,
                "kind": "event",
            },
        )
    yield (
        "home7",
        {"text": "How warm was the kitchen last night? It was warm in the kitchen last night", "at": NOW},
    )
    yield "home7", {"text": "Ana wants to water the plants", "at": NOW - HOUR, "kind": "turn"}
    yield "home70/kitchen", {"value": 99.0, "unit": "Cel", "attribute": "temperature", "at": NOW - 6 * HOUR}


DAY_OF = list(a_day(seed=4))


def values(room: str, since: float, until: float) -> list[float]:
    return [
        each["value"]
        for entity, each in DAY_OF
        if entity == f"home7/{room}" and since <= each["at"] <= until
    ]  # fmt: skip


def openings(since: float, until: float) -> list[float]:
    states = [(each["at"], each["value"]) for _, each in DAY_OF if each.get("attribute") == "front_door"]
    turned = [at for (_, was), (at, is_) in pairwise([(0, "closed"), *states]) if is_ == "open" != was]
    return [at for at in turned if since <= at <= until]


@pytest.fixture
async def kiosk(device: RawClient) -> RawClient:
    batches = []
    for entity in dict.fromkeys(entity for entity, _ in DAY_OF):
        observations = [each for of, each in DAY_OF if of == entity]
        batches += [(entity, observations[at : at + BATCH]) for at in range(0, len(observations), BATCH)]
    for entity, batch in batches:
        await device.publish_batch(entity, batch)
    for _ in batches:
        assert {each["status"] for each in receipts(await device.next())} <= {"stored", "merged"}
    return device


async def asked(kiosk: RawClient, text: str, entity: str = "home7/_all", **more: Any) -> dict[str, Any]:
    """The answer, under long names, once it was the same in both encodings."""
    request = {"text": text, "now": NOW, **more}
    said = await kiosk.ask(entity, request)
    short = await kiosk.ask(entity, request, as_json=False)
    assert [_long(each, Reading) for each in short.get("r", ())] == said.get("readings", [])
    assert [each["m"] for each in short["m"]] == [each["memory"] for each in said["matches"]]
    proofs = [each["memory"] for each in said.get("readings", ())]
    assert [each["memory"] for each in said["matches"]][: len(proofs)] == proofs
    answer: dict[str, Any] = said
    return answer


def _long(said: dict[str, Any], model: type[Reading | Match]) -> dict[str, Any]:
    names = long_names(model)
    return {names[key]: value for key, value in said.items()}


async def test_how_warm_it_was_last_night(kiosk: RawClient) -> None:
    reply = await asked(kiosk, "how warm was the kitchen last night?")
    [night] = reply["time"]
    [span] = reply["readings"]
    measured = values("kitchen", night["since"], night["until"])
    assert (span["asked"], span["entity"], span["unit"]) == ("span", "home7/kitchen", "Cel")
    assert (span["min"], span["max"], span["count"]) == (min(measured), max(measured), len(measured))
    assert span["mean"] == pytest.approx(sum(measured) / len(measured))
    assert (span["since"], span["until"]) == (night["since"], night["until"])
    assert [match["value"] for match in reply["matches"][:2]] == [max(measured), min(measured)]
    assert any("text" in match and "How warm" in match["text"] for match in reply["matches"])


async def test_the_coldest_of_all_and_of_one_room(kiosk: RawClient) -> None:
    lows = {f"home7/{room}": min(values(room, MIDNIGHT, MIDNIGHT + DAY - 1)) for room in ROOMS}
    reply = await asked(kiosk, "what was the lowest temperature yesterday?", explain=True)
    assert {each["entity"]: each["min"] for each in reply["readings"]} == lows
    assert [each["min"] for each in reply["readings"]] == sorted(lows.values())
    assert reply["matches"][0]["parts"]["reading"] > reply["matches"][1]["parts"]["reading"] > 0
    [room] = (await asked(kiosk, "the coldest hour yesterday", "home7/bedroom"))["readings"]
    assert room["min"] == lows["home7/bedroom"]


async def test_when_and_how_often_the_door_opened(kiosk: RawClient) -> None:
    turned = openings(0, NOW)
    [last] = (await asked(kiosk, "when did the front door last open?"))["readings"]
    assert (last["at"], last["state"], last["entity"]) == (turned[-1], "open", "home7/hall")
    [first] = (await asked(kiosk, "when did the front door first open?"))["readings"]
    assert first["at"] == turned[0]
    since, until = MIDNIGHT + 6 * HOUR, MIDNIGHT + 18 * HOUR
    reply = await asked(kiosk, "how often did the front door open?", since=since, until=until, limit=50)
    [often] = reply["readings"]
    assert often["count"] == len(openings(since, until)) > 0
    proofs = [match.get("first", match["at"]) for match in reply["matches"][: min(10, often["count"])]]
    assert proofs == sorted(openings(since, until), reverse=True)[:10]
    assert "readings" not in await asked(kiosk, "when did the garage last open?")


async def test_how_often_something_was_told_of(kiosk: RawClient) -> None:
    [often] = (await asked(kiosk, "how often did Ana water the plants yesterday?"))["readings"]
    assert (often["count"], often["at"]) == (5, MIDNIGHT + 4 * HOUR)
    assert "attribute" not in often


async def test_a_context_tells_readings_within_its_budget(kiosk: RawClient) -> None:
    request = {"op": "context", "text": "how warm was the kitchen last night?", "now": NOW, "tz": "UTC"}
    reply = await kiosk.ask("home7/_all", request)
    title, line, *_ = reply["context"].splitlines()
    assert (title, line[:33], line[-4:]) == ("Readings:", "kitchen temperature, last night: ", " [1]")
    assert reply["matches"][0]["memory"] == reply["readings"][0]["memory"]
    for budget in (5, 30, 50, 60, 100):
        tight = await kiosk.ask("home7/_all", request | {"budget": budget})
        assert tight["tokens"] <= budget
        assert line in tight["context"] or "Readings:" not in tight["context"]
    cut = await kiosk.ask("home7/_all", {**request, "op": "recall", "max_bytes": 64})
    assert (cut["matches"], cut["more"], "readings" in cut) == ([], True, False)


async def test_no_other_tenant_and_no_other_entity_is_measured(memory: Memory, kiosk: RawClient) -> None:
    highest = "what was the highest temperature?"
    assert all(each["max"] < 99 for each in (await asked(kiosk, highest))["readings"])
    assert [each["max"] for each in (await asked(kiosk, highest, "home70/_all"))["readings"]] == [99.0]
    assert "readings" not in await asked(kiosk, highest, "home7")
    stranger = Memory(memory.broker, memory.tenant + "x", memory.settings)
    async with stranger.client("device-1") as other:
        for question in (
            highest,
            "how often did the front door open?",
            "how often did Ana water the plants?",
        ):
            assert "readings" not in await other.ask("home7/_all", {"text": question})


async def test_what_is_forgotten_is_measured_no_more(kiosk: RawClient) -> None:
    [before] = (await asked(kiosk, "highest kitchen temperature"))["readings"]
    gone = {"op": "forget", "memories": [before["memory"]]}
    assert (await kiosk.ask("home7/_all", gone, verb="manage"))["forgotten"] == 1
    [after] = (await asked(kiosk, "highest kitchen temperature"))["readings"]
    assert after["memory"] != before["memory"]
    assert after["count"] == before["count"] - 1


LONG_AGO = [(MIDNIGHT - DAY + n * 5 * MINUTE, round(18 + 4 * Random(n).random(), 2)) for n in range(3 * 288)]
"""Three days in UTC, of which days and a month are left."""
PER_HOUR_MAX = 8
LEFT = {"raw": 3 * 24 * PER_HOUR_MAX, "summary": 3 + 1}


@pytest.fixture
async def condensed(
    own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path, tenant: str
) -> AsyncIterator[RawClient]:
    """A memory that has thinned its readings, and keeps no hours."""
    (tmp_path / "policies.yaml").write_text(f"defaults: {{per_hour_max: {PER_HOUR_MAX}, hourly: 1 day}}\n")
    settings = settings_on(
        own_mosquitto, model_cache, tmp_path / "data", condensing={"grace_s": 0.01},
        condense_every_s=0.1, retention_every_s=0.1, policies=tmp_path / "policies.yaml",
    )  # fmt: skip
    readings = [
        {"value": value, "unit": "Cel", "attribute": "temperature", "at": at} for at, value in LONG_AGO
    ]
    async with stack.running(settings):
        memory = Memory(broker_url(settings, OPERATOR), tenant, settings)
        async with memory.client() as device, memory.client("watcher") as watcher:
            await watcher.mqtt.subscribe("mem/v1/_sys/summarizer/1/stats")
            for at in range(0, len(readings), BATCH):
                await device.observe("home7/kitchen", readings[at : at + BATCH])
            left: dict[str, int] = {}
            while left != LEFT:
                await watcher.next()
                left = (await device.ask("home7/kitchen", {"op": "stats"}))["tiers"]
            yield device


async def test_a_day_of_the_askers_zone_is_told_by_the_one_that_is_left_and_says_so(
    condensed: RawClient,
) -> None:
    asker = {"now": MIDNIGHT + DAY + 12 * HOUR, "tz": "America/New_York"}
    whole = [value for at, value in LONG_AGO if MIDNIGHT <= at < MIDNIGHT + DAY]
    question = "how warm was the kitchen yesterday?"
    reply = await asked(condensed, question, "home7/kitchen", **asker)
    [day], [span] = reply["time"], reply["readings"]
    assert day["since"] == MIDNIGHT + 5 * HOUR
    assert (span["since"], span["until"]) == (MIDNIGHT, pytest.approx(MIDNIGHT + DAY, abs=0.01))
    assert span["snapped"]
    assert (span["min"], span["max"], span["count"]) == (min(whole), max(whole), 288)
    assert span["mean"] == pytest.approx(sum(whole) / 288)
    context = await condensed.ask("home7/kitchen", {"op": "context", "text": question, **asker})
    said = "kitchen temperature, yesterday (from 14 Nov 2023 19:00 to 15 Nov 2023 19:00): "
    assert said in context["context"]
    utc = await asked(condensed, question, "home7/kitchen", now=asker["now"], tz="UTC")
    assert "snapped" not in utc["readings"][0]
    between = "the highest temperature between 10:00 and 11:00 yesterday"
    part = await asked(condensed, between, "home7/kitchen", **asker)
    assert len(part["time"]) == 1
    assert ("readings" in part, part["more"]) == (False, True)
