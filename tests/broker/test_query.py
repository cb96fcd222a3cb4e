"""Query over a real broker: contract §5 and promise 3."""

import asyncio
import json
from typing import Any

import msgpack
import pytest

from schemas.replies import Match
from schemas.wire import long_names
from tests.conftest import Memory
from tests.mqtt import RawClient, decoded, receipts

DAY = 86_400
NOON = 1_700_000_000

HOUSEHOLD: list[tuple[str, dict[str, Any]]] = [
    ("home7", {"id": 1, "text": "The spare key is in the blue drawer", "at": NOON,
               "tags": ["key", "kitchen"]}),
    ("home7", {"id": 2, "text": "The boiler was serviced", "at": NOON + DAY, "kind": "note",
               "session": "visit-1"}),
    ("home7/ana", {"id": 3, "text": "Ana is allergic to peanuts", "at": NOON + 2 * DAY, "kind": "fact",
                   "attribute": "allergy", "importance": 0.9,
                   "meta": {"source": "doctor", "checked": True}}),
    ("home7/ana", {"id": 4, "value": 36.6, "unit": "Cel", "attribute": "temperature", "at": NOON + 3 * DAY}),
    ("home7/ana", {"id": 5, "value": 38.2, "unit": "Cel", "attribute": "temperature", "at": NOON + 4 * DAY}),
    ("home70", {"id": 6, "text": "The spare key of the neighbours hangs by the door", "at": NOON}),
]  # fmt: skip


@pytest.fixture
async def kiosk(device: RawClient) -> RawClient:
    """A client whose household is remembered."""
    for entity, observation in HOUSEHOLD:
        await device.publish(device.topic("obs", entity), json.dumps(observation))
    for _ in HOUSEHOLD:
        [receipt] = receipts(await device.next())
        assert receipt["status"] == "stored"
    return device


def ids(reply: dict[str, Any]) -> list[Any]:
    return [match["id"] for match in reply["matches"]]


async def test_recall_finds_the_nearest_in_meaning_first(kiosk: RawClient) -> None:
    reply = await kiosk.ask("home7", {"text": "where did we put the extra key?", "id": "q"})
    assert (reply["ok"], reply["id"], reply["op"]) == (True, "q", "recall")
    assert reply["matches"][0]["text"] == "The spare key is in the blue drawer"
    scores = [match["score"] for match in reply["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("home7", {1, 2}),
        ("home7/_all", {1, 2, 3, 4, 5}),
        ("home7/ana", {3, 4, 5}),
        ("home7/ana/_all", {3, 4, 5}),
        ("home70", {6}),
        ("home", set()),
        ("home/_all", set()),
    ],
)
async def test_an_entity_is_itself_and_with_all_what_lies_below(
    kiosk: RawClient, entity: str, expected: set[int]
) -> None:
    assert set(ids(await kiosk.ask(entity, {"op": "recent"}))) == expected
    assert set(ids(await kiosk.ask(entity, {"op": "recall", "text": "key"}))) == expected


async def test_another_tenant_sees_nothing(memory: Memory, kiosk: RawClient) -> None:
    known = [match["memory"] for match in (await kiosk.ask("home7/_all", {"op": "recent"}))["matches"]]
    assert known
    stranger = Memory(memory.broker, memory.tenant + "x", memory.settings)
    async with stranger.client("device-1") as other:
        assert ids(await other.ask("home7/_all", {"op": "recent"})) == []
        assert ids(await other.ask("home7/_all", {"text": "spare key"})) == []
        assert (await other.ask("home7/_all", {"op": "state"}))["state"] == {}
        assert (await other.ask("home7/_all", {"op": "stats"}))["count"] == 0
        assert (await other.ask("home7/_all", {"op": "get", "memories": known}))["code"] == 404


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"since": NOON + 2 * DAY}, [5, 4, 3]),
        ({"until": NOON + DAY}, [2, 1]),
        ({"since": "2023-11-15T22:13:20Z", "until": NOON + 2 * DAY}, [3, 2]),
        ({"since": -60}, []),
        ({"kinds": ["note", "fact"]}, [3, 2]),
        ({"tags": ["key", "kitchen"]}, [1]),
        ({"tags": ["key", "garage"]}, []),
        ({"devices": ["device-1"]}, [5, 4, 3, 2, 1]),
        ({"devices": ["device-2"]}, []),
        ({"sessions": ["visit-1"]}, [2]),
        ({"meta": {"source": "doctor"}}, [3]),
        ({"meta": {"source": "doctor", "checked": False}}, []),
        ({"limit": 2}, [5, 4]),
    ],
)
async def test_every_filter_narrows_recent_and_recall_alike(
    kiosk: RawClient, filters: dict[str, Any], expected: list[int]
) -> None:
    assert ids(await kiosk.ask("home7/_all", {"op": "recent", **filters})) == expected
    recalled = ids(await kiosk.ask("home7/_all", {"op": "recall", "text": "what about the key", **filters}))
    if "limit" in filters:
        assert len(recalled) == filters["limit"]
    else:
        assert set(recalled) == set(expected)


