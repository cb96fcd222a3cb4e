"""The broker and the services against somebody with an account who wants what is others'. Promise 3."""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import paho.mqtt.client as paho
import pytest

from schemas.limits import QUERIES_IN_FLIGHT_MAX
from tests.attacker import DENIED, GRANTED, OK, Attacker
from tests.broker.guarded import Guarded
from workers.accounts import OPERATOR, OWNER

SERVICES = ("ingest", "query", "summarizer")
RIGHTS = ("observe", "recall", "manage", "summary")
EVERYTHING = [(right, "#") for right in RIGHTS]
SECRET = "The safe behind the painting opens with 4711"
FLOOD = 3 * QUERIES_IN_FLIGHT_MAX


def topic(client: Attacker, verb: str, entity: str) -> str:
    """A topic of the client's own."""
    name, tenant = str(client.url.username).split("@")
    return f"mem/v1/{tenant}/{verb}/{name}/{entity}"


def observe(client: Attacker, entity: str, observation: Any, **more: Any) -> dict[str, Any]:
    [receipt] = client.ask(topic(client, "obs", entity), observation, **more)["receipts"]
    found: dict[str, Any] = receipt
    return found


def ask(client: Attacker, entity: str, request: Any, **more: Any) -> Any:
    return client.ask(topic(client, "query", entity), request, **more)


@pytest.fixture
def victim(guarded: Guarded, tenant: str) -> Iterator[Attacker]:
    """Whose secret is remembered in home7/safe."""
    with guarded.client(f"victim@{tenant}", "kiosk", *EVERYTHING) as client:
        assert observe(client, "home7/safe", {"text": SECRET, "id": 1})["status"] == "stored"
        yield client


@pytest.fixture
def neighbour(guarded: Guarded, tenant: str, victim: Attacker) -> Iterator[Attacker]:
    """Of the same tenant; may everything, of home8."""
    with guarded.client(f"neighbour@{tenant}", "kiosk", *((right, "home8/#") for right in RIGHTS)) as client:
        yield client


@pytest.fixture
def stranger(guarded: Guarded, tenant: str, victim: Attacker) -> Iterator[Attacker]:
    """Of another tenant; operator of that one, with every right over everything in it."""
    with guarded.client(f"stranger@{tenant}x", "operator", *EVERYTHING) as client:
        yield client


@pytest.fixture
def operator(guarded: Guarded) -> Iterator[Attacker]:
    """Sees all that passes the broker."""
    with Attacker.connected(guarded.url(OPERATOR)) as client:
        yield client


def heard_before(client: Attacker) -> list[str]:
    """The topics of all that was sent to it by now: what comes before the answer to what it asks now."""
    entity = "home8" if "neighbour" in str(client.url.username) else "home7"
    mark, topics = uuid4().hex, []
    assert client.publish(topic(client, "query", entity), {"op": "stats", "id": mark}) == OK
    while (heard := client.next())[1].get("id") != mark:
        topics.append(heard[0])
    return topics


def still_works(client: Attacker) -> bool:
    """It is answered, and nothing else was sent to it meanwhile."""
    return heard_before(client) == []


# Others' topics

FOREIGN_TOPICS = [
    f"mem/v1/{tenant}/{verb}/{path}"
    for tenant, verb, path in [
        ("{t}", "obs", "victim/home7"), ("{t}", "query", "victim/home7"), ("{t}", "query", "victim/e/_all"),
        ("{t}", "manage", "victim/home7"), ("{t}", "reply", "victim/home7"), ("{t}", "receipt", "victim/e"),
        ("{t}", "stream", "home7"), ("{t}", "summary", "latest/home7"), ("{t}", "presence", "victim"),
        ("_sys", "ingest", "1/status"), ("_sys", "deadletter", "{t}/victim/e"), ("_sys", "query", "victim/e"),
    ]
]  # fmt: skip
FOREIGN_TOPICS += ["mem/v1/{t}", "mem/v2/{t}/obs/victim/home7", "mem", "elsewhere", "$SYS/broker/version"]


