"""broker_bridge/access.py. That the real broker obeys: tests/broker."""

import base64
import hashlib
import json

import pytest

from broker_bridge import access
from broker_bridge.access import Account, Acl

ACME = ("acme", "kiosk-1", "home7/kitchen")


def covers(topic_filter: str, topic: str) -> bool:
    """MQTT 5 §4.7: whether a filter covers a topic, or another filter as a whole."""
    allowed, asked = topic_filter.split("/"), topic.split("/")
    for index, level in enumerate(allowed):
        if level == "#":
            return True
        if index >= len(asked) or asked[index] == "#" or level not in {"+", asked[index]}:
            return False
    return len(allowed) == len(asked)


def may(acls: tuple[Acl, ...], acltype: str, topic: str) -> bool:
    return any(acl.acltype == acltype and covers(acl.topic, topic) for acl in acls)


INGEST = access.ingest_rights()
QUERY = access.query_rights()
OWNER = access.tenant_rights("acme")
OBS, RECEIPT, STREAM, SUMMARY = (
    "mem/v1/acme/obs/kiosk-1/home7/kitchen",
    "mem/v1/acme/receipt/kiosk-1/home7/kitchen",
    "mem/v1/acme/stream/home7/kitchen",
    "mem/v1/acme/summary/latest/home7",
)
ASK, MANAGE, REPLY = (
    "mem/v1/acme/query/kiosk-1/home7/_all",
    "mem/v1/acme/manage/kiosk-1/home7",
    "mem/v1/acme/reply/kiosk-1/home7/_all",
)
DEAD = "mem/v1/_sys/deadletter/acme/kiosk-1/home7"


def test_ingest_hears_observations_and_tells_receipts_stream_and_dead_letters() -> None:
    assert may(INGEST, "subscribePattern", "$share/ingest/mem/v1/+/obs/+/#")
    assert may(INGEST, "publishClientReceive", OBS)
    for topic in (RECEIPT, STREAM, DEAD, "mem/v1/_sys/deadletter/_unknown"):
        assert may(INGEST, "publishClientSend", topic)


@pytest.mark.parametrize(
    "topic", [OBS, ASK, MANAGE, REPLY, SUMMARY, "mem/v1/_sys/query/1/status", "$CONTROL/x/v1"]
)
def test_ingest_says_nothing_else(topic: str) -> None:
    assert not may(INGEST, "publishClientSend", topic)


@pytest.mark.parametrize(
    "topic", ["$SYS/broker/publish/messages/dropped", "$SYS/broker/store/messages/count"]
)
def test_ingest_knows_what_the_broker_lost_and_holds(topic: str) -> None:
    assert may(INGEST, "publishClientReceive", topic)
    assert may(INGEST, "subscribePattern", topic)
    assert not may(INGEST, "subscribePattern", "$SYS/#")


@pytest.mark.parametrize("topic", [RECEIPT, STREAM, ASK, MANAGE, REPLY, DEAD])
def test_ingest_hears_nothing_else(topic: str) -> None:
    assert not may(INGEST, "publishClientReceive", topic)


@pytest.mark.parametrize(
    "topic_filter",
    [
        "#",
        "mem/v1/+/obs/+/#",
        "$share/other/mem/v1/+/obs/+/#",
        "$share/ingest/#",
        "$share/ingest/mem/v1/+/query/+/#",
    ],
)
def test_ingest_joins_only_its_own_group_and_reads_nothing_besides(topic_filter: str) -> None:
    assert not may(INGEST, "subscribePattern", topic_filter)


def test_query_hears_both_kinds_of_requests_and_answers() -> None:
    for verb, topic in (("query", ASK), ("manage", MANAGE)):
        assert may(QUERY, "subscribePattern", f"$share/query/mem/v1/+/{verb}/+/#")
        assert may(QUERY, "publishClientReceive", topic)
    assert may(QUERY, "publishClientSend", REPLY)
    assert may(QUERY, "publishClientSend", STREAM), "of what was forgotten"
    assert may(QUERY, "publishClientSend", SUMMARY), "to empty digests"


@pytest.mark.parametrize("topic", [OBS, RECEIPT, DEAD, ASK, "mem/v1/_sys/ingest/1/status"])
def test_query_says_nothing_else(topic: str) -> None:
    assert not may(QUERY, "publishClientSend", topic)
    assert topic == ASK or not may(QUERY, "publishClientReceive", topic)