async def test_min_score_leaves_the_unlike_out(kiosk: RawClient) -> None:
    matches = (await kiosk.ask("home7/_all", {"text": "spare key", "min_score": 0.5}))["matches"]
    assert [match["id"] for match in matches] == [1]


async def test_a_time_in_words_leans_by_the_askers_clock_and_the_answer_says_so(kiosk: RawClient) -> None:
    asked = {"text": "what was done yesterday?", "now": NOON + 2 * DAY, "tz": "Europe/Berlin"}
    reply = await kiosk.ask("home7/_all", asked)
    assert ids(reply)[0] == 2
    [read] = reply["time"]
    assert (read["words"], read["hard"], read["since"] < NOON + DAY < read["until"]) == (
        "yesterday",
        True,
        True,
    )
    refused = await kiosk.ask("home7", asked | {"tz": "Europe/Atlantis"})
    assert (refused["code"], refused["error"].split(":")[0]) == (400, "`tz`")


async def test_explain_shows_the_parts_of_each_score(kiosk: RawClient) -> None:
    request = {"text": "peanuts", "limit": 1}
    [plain] = (await kiosk.ask("home7/ana", request))["matches"]
    [explained] = (await kiosk.ask("home7/ana", {**request, "explain": True}))["matches"]
    assert "parts" not in plain
    assert {"dense", "words", "episode", "length", "recency"} <= explained["parts"].keys()
    assert sum(explained["parts"].values()) == pytest.approx(explained["score"], abs=1e-4)


async def test_recall_puts_the_newest_state_before_its_past_unless_that_is_asked_for(
    device: RawClient,
) -> None:
    drink = {"kind": "fact", "attribute": "drink"}
    facts = [
        {"id": 1, "text": "Ana's favourite drink in the world is coffee", "at": NOON - 400 * DAY, **drink},
        {"id": 2, "text": "Ana drinks tea now", "at": NOON - DAY, **drink},
        {"id": 3, "text": "Ben's favourite drink is cocoa", "at": NOON - 2 * DAY, **drink},
    ]
    for entity, observation in zip(("home7/ana", "home7/ana", "home7/ben"), facts, strict=True):
        await device.observe(entity, observation)
    asked = {"text": "what is Ana's favourite drink in the world?", "explain": True}
    first, *others = (await device.ask("home7/_all", asked))["matches"]
    assert first["id"] == 2
    assert first["parts"]["state"] > 0
    assert {match["id"]: match["parts"].get("state", 0) < 0 for match in others} == {1: True, 3: False}
    assert ids(await device.ask("home7/ana", asked | {"limit": 1})) == [2]
    for past in ({"text": "what was Ana's favourite drink in the world?"}, {"until": NOON}):
        assert ids(await device.ask("home7/ana", asked | past)) == [1, 2]


async def test_state_is_the_newest_of_each_attribute(kiosk: RawClient) -> None:
    reply = await kiosk.ask("home7/ana", {"op": "state"})
    assert set(reply["state"]) == {"temperature", "allergy"}
    temperature = reply["state"]["temperature"]
    assert (temperature["value"], temperature["unit"], temperature["at"]) == (38.2, "Cel", NOON + 4 * DAY)
    assert reply["state"]["allergy"]["text"] == "Ana is allergic to peanuts"
    only = await kiosk.ask("home7/_all", {"op": "state", "attributes": ["temperature", "colour"]})
    assert set(only["state"]) == {"temperature"}
    assert only["state"]["temperature"]["entity"] == "home7/ana"


async def test_an_older_observation_that_comes_later_is_not_the_state(kiosk: RawClient) -> None:
    await kiosk.observe(
        "home7/ana", {"id": "late", "value": 35.0, "unit": "Cel", "attribute": "temperature", "at": NOON}
    )
    reply = await kiosk.ask("home7/ana", {"op": "state"})
    assert reply["state"]["temperature"]["value"] == 38.2


async def test_get_returns_memories_in_the_order_named(kiosk: RawClient) -> None:
    matches = (await kiosk.ask("home7/_all", {"op": "recent"}))["matches"]
    wanted = [matches[3]["memory"], matches[0]["memory"]]
    reply = await kiosk.ask("home7/_all", {"op": "get", "memories": [*wanted, "no-such-id"]})
    assert [match["memory"] for match in reply["matches"]] == wanted
    missing = await kiosk.ask("home70", {"op": "get", "memories": wanted})
    assert (missing["ok"], missing["code"]) == (False, 404)
    assert "`memories`" in missing["error"]