@pytest.mark.parametrize("pattern", FOREIGN_TOPICS)
def test_nobody_speaks_on_anothers_topic(
    pattern: str, tenant: str, stranger: Attacker, neighbour: Attacker
) -> None:
    for attacker in (stranger, neighbour):
        assert attacker.publish(pattern.format(t=tenant), {"text": "forged"}) == DENIED


@pytest.mark.parametrize(
    "entity", ["home7", "home7/safe", "home7/_all", "_all", "home80", "home8x/e", "home", "home7/home8"]
)
@pytest.mark.parametrize("verb", ["obs", "query", "manage"])
def test_nobody_speaks_of_an_entity_that_was_not_granted(verb: str, entity: str, neighbour: Attacker) -> None:
    assert neighbour.publish(topic(neighbour, verb, entity), {"text": "x"}) == DENIED


@pytest.mark.parametrize(
    "pattern",
    [
        "#", "+/#", "+/+/+/#", "/#", "mem/#", "mem/+/#", "mem/v1/#", "mem/v1/+/#", "mem/v1/+/reply/#",
        "mem/v1/{t}/#", "mem/v1/{t}/+/#", "mem/v1/{t}/reply/#", "mem/v1/{t}/reply/+/#",
        "mem/v1/{t}/reply/+/home7", "mem/v1/{t}/reply/victim/#", "mem/v1/+/reply/victim/#",
        "mem/v1/{t}/receipt/#", "mem/v1/{t}/receipt/+/home7/safe", "mem/v1/{t}/+/victim/home7",
        "mem/v1/{t}/obs/#", "mem/v1/{t}/query/+/#", "mem/v1/{t}/manage/victim/#", "mem/v1/{t}/stream/#",
        "mem/v1/{t}/stream/home7", "mem/v1/{t}/summary/#", "mem/v1/{t}/summary/+/#",
        "mem/v1/{t}/summary/latest/home7/#", "mem/v1/{t}/presence/+", "mem/v1/_sys/#", "mem/v1/_sys/+/+/x",
        "$SYS/#", "$SYS/broker/clients/connected", "$CONTROL/#", "$CONTROL/dynamic-security/v1/response",
        "$share/ingest/mem/v1/+/obs/+/#", "$share/query/mem/v1/+/query/+/#",
        "$share/query/mem/v1/+/manage/+/#", "$share/ingest/#", "$share/ingest/mem/v1/{t}/obs/victim/#",
        "$share/mine/mem/v1/{t}/reply/victim/#", "$share/mine/mem/v1/#", "$share/mine/$SYS/#",
    ],
)  # fmt: skip
def test_nobody_listens_in(pattern: str, tenant: str, stranger: Attacker, neighbour: Attacker) -> None:
    for attacker in (stranger, neighbour):
        assert attacker.subscribe(pattern.format(t=tenant)) == DENIED


def test_who_hears_all_it_may_hears_nothing_of_others(
    victim: Attacker, stranger: Attacker, neighbour: Attacker
) -> None:
    """Overlapping subscriptions, each of them allowed."""
    for attacker in (stranger, neighbour):
        for verb, path in (("receipt", "#"), ("receipt", "+/#"), ("reply", "+"), ("reply", "home7/#")):
            assert attacker.subscribe(topic(attacker, verb, path)) == GRANTED
    assert observe(victim, "home7/safe", {"text": "a second secret"})["status"] == "stored"
    assert ask(victim, "home7/_all", {"text": "safe"})["matches"]
    for attacker in (stranger, neighbour):
        assert heard_before(attacker) == []


