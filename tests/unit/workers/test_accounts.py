"""As whom to connect where."""

import json
import stat
from pathlib import Path

import pytest

from broker_bridge.faults import BrokerFault
from workers.accounts import ACCESS, NAMES, OPERATOR, OWNER, access_url, broker_url, load, load_or_make
from workers.settings import Settings


def test_each_service_takes_its_own_account_of_a_broker_that_names_none(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "accounts", 1883)
    settings = Settings(broker="mqtt://house:1884", accounts=tmp_path / "accounts", data=tmp_path)
    for account in ("ingest", "query", OPERATOR):
        url = broker_url(settings, account)
        assert (url.host, url.port, url.username) == ("house", 1884, account)
        assert url.password == made.passwords[account]


def test_a_user_in_the_url_is_the_user(tmp_path: Path) -> None:
    url = broker_url(Settings(broker="mqtt://me:secret@house", data=tmp_path), "ingest")
    assert (url.username, url.password) == ("me", "secret")


def test_without_accounts_the_broker_is_asked_without_any(tmp_path: Path) -> None:
    url = broker_url(Settings(broker="mqtt://house", data=tmp_path), "ingest")
    assert (url.username, url.password) == (None, None)


def test_an_account_that_was_not_made_is_named_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text(json.dumps({"query": "x"}))
    settings = Settings(broker="mqtt://house", accounts=tmp_path, data=tmp_path)
    with pytest.raises(BrokerFault, match="no account 'ingest'") as refused:
        broker_url(settings, "ingest")
    assert refused.value.hint == f"make it: membroker accounts {tmp_path}"


def test_no_broker_at_all_names_both_ways_to_have_one(tmp_path: Path) -> None:
    with pytest.raises(BrokerFault, match="no broker is named") as refused:
        broker_url(Settings(data=tmp_path), OPERATOR)
    assert "membroker up" in refused.value.hint
    assert "MEMBROKER_BROKER" in refused.value.hint


def test_accounts_are_made_once_and_readable_for_us_alone(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "broker", 1883)
    assert load_or_make(tmp_path / "broker", 1883) == made == load(tmp_path / "broker", 1883)
    assert stat.S_IMODE((tmp_path / "broker" / "accounts.json").stat().st_mode) == 0o600
    assert len(set(made.passwords.values())) == len(made.passwords) == len(NAMES)


def test_services_are_bound_to_their_client_ids_and_people_are_not(tmp_path: Path) -> None:
    made = load_or_make(tmp_path, 1883)
    accounts = {each.username: each for each in made.all("7")}
    assert accounts.keys() == set(NAMES)
    assert accounts["ingest"].client_id == f"membroker-ingest-7-{made.suffix}"
    assert accounts["query"].client_id == f"membroker-query-7-{made.suffix}"
    assert {accounts[name].client_id for name in (OPERATOR, OWNER, ACCESS)} == {None}
    assert made.suffix is not None
    assert len(made.suffix) >= 16, "nobody guesses it"
    assert made.suffix != load_or_make(tmp_path / "other", 1883).suffix
    assert all(acl.topic.startswith("mem/v1/home/") for acl in accounts["owner"].acls)


OLDER = {"ingest": "a", "query": "b", "operator": "c", "owner": "d"}
"""accounts.json of the first version."""


def test_older_accounts_keep_their_passwords_and_client_ids(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text(json.dumps(OLDER))
    made = load_or_make(tmp_path, 1883)
    assert made.passwords.items() >= OLDER.items()
    assert made.suffix is None
    assert made.url("ingest", "1").client_id == "membroker-ingest-1"
    assert len(made.passwords[ACCESS]) >= 24
    assert load(tmp_path, 1883) == made


def test_the_client_id_is_that_of_the_account_wherever_the_password_comes_from(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "accounts", 1883)
    named = Settings(broker="mqtt://ingest@house", accounts=tmp_path / "accounts", data=tmp_path)
    unnamed = Settings(broker="mqtt://house", accounts=tmp_path / "accounts", data=tmp_path, instance="2")
    assert broker_url(named, "ingest").client_id == f"membroker-ingest-1-{made.suffix}"
    assert broker_url(unnamed, "ingest").client_id == f"membroker-ingest-2-{made.suffix}"
    assert broker_url(unnamed, OPERATOR).client_id is None


def test_a_client_id_in_the_url_is_the_client_id(tmp_path: Path) -> None:
    load_or_make(tmp_path / "accounts", 1883)
    url = "mqtt://ingest@house?client_id=mine"
    settings = Settings(broker=url, accounts=tmp_path / "accounts", data=tmp_path)
    assert broker_url(settings, "ingest").client_id == "mine"
    assert (
        broker_url(Settings(broker="mqtt://me:x@house?client_id=mine", data=tmp_path), "ingest").client_id
        == "mine"
    )


def test_rights_are_changed_as_their_own_account_whoever_the_url_names(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "accounts", 1883)
    url = "mqtt://ingest@house:1884?client_id=mine"
    found = access_url(Settings(broker=url, accounts=tmp_path / "accounts", data=tmp_path))
    assert (found.host, found.port, found.username) == ("house", 1884, ACCESS)
    assert (found.password, found.client_id) == (made.passwords[ACCESS], None)
    assert access_url(Settings(broker="mqtt://access:x@house", data=tmp_path)).password == "x"


def test_without_its_account_rights_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text(json.dumps(OLDER))
    with pytest.raises(BrokerFault, match="no account 'access'; make it: membroker accounts"):
        access_url(Settings(broker="mqtt://house", accounts=tmp_path, data=tmp_path))


def test_the_suffix_of_client_ids_is_no_account(tmp_path: Path) -> None:
    load_or_make(tmp_path, 1883)
    with pytest.raises(ValueError, match="has no account 'client_id_suffix'"):
        Settings(broker="mqtt://client_id_suffix@house", accounts=tmp_path, data=tmp_path)


def test_a_client_id_may_hold_an_at_sign(tmp_path: Path) -> None:
    load_or_make(tmp_path, 1883)
    settings = Settings(broker="mqtt://ingest@house?client_id=k@home-1", accounts=tmp_path, data=tmp_path)
    url = broker_url(settings, "ingest")
    assert (url.host, url.username, url.client_id) == ("house", "ingest", "k@home-1")
