"""broker_bridge/grants.py. That the real broker obeys: tests/broker/test_isolation.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_bridge.access import Acl
from broker_bridge.grants import (
    GRANTS_MAX,
    KINDS,
    RIGHTS,
    AccountName,
    BadGrant,
    Grant,
    client_rights,
    grants_of,
)
from broker_bridge.topics import BadTopic
from tests.unit.broker_bridge.test_access import may

NAME = AccountName("kiosk-1", "acme")


def rights(*grants: tuple[str, str], kind: str = "device") -> tuple[Acl, ...]:
    return client_rights(NAME, kind, [Grant.parse(*grant) for grant in grants])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["kiosk-1@acme", "ana", "a.b-c_d@x.y"])
def test_a_name_is_read_as_it_is_written(text: str) -> None:
    assert str(AccountName.parse(text)) == text


def test_no_two_clients_share_a_user_name() -> None:
    assert str(AccountName("a.b", "c")) != str(AccountName("a", "b.c"))
    with pytest.raises(BadTopic):
        AccountName.parse("a@b@c")


@pytest.mark.parametrize(
    "text", ["", "@acme", "kiosk@", "a/b@acme", "+@acme", "a@_sys", "_a@acme", "a b@c", "a@#", "a" * 65]
)
def test_what_cannot_stand_in_a_topic_is_no_name(text: str) -> None:
    with pytest.raises(BadTopic):
        AccountName.parse(text)


@pytest.mark.parametrize(
    "entity", ["home7", "home7/ana", "home7/#", "#", "a/b/c/d/e/f/g/h", "a/b/c/d/e/f/g/h/#"]
)
def test_an_entity_and_all_below_it_can_be_granted(entity: str) -> None:
    assert Grant.parse("recall", entity) == Grant("recall", entity)


@pytest.mark.parametrize(
    "entity",
    [
        "", "/", "home7/", "/home7", "+", "+/ana", "home7/+", "home7/+/#", "#/home7", "home7#", "home#/#",
        "_all", "home7/_all", "a b", "a/b/c/d/e/f/g/h/i", "home7/#/#", "../home8", "home7\n",
    ],
)  # fmt: skip
def test_nothing_else_can(entity: str) -> None:
    with pytest.raises(BadTopic):
        Grant.parse("recall", entity)


def test_a_right_that_is_none_is_told_which_there_are() -> None:
    with pytest.raises(BadGrant, match="must be one of observe, recall, manage, summary"):
        Grant.parse("delete", "home7")


OBS, QUERY, MANAGE = (f"mem/v1/acme/{verb}/kiosk-1/home7" for verb in ("obs", "query", "manage"))
SUMMARY = "mem/v1/acme/summary/latest/home7"


@pytest.mark.parametrize(
    ("right", "sends", "hears"),
    [
        ("observe", OBS, "mem/v1/acme/receipt/kiosk-1/home7"),
        ("recall", QUERY, "mem/v1/acme/reply/kiosk-1/home7"),
        ("manage", MANAGE, "mem/v1/acme/reply/kiosk-1/home7"),
        ("summary", None, SUMMARY),
    ],
)
def test_each_right_is_what_it_needs_and_no_more(right: str, sends: str | None, hears: str) -> None:
    held = rights((right, "home7"))
    sending = {topic for topic in (OBS, QUERY, MANAGE, SUMMARY) if may(held, "publishClientSend", topic)}
    assert sending == ({sends} if sends else set())
    assert may(held, "publishClientReceive", hears)
    assert may(held, "subscribePattern", hears)
    for topic in (OBS, QUERY, MANAGE, "mem/v1/acme/stream/home7", "mem/v1/acme/receipt/kiosk-2/home7"):
        assert not may(held, "publishClientReceive", topic)
        assert not may(held, "subscribePattern", topic)


@pytest.mark.parametrize(
    ("entity", "asked", "allowed"),
    [
        ("home7", "home7", True), ("home7", "home7/_all", False), ("home7", "home7/ana", False),
        ("home7/#", "home7", True), ("home7/#", "home7/_all", True), ("home7/#", "home7/ana/_all", True),
        ("home7/#", "home70", False), ("home7/#", "home70/_all", False), ("#", "anything/_all", True),
    ],
)  # fmt: skip
def test_all_below_is_asked_by_who_was_granted_it(entity: str, asked: str, allowed: bool) -> None:  # noqa: FBT001
    assert (
        may(rights(("recall", entity)), "publishClientSend", f"mem/v1/acme/query/kiosk-1/{asked}") is allowed
    )


def test_everybody_says_that_it_is_there_and_only_of_itself() -> None:
    assert may(rights(), "publishClientSend", "mem/v1/acme/presence/kiosk-1")
    assert not may(rights(), "publishClientSend", "mem/v1/acme/presence/kiosk-2")
    assert len(rights()) == 1


def test_an_operator_hears_stream_and_presence_of_its_tenant() -> None:
    held = rights(("observe", "#"), kind="operator")
    for topic in ("mem/v1/acme/stream/home7/ana", "mem/v1/acme/presence/kiosk-2"):
        assert may(held, "publishClientReceive", topic)
        assert not may(held, "publishClientReceive", topic.replace("acme", "other"))
        assert not may(held, "publishClientSend", topic)
        assert not may(rights(("observe", "#"), kind="gateway"), "publishClientReceive", topic)


def test_an_operator_of_no_tenant_reads_of_services_and_broker_alone() -> None:
    held = client_rights(AccountName("ana", None), "operator", [])
    assert {acl.topic for acl in held} == {"mem/v1/_sys/#", "$SYS/#"}
    assert {acl.acltype for acl in held} == {"publishClientReceive", "subscribePattern"}
    assert grants_of(AccountName("ana", None), held) == []


def test_of_no_tenant_nothing_is_granted() -> None:
    with pytest.raises(BadGrant, match="ana is of no tenant: name it, as in ana@home"):
        client_rights(AccountName("ana", None), "operator", [Grant("recall", "#")])
    with pytest.raises(BadGrant, match="is of no tenant"):
        client_rights(AccountName("ana", None), "device", [])


def test_grants_are_bounded() -> None:
    grants = [Grant("observe", f"e{number}") for number in range(GRANTS_MAX)]
    assert len(grants_of(NAME, client_rights(NAME, "device", [*grants, grants[0]]))) == GRANTS_MAX
    with pytest.raises(BadGrant, match=f"at most {GRANTS_MAX} grants"):
        client_rights(NAME, "device", [*grants, Grant("recall", "e")])


entities = st.lists(st.sampled_from(["home7", "ana", "a.b", "x_1"]), min_size=1, max_size=3).map("/".join)
filters = st.one_of(entities, entities.map(lambda entity: f"{entity}/#"), st.just("#"))
grant_sets = st.lists(st.builds(Grant, st.sampled_from(RIGHTS), filters), max_size=12)


@given(grant_sets, st.sampled_from(list(KINDS)))
def test_what_is_granted_is_read_back(grants: list[Grant], kind: str) -> None:
    held = client_rights(NAME, kind, grants)  # type: ignore[arg-type]
    assert grants_of(NAME, reversed(held)) == sorted(set(grants))
    assert len(set(held)) == len(held), "the plugin refuses a filter twice"


@given(grant_sets, st.sampled_from(list(KINDS)))
def test_no_grant_reaches_another_tenant_or_another_client(grants: list[Grant], kind: str) -> None:
    for acl in client_rights(NAME, kind, grants):  # type: ignore[arg-type]
        _, _, tenant, verb, client, *_ = [*acl.topic.split("/"), ""]
        assert tenant == "acme"
        if verb not in {"summary", "stream"} and kind != "operator":
            assert client == "kiosk-1"
        if acl.acltype == "publishClientSend":
            assert client == "kiosk-1"
            assert verb in {"obs", "query", "manage", "presence"}