async def test_stats_count_by_kind_tier_and_device(kiosk: RawClient) -> None:
    reply = await kiosk.ask("home7/_all", {"op": "stats"})
    assert reply["count"] == 5
    assert reply["kinds"] == {"event": 1, "note": 1, "fact": 1, "reading": 2}
    assert reply["tiers"] == {"raw": 5}
    assert reply["devices"] == {"device-1": 5}
    assert (reply["first"], reply["last"]) == (NOON, NOON + 4 * DAY)
    empty = await kiosk.ask("nowhere", {"op": "stats"})
    assert empty["count"] == 0
    assert "first" not in empty


async def test_max_bytes_cuts_to_whole_matches_and_says_so(kiosk: RawClient) -> None:
    whole = await kiosk.ask("home7/_all", {"op": "recent"})
    assert "more" not in whole
    for as_json in (True, False):
        await kiosk.publish(
            kiosk.topic("query", "home7/_all"),
            json.dumps({"op": "recent", "max_bytes": 600})
            if as_json
            else msgpack.packb({"o": "recent", "l": 600}),
        )
        message = await kiosk.next()
        assert isinstance(message.payload, bytes)
        assert len(message.payload) <= 600
        cut = decoded(message)
        assert cut["more" if as_json else "e"] is True
        assert 0 < len(cut["matches" if as_json else "m"]) < 5


async def test_what_outlived_its_ttl_is_not_found(device: RawClient) -> None:
    told = await device.observe(
        "e", [{"id": 1, "text": "gone", "at": NOON, "ttl": 60}, {"id": 2, "text": "here", "ttl": 3600}]
    )
    assert ids(await device.ask("e", {"op": "recent"})) == [2]
    assert ids(await device.ask("e", {"text": "gone"})) == [2]
    reply = await device.ask("e", {"op": "get", "memories": [told[0]["memory"]]})
    assert reply["code"] == 404
    assert (await device.ask("e", {"op": "stats"}))["count"] == 1


async def test_the_reply_is_in_the_requests_encoding_under_its_names(kiosk: RawClient) -> None:
    long = await kiosk.ask(
        "home7/ana", {"op": "recall", "text": "allergy", "limit": 1, "id": "q"}, as_json=True
    )
    short = await kiosk.ask("home7/ana", {"o": "recall", "q": "allergy", "n": 1, "i": "q"}, as_json=False)
    assert (short["i"], short["k"], short["o"]) == ("q", True, "recall")
    assert set(short) == {"i", "k", "o", "t", "m"}
    [one], [other] = long["matches"], short["m"]
    assert {long_names(Match)[key]: value for key, value in other.items()} == one


async def test_the_answer_goes_to_the_mirror_with_correlation_data(memory: Memory, kiosk: RawClient) -> None:
    await kiosk.publish(kiosk.topic("query", "home7/_all"), b'{"op": "stats"}', correlation=b"\x00\xffc")
    message = await kiosk.next()
    assert str(message.topic) == f"mem/v1/{memory.tenant}/reply/device-1/home7/_all"
    assert message.properties is not None
    assert message.properties.CorrelationData == b"\x00\xffc"


async def test_a_response_topic_of_the_callers_own_is_honoured(memory: Memory, kiosk: RawClient) -> None:
    own = f"mem/v1/{memory.tenant}/reply/device-1/inbox/7"
    await kiosk.publish(kiosk.topic("query", "home7"), b'{"op": "stats"}', response_topic=own)
    assert str((await kiosk.next()).topic) == own


@pytest.mark.parametrize(
    "foreign",
    [
        "mem/v1/{tenant}/reply/device-2/home7",
        "mem/v1/{tenant}/reply/device-1",
        "mem/v1/{tenant}/reply/device-1/",
        "mem/v1/{tenant}/reply/device-1/../device-2/x",
        "mem/v1/{tenant}/reply/device-10/x",
        "mem/v1/other/reply/device-1/home7",
        "mem/v1/{tenant}/obs/device-1/home7",
        "mem/v1/_sys/query/1/status",
        "somewhere/else",
    ],
)
async def test_a_foreign_response_topic_is_answered_403_on_the_mirror(
    memory: Memory, kiosk: RawClient, foreign: str
) -> None:
    topic = foreign.format(tenant=memory.tenant)
    await kiosk.publish(kiosk.topic("query", "home7"), b'{"op": "stats", "id": "q"}', response_topic=topic)
    message = await kiosk.next()
    assert str(message.topic) == f"mem/v1/{memory.tenant}/reply/device-1/home7"
    reply = decoded(message)
    assert (reply["ok"], reply["code"], reply["id"]) == (False, 403, "q")
    assert f"mem/v1/{memory.tenant}/reply/device-1/" in reply["hint"]