def test_an_older_client_is_kept_out_of_the_same(
    guarded: Guarded, tenant: str, victim: Attacker, operator: Attacker
) -> None:
    """MQTT 3.1.1 acknowledges what is denied, so what counts is that nobody hears it."""
    url = guarded.add(f"old@{tenant}", "kiosk", ("observe", "home8"), ("recall", "home8"))
    assert operator.subscribe(f"mem/v1/{tenant}/obs/#") == GRANTED
    with Attacker.connected(url, protocol=paho.MQTTv311) as old:
        for pattern in ("#", f"mem/v1/{tenant}/reply/victim/#", "$share/ingest/mem/v1/+/obs/+/#"):
            assert old.subscribe(pattern) not in (GRANTED, "Granted QoS 0")
        for forbidden in ("victim/home7", "old/home7"):
            old.publish(f"mem/v1/{tenant}/obs/{forbidden}", {"text": "forged"})
        old.publish(f"mem/v1/{tenant}/obs/old/home8", {"text": "allowed"})
    assert operator.next() == (f"mem/v1/{tenant}/obs/old/home8", {"text": "allowed"})
    assert still_works(victim)


# Replies


@pytest.mark.parametrize(
    "pattern",
    [
        "mem/v1/{t}/reply/victim/home7", "mem/v1/{t}/reply/victim/e/_all", "mem/v1/{t}/receipt/victim/home7",
        "mem/v1/{t}x/reply/other/e", "mem/v1/{t}x/obs/stranger/e", "mem/v1/{t}x/reply/stranger/../victim",
        "mem/v1/_sys/ingest/1/status", "$CONTROL/dynamic-security/v1", "elsewhere",
    ],
)  # fmt: skip
def test_an_answer_goes_to_nobody_else(
    pattern: str, tenant: str, stranger: Attacker, victim: Attacker, operator: Attacker
) -> None:
    wished, mirror = pattern.format(t=tenant), topic(stranger, "reply", "e")
    assert operator.subscribe(mirror) == GRANTED
    if wished.startswith(f"mem/v1/{tenant}"):
        assert operator.subscribe(wished) == GRANTED
    for _ in range(2):  # the second answer comes after all that the first request could have caused
        reply = ask(stranger, "e", {"op": "stats", "id": "q"}, response_topic=wished)
        assert (reply["ok"], reply["code"], reply["id"]) == (False, 403, "q")
        assert operator.next()[0] == mirror
    assert operator.heard() == []
    assert still_works(victim)


# Client ids


@pytest.mark.parametrize(
    "client_id", ["", "a/b", "+", "#", "victim/#", "mem/v1", "$SYS", "membroker-ingest-1", "stranger"]
)
def test_an_account_is_used_under_its_own_client_id_alone(
    client_id: str, guarded: Guarded, tenant: str
) -> None:
    url = guarded.add(f"k@{tenant}", "device", ("observe", "e"))
    thief = Attacker(url)
    thief.mqtt._client_id = client_id.encode()
    assert thief.connect() == DENIED
    thief.close()
    with Attacker.connected(url):
        pass


def test_nobody_takes_over_anothers_client_id(stranger: Attacker, victim: Attacker) -> None:
    thief = Attacker(stranger.url, client_id=victim.url.client_id)
    assert thief.connect() == DENIED
    thief.close()
    assert still_works(victim)
    assert victim.cut.empty()


def test_an_account_that_is_bound_to_no_client_id_guesses_none(
    guarded: Guarded, tenant: str, victim: Attacker, operator: Attacker
) -> None:
    """`owner` runs several commands at a time, so its ids are free: it must not find those of others."""
    assert operator.subscribe("mem/v1/_sys/+/+/status") == GRANTED
    told = {operator.next()[0] for _ in SERVICES}
    guessed = [f"membroker-{service}-1" for service in SERVICES]
    guessed += ["ingest", "query", "ingest-1", "victim", f"victim@{tenant}", f"victim@{tenant}-"]
    with ExitStack() as connections:
        for client_id in guessed:
            connection = Attacker.connected(guarded.url(OWNER), client_id=client_id, clean=False)
            owner = connections.enter_context(connection)
            assert owner.subscribe(f"mem/v1/{tenant}/reply/victim/#") == DENIED
        assert observe(victim, "home7", {"text": "ingest is there"})["status"] == "stored"
        assert still_works(victim), "and query is"
    assert victim.cut.empty()
    assert operator.subscribe("mem/v1/_sys/doctor/#") == GRANTED  # an answer, before which all is told
    assert told == {f"mem/v1/_sys/{service}/1/status" for service in SERVICES}
    assert operator.heard() == [], "no service was thrown off"


