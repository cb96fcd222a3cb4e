"""What was asked for, or why it cannot be."""

import pytest

from broker_bridge.grants import KINDS, AccountName, Grant, Kind
from broker_bridge.roster import Entry
from console.faults import Refused
from console.granting import grants_for, left_of, more_for, name_of

KIOSK = AccountName("kiosk-1", "home")
ENTRY = Entry(
    "kiosk-1@home",
    "kiosk",
    "id",
    (Grant("recall", "garden"), Grant("recall", "home7/#"), Grant("summary", "garden")),
)


@pytest.mark.parametrize(
    ("account", "tenant"), [("kiosk-1@home", None), ("kiosk-1", "home"), ("kiosk-1@home", "home")]
)
def test_a_tenant_is_named_with_the_account_or_beside_it(account: str, tenant: str | None) -> None:
    assert name_of(account, tenant) == KIOSK


def test_but_not_two_of_them() -> None:
    with pytest.raises(Refused, match="kiosk-1@home is of home, and --tenant says office"):
        name_of("kiosk-1@home", "office")


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_right_named_it_is_those_of_the_kind(kind: Kind) -> None:
    assert grants_for(KIOSK, kind, ["a", "b/#"], []) == [
        Grant(right, entity) for entity in ("a", "b/#") for right in KINDS[kind]
    ]


def test_rights_that_are_named_are_the_rights() -> None:
    assert grants_for(KIOSK, "device", ["a"], ["recall"]) == [Grant("recall", "a")]


@pytest.mark.parametrize("kind", ["gateway", "operator"])
def test_who_works_for_all_entities_need_not_name_them(kind: Kind) -> None:
    assert {grant.entity for grant in grants_for(KIOSK, kind, [], [])} == {"#"}


@pytest.mark.parametrize("kind", ["device", "kiosk"])
def test_who_does_not_must(kind: Kind) -> None:
    with pytest.raises(Refused, match=f"of what may this {kind} speak"):
        grants_for(KIOSK, kind, [], [])


@pytest.mark.parametrize("kind", ["device", "kiosk", "gateway"])
def test_who_speaks_speaks_in_a_tenant(kind: Kind) -> None:
    with pytest.raises(Refused, match=f"a {kind} is of a tenant: ana@home"):
        grants_for(AccountName("ana", None), kind, ["e"], [])


def test_who_watches_the_services_is_granted_nothing_else() -> None:
    assert grants_for(AccountName("ana", None), "operator", [], []) == []
    with pytest.raises(Refused, match="leave out --entity and --right"):
        grants_for(AccountName("ana", None), "operator", [], ["recall"])


@pytest.mark.parametrize(
    ("entities", "rights", "left"),
    [
        (["garden"], [], [("recall", "home7/#")]),
        ([], ["recall"], [("summary", "garden")]),
        (["garden"], ["recall"], [("recall", "home7/#"), ("summary", "garden")]),
        (["garden", "home7/#"], [], []),
    ],
)
def test_what_is_taken_back_is_what_both_name(
    entities: list[str], rights: list[str], left: list[tuple[str, str]]
) -> None:
    assert [(grant.right, grant.entity) for grant in left_of(ENTRY, entities, rights)] == left


def test_what_was_not_granted_cannot_be_taken_back() -> None:
    with pytest.raises(
        Refused, match="not granted that; it holds recall garden, recall home7/#, summary garden"
    ):
        left_of(ENTRY, ["home7"], [])


def test_more_is_granted_as_its_kind_has_it() -> None:
    assert more_for(ENTRY, ["attic"], []) == [Grant(right, "attic") for right in KINDS["kiosk"]]


@pytest.mark.parametrize("kind", ["service", "other"])
def test_to_an_account_of_others_nothing_is_granted(kind: str) -> None:
    with pytest.raises(Refused, match="was not added by membroker access"):
        more_for(Entry("ingest", kind, None), ["attic"], [])