def test_a_service_speaks_of_itself_alone() -> None:
    rights = access.service_rights("ingest", "1")
    assert {acl.topic for acl in rights} == {"mem/v1/_sys/ingest/1/status", "mem/v1/_sys/ingest/1/stats"}
    assert {acl.acltype for acl in rights} == {"publishClientSend"}


@pytest.mark.parametrize("topic", [OBS, RECEIPT, STREAM, SUMMARY, ASK, MANAGE, REPLY])
@pytest.mark.parametrize("acltype", ["publishClientSend", "publishClientReceive", "subscribePattern"])
def test_an_owner_may_do_everything_in_one_tenant_and_nothing_in_another(topic: str, acltype: str) -> None:
    assert may(OWNER, acltype, topic)
    assert not may(OWNER, acltype, topic.replace("acme", "acme2"))
    assert not may(OWNER, acltype, topic.replace("acme", "_sys"))


@pytest.mark.parametrize(
    "topic_filter", ["#", "mem/#", "mem/v1/#", "mem/v1/+/obs/+/#", "$share/g/mem/v1/acme/#"]
)
def test_an_owner_subscribes_nothing_wider_than_the_tenant(topic_filter: str) -> None:
    assert not may(OWNER, "subscribePattern", topic_filter)


def test_an_operator_sees_everything_but_changes_no_rights() -> None:
    operator = access.operator_rights()
    for topic in (OBS, DEAD, "mem/v1/_sys/ingest/1/status", "$SYS/broker/version"):
        assert may(operator, "publishClientReceive", topic)
        assert may(operator, "subscribePattern", topic)
    assert not any(acl.topic.startswith("$CONTROL") for acl in operator)
    assert not may(operator, "publishClientSend", "$SYS/broker/version")


def test_the_account_of_rights_changes_rights_and_nothing_else() -> None:
    rights = access.access_rights()
    assert {acl.topic for acl in rights if acl.acltype == "publishClientSend"} == {
        "$CONTROL/dynamic-security/v1"
    }
    assert {acl.topic for acl in rights if acl.acltype != "publishClientSend"} == {
        "$CONTROL/dynamic-security/v1/response"
    }


ACCOUNTS = [
    Account("ingest", "hunter2", INGEST, client_id="membroker-ingest-1"),
    Account("ana", "hunter2", OWNER),
]


def test_whatever_is_not_granted_is_denied() -> None:
    config = access.dynamic_security(ACCOUNTS)
    default = config["defaultACLAccess"]
    assert {kind for kind, allowed in default.items() if allowed} == {"unsubscribe"}
    assert set(default) == {"publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"}
    assert config["groups"] == []
    assert "anonymousGroup" not in config


def test_each_account_has_its_own_role_and_its_rights_alone() -> None:
    config = access.dynamic_security(ACCOUNTS)
    assert [client["roles"] for client in config["clients"]] == [
        [{"rolename": "ingest"}],
        [{"rolename": "ana"}],
    ]
    for role, account in zip(config["roles"], ACCOUNTS, strict=True):
        assert role["rolename"] == account.username
        assert {(acl["acltype"], acl["topic"]) for acl in role["acls"]} == {
            (acl.acltype, acl.topic) for acl in account.acls
        }
        assert all(acl["allow"] is True for acl in role["acls"])


def test_an_account_may_be_bound_to_a_client_id() -> None:
    bound, free = access.dynamic_security(ACCOUNTS)["clients"]
    assert bound["clientid"] == "membroker-ingest-1"
    assert "clientid" not in free


def test_passwords_are_kept_as_salted_hashes_that_mosquitto_can_check() -> None:
    config = access.dynamic_security(ACCOUNTS)
    assert "hunter2" not in json.dumps(config)
    for client in config["clients"]:
        salt = base64.b64decode(client["salt"])
        digest = hashlib.pbkdf2_hmac("sha512", b"hunter2", salt, client["iterations"])
        assert base64.b64decode(client["password"]) == digest
        assert len(salt) >= 12
    one, other = config["clients"]
    assert one["salt"] != other["salt"]
    assert one["password"] != other["password"]


def test_new_passwords_differ_and_need_no_quoting() -> None:
    passwords = {access.new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(len(each) >= 24 and each.replace("-", "").replace("_", "").isalnum() for each in passwords)


def test_no_password_is_shown() -> None:
    assert "hunter2" not in repr(ACCOUNTS)