def test_a_client_id_that_looks_like_a_topic_opens_none(guarded: Guarded, tenant: str) -> None:
    for client_id in ("victim/home7", "+", "#", f"mem/v1/{tenant}"):
        with Attacker.connected(guarded.url(OWNER), client_id=client_id) as owner:
            assert owner.subscribe(f"mem/v1/{tenant}/reply/#") == DENIED
            assert owner.publish(f"mem/v1/{tenant}/obs/victim/home7", {"text": "x"}) == DENIED


# Payloads


def test_an_observation_is_of_whom_its_topic_says(
    tenant: str, victim: Attacker, stranger: Attacker, neighbour: Attacker
) -> None:
    lies = {
        "tenant": tenant, "client": "victim", "device": "victim", "entity": "home7/safe", "c": "victim",
        "e": "home7/safe", "topic": f"mem/v1/{tenant}/obs/victim/home7/safe", "memory": "x", "_all": True,
    }  # fmt: skip
    for attacker, entity in ((stranger, "home7/safe"), (neighbour, "home8/safe")):
        assert observe(attacker, entity, {"text": "forged", "id": 1, **lies})["status"] == "stored"
        [kept] = ask(attacker, entity, {"op": "recent"})["matches"]
        assert (kept["entity"], kept["device"]) == (entity, str(attacker.url.username).split("@")[0])
    matches = ask(victim, "home7/_all", {"op": "recent"})["matches"]
    assert [match["text"] for match in matches] == [SECRET]


REQUESTS = [
    {"op": "recall", "text": SECRET}, {"op": "recall", "text": SECRET, "min_score": 0, "limit": 100},
    {"op": "recent", "limit": 100}, {"op": "state"}, {"op": "stats"}, {"op": "recent", "devices": ["victim"]},
    {"op": "profile"}, {"op": "context", "text": SECRET}, {"op": "export"}, {"op": "audit"},
]  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: json.dumps(each)[:40])
@pytest.mark.parametrize("verb", ["query", "manage"])
def test_a_request_is_about_whom_its_topic_says(
    verb: str, request_: dict[str, Any], tenant: str, stranger: Attacker, neighbour: Attacker
) -> None:
    lies: dict[str, Any] = {
        "tenant": tenant,
        "client": "victim",
        "entity": "home7",
        "scope": "all",
        "below": True,
    }
    for attacker, entity in ((stranger, "home7/_all"), (stranger, "home7/safe"), (neighbour, "home8/_all")):
        reply = attacker.ask(topic(attacker, verb, entity), {**request_, **lies})
        said = json.dumps({**reply, "error": None, "hint": None})
        assert "4711" not in said
        assert reply.get("count", 0) == 0
        assert not reply.get("matches")


@pytest.mark.parametrize("op", ["get", "history", "forget", "update"])
def test_a_guessed_memory_id_opens_nothing(
    op: str, victim: Attacker, stranger: Attacker, neighbour: Attacker
) -> None:
    [secret] = ask(victim, "home7/_all", {"op": "recent"})["matches"]
    known = secret["memory"]
    verb = "query" if op == "get" else "manage"
    named = {"memories": [known]} if op in ("get", "forget") else {"memory": known, "text": "forged"}
    for attacker, entity in ((stranger, "home7/safe"), (stranger, "home7/_all"), (neighbour, "home8/_all")):
        reply = attacker.ask(topic(attacker, verb, entity), {"op": op, **named})
        assert "4711" not in json.dumps(reply)
        assert reply.get("code") == 404 or reply.get("forgotten") == 0
    assert ask(victim, "home7/_all", {"op": "get", "memories": [known]})["matches"] == [secret]


