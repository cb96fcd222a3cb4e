"""broker_bridge/security_file.py. That Mosquitto takes what it makes: tests/broker/test_roster.py."""

import copy
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from broker_bridge.access import Account, Acl, dynamic_security, has_password
from broker_bridge.faults import BrokerFault
from broker_bridge.security_file import bring_up_to_date, reconciled

OLD = [Account("ingest", "old", (Acl("publishClientSend", "a"),), "membroker-ingest-1")]
NOW = [
    Account(
        "ingest",
        "old",
        (Acl("publishClientSend", "a"), Acl("publishClientSend", "b")),
        "membroker-ingest-1",
        "service",
    ),
    Account("access", "new", (Acl("publishClientSend", "$CONTROL/x"),), kind="service"),
]
DEVICE_ACL = {"acltype": "publishClientSend", "topic": "x", "priority": 5, "allow": False}


def older() -> dict[str, Any]:
    """As Mosquitto rewrote what the first version made, with a device that somebody added."""
    made = dynamic_security(OLD)
    made["clients"].append({"username": "mine", "textname": "hand-made", "roles": [{"rolename": "mine"}]})
    made["roles"].append({"rolename": "mine", "acls": [DEVICE_ACL]})
    made["groups"].append({"groupname": "g", "clients": []})
    return made


def named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [found] = [each for each in entries if name in (each.get("username"), each.get("rolename"))]
    return found


def test_what_is_missing_is_added_and_older_rights_are_replaced() -> None:
    made = reconciled(older(), NOW)
    assert [acl["topic"] for acl in named(made["roles"], "ingest")["acls"]] == ["a", "b"]
    assert [acl["topic"] for acl in named(made["roles"], "access")["acls"]] == ["$CONTROL/x"]
    assert has_password(named(made["clients"], "access"), "new")
    assert named(made["clients"], "ingest")["textname"] == "service"


def test_everybody_else_stays_untouched() -> None:
    before = older()
    made = reconciled(copy.deepcopy(before), NOW)
    assert named(made["clients"], "mine") == named(before["clients"], "mine")
    assert named(made["roles"], "mine") == named(before["roles"], "mine")
    assert (made["groups"], made["defaultACLAccess"]) == (before["groups"], before["defaultACLAccess"])


def test_what_is_so_already_changes_nothing() -> None:
    made = reconciled(older(), NOW)
    assert reconciled(made, NOW) == made
    assert reconciled(made, []) == made
    salted_anew = reconciled(made, NOW)["clients"][0]
    assert salted_anew["salt"] == made["clients"][0]["salt"]


def test_a_password_that_does_not_fit_is_replaced_and_a_disabled_service_let_in() -> None:
    security = older()
    named(security["clients"], "ingest").update(
        dynamic_security([Account("ingest", "other", ())])["clients"][0], disabled=True
    )
    made = named(reconciled(security, NOW)["clients"], "ingest")
    assert has_password(made, "old")
    assert "disabled" not in made


@pytest.mark.parametrize("change", [{"allow": False}, {"priority": 3}])
def test_rights_that_deny_or_are_ranked_are_not_what_we_gave(change: dict[str, Any]) -> None:
    security = reconciled(older(), NOW)
    named(security["roles"], "ingest")["acls"][0].update(change)
    assert named(reconciled(security, NOW)["roles"], "ingest")["acls"][0] == {
        "acltype": "publishClientSend", "topic": "a", "priority": 0, "allow": True,
    }  # fmt: skip


def test_a_role_taken_from_a_service_is_given_back() -> None:
    security = reconciled(older(), NOW)
    named(security["clients"], "ingest")["roles"] = []
    assert named(reconciled(security, NOW)["clients"], "ingest")["roles"] == [{"rolename": "ingest"}]


def test_the_file_is_made_for_us_alone_and_written_again_only_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "dynamic-security.json"
    bring_up_to_date(file, OLD)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = file.stat().st_ino
    bring_up_to_date(file, OLD)
    assert file.stat().st_ino == written
    bring_up_to_date(file, NOW)
    assert file.stat().st_ino != written
    assert {client["username"] for client in json.loads(file.read_text())["clients"]} == {"ingest", "access"}


def test_another_client_id_than_the_broker_keeps_messages_for_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dynamic-security.json"
    bring_up_to_date(file, OLD)
    before = file.read_bytes()
    with pytest.raises(BrokerFault, match="'membroker-ingest-1', not 'membroker-ingest-2'") as refused:
        bring_up_to_date(file, [Account("ingest", "old", (), "membroker-ingest-2")])
    assert "MEMBROKER_INSTANCE" in refused.value.hint
    assert file.read_bytes() == before


def test_a_damaged_file_is_named_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "dynamic-security.json"
    file.write_text("{torn")
    with pytest.raises(BrokerFault, match=r"dynamic-security\.json is damaged"):
        bring_up_to_date(file, NOW)
    assert file.read_text() == "{torn"
