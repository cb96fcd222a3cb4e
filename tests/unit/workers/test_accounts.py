"""As whom to connect where."""

import json
import stat
from pathlib import Path

import pytest

from broker_bridge.broker import BrokerFault
from workers.accounts import OPERATOR, broker_url, load, load_or_make
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
    assert len(set(made.passwords.values())) == len(made.passwords) == 4


def test_services_are_bound_to_their_client_ids_and_people_are_not(tmp_path: Path) -> None:
    accounts = {each.username: each for each in load_or_make(tmp_path, 1883).all("7")}
    assert accounts["ingest"].client_id == "membroker-ingest-7"
    assert accounts["query"].client_id == "membroker-query-7"
    assert accounts["operator"].client_id is accounts["owner"].client_id is None
    assert all(acl.topic.startswith("mem/v1/home/") for acl in accounts["owner"].acls)