# What stays behind: retained messages and last wills


def test_nobody_leaves_a_message_where_another_will_look(
    guarded: Guarded, tenant: str, stranger: Attacker, neighbour: Attacker
) -> None:
    for attacker, verb in itertools.product((stranger, neighbour), ("reply", "receipt", "summary", "stream")):
        assert attacker.publish(f"mem/v1/{tenant}/{verb}/victim/home7", {"ok": True}, retain=True) == DENIED
    assert observe(neighbour, "home8", {"text": "left behind"}, retain=True)["status"] == "refused"
    assert neighbour.publish(topic(neighbour, "query", "home8"), {"op": "stats"}, retain=True) == OK
    neighbour.next()
    with guarded.client(f"newcomer@{tenant}", "kiosk", *EVERYTHING) as newcomer:
        assert newcomer.subscribe(f"mem/v1/{tenant}/summary/+/#") == GRANTED
        assert still_works(newcomer), "and nothing came before it"
        assert newcomer.heard() == []


@pytest.mark.parametrize(
    "pattern", ["mem/v1/{t}/obs/victim/home7", "mem/v1/{t}/reply/victim/home7", "mem/v1/_sys/ingest/1/status"]
)
def test_a_last_will_is_not_told_on_anothers_topic(
    pattern: str, guarded: Guarded, tenant: str, victim: Attacker, operator: Attacker
) -> None:
    will = pattern.format(t=tenant)
    assert operator.subscribe(f"mem/v1/{tenant}/presence/#") == GRANTED
    assert operator.subscribe(will) == GRANTED
    if "_sys" in will:
        operator.next()  # what the service itself says, retained
    url = guarded.add(f"dying@{tenant}", "device", ("observe", "e"))
    dying = Attacker(url, will=will)
    if dying.connect() == OK:
        dying.break_off()
    dying.close()
    # What an allowed will says comes after what a forbidden one would have said.
    allowed = Attacker(url, will=f"mem/v1/{tenant}/presence/dying")
    assert allowed.connect() == OK
    allowed.break_off()
    allowed.close()
    assert operator.next()[0] == f"mem/v1/{tenant}/presence/dying"
    assert still_works(victim)
    assert ask(victim, "home7", {"op": "stats"})["count"] == 0


# Rights, the broker, and too much of everything


def test_a_client_changes_no_rights(guarded: Guarded, tenant: str, stranger: Attacker) -> None:
    command = {"commands": [{"command": "deleteClient", "username": f"victim@{tenant}"}]}
    for control in ("$CONTROL/dynamic-security/v1", "$CONTROL/dynamic-security/v1/response", "$CONTROL/x"):
        assert stranger.publish(control, command) == DENIED
    assert guarded.administer(lambda roster: roster.entry(f"victim@{tenant}")).grants


def test_a_flood_of_questions_is_the_flooders_own_trouble(victim: Attacker, stranger: Attacker) -> None:
    asked = topic(stranger, "query", "home7")
    for number in range(FLOOD):
        stranger.mqtt.publish(asked, json.dumps({"text": f"question number {number}"}), qos=1)
    assert ask(victim, "home7/safe", {"text": "safe"})["matches"][0]["text"] == SECRET
    codes = [stranger.next()[1].get("code", 200) for _ in range(FLOOD)]
    assert set(codes) == {200, 429}
    assert codes.count(200) >= QUERIES_IN_FLIGHT_MAX
    assert still_works(stranger), "and it may ask again"