BAD_REQUESTS: dict[str, tuple[str, Any, int, str]] = {
    "unknown op": ("query", {"op": "zap"}, 404, "recall"),
    "op of manage on query": ("query", {"op": "forget", "all": True}, 404, "recall"),
    "op of query on manage": ("manage", {"op": "recall", "text": "x"}, 404, "forget"),
    "no op on manage": ("manage", {}, 400, "`op`"),
    "no text for a context": ("query", {"op": "context"}, 400, "`text`"),
    "no budget": ("query", {"op": "context", "text": "x", "budget": 0}, 400, "`budget`"),
    "forget nothing": ("manage", {"op": "forget"}, 400, "one of `memories`"),
    "history of nothing": ("manage", {"op": "history"}, 400, "`memory`"),
    "no text": ("query", {"op": "recall"}, 400, "`text`"),
    "text of the wrong type": ("query", {"text": 5}, 400, "`text`"),
    "limit of the wrong type": ("query", {"op": "recent", "limit": "ten"}, 400, "`limit`"),
    "limit too high": ("query", {"op": "recent", "limit": 101}, 400, "`limit`"),
    "kinds of the wrong type": ("query", {"op": "recent", "kinds": "note"}, 400, "`kinds`"),
    "meta of the wrong type": ("query", {"op": "recent", "meta": [1]}, 400, "`meta`"),
    "since that is no time": ("query", {"op": "recent", "since": "yesterday"}, 400, "`since`"),
    "min_score": ("query", {"op": "recent", "min_score": 2}, 400, "`min_score`"),
    "memories of the wrong type": ("query", {"op": "get", "memories": [1]}, 400, "`memories"),
    "deadline": ("query", {"op": "stats", "deadline_ms": -1}, 400, "`deadline_ms`"),
    "an array": ("query", [1, 2], 400, "map"),
    "torn": ("query", b'{"op": "rec', 400, "JSON"),
    "empty": ("query", b"", 400, "empty"),
    "too large": ("query", {"text": "x" * 300 * 1024}, 413, "262144"),
}


@pytest.mark.parametrize(("verb", "request_", "code", "named"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
async def test_bad_requests_are_answered_with_the_field_and_the_next_step(
    device: RawClient, verb: str, request_: Any, code: int, named: str
) -> None:
    reply = await device.ask("e", request_, verb=verb)
    if "ok" not in reply:  # the encoding of an empty payload is msgpack
        reply = {"ok": reply["k"], "code": reply["c"], "error": reply["r"], "hint": reply["h"]}
    assert (reply["ok"], reply["code"]) == (False, code)
    assert named in reply["error"] + " " + reply["hint"]
    assert (await device.ask("e", {"op": "stats"}))["ok"] is True


async def test_an_entity_outside_the_rule_is_answered_400(device: RawClient) -> None:
    reply = await device.ask("a/_x", {"op": "stats"})
    assert reply["code"] == 400
    assert "entity" in reply["error"]


async def test_a_retained_request_is_answered_400(device: RawClient) -> None:
    reply = await device.ask("e", {"op": "stats"}, retain=True)
    await device.mqtt.publish(device.topic("query", "e"), b"", qos=1, retain=True)
    assert reply["code"] == 400
    assert "retain" in reply["error"]


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "msgpack"])
async def test_after_its_deadline_no_answer_is_sent(device: RawClient, *, as_json: bool) -> None:
    late = {"op": "stats", "id": "late", "deadline_ms": 0}
    await device.publish(device.topic("query", "e"), json.dumps(late) if as_json else msgpack.packb(late))
    # The next request is read after it: with its answer here, the late one's would be, too.
    reply = await device.ask("e", {"op": "stats", "id": "in time"})
    assert reply["id"] == "in time"


async def test_a_message_that_expires_sets_the_deadline(device: RawClient) -> None:
    reply = await device.ask("e", {"op": "stats"}, expiry_s=5)
    assert reply["ok"] is True


async def test_more_than_64_requests_in_flight_are_answered_429(device: RawClient) -> None:
    count = 600
    request = json.dumps({"op": "recall", "text": "a question long enough to take a while " * 20})
    await asyncio.gather(*(device.publish(device.topic("query", "e"), request) for _ in range(count)))
    replies = [decoded(await device.next()) for _ in range(count)]
    refused = [reply for reply in replies if not reply["ok"]]
    assert {reply["code"] for reply in refused} <= {429}
    assert any(reply["ok"] for reply in replies)
    assert all("64" in reply["hint"] for reply in refused)


async def test_a_query_answers_from_everything_that_had_a_receipt_before(device: RawClient) -> None:
    for number in range(30):
        [receipt] = await device.observe("e", {"id": number, "text": f"fact number {number}"})
        reply = await device.ask("e", {"op": "get", "memories": [receipt["memory"]]})
        assert ids(reply) == [number]
