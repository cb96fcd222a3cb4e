"""Accounts are written once, for us alone, and their passwords shown once."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker_bridge.faults import BrokerFault
from console.accounts import command, url_of
from console.faults import Refused
from workers.accounts import NAMES, LocalAccounts


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_both_files_are_readable_for_us_alone(tmp_path: Path) -> None:
    run(str(tmp_path / "new"))
    for name in ("accounts.json", "dynamic-security.json"):
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600
    assert not list((tmp_path / "new").glob("*.part"))


def test_every_account_has_its_rights(tmp_path: Path) -> None:
    run(str(tmp_path))
    security = json.loads((tmp_path / "dynamic-security.json").read_text())
    passwords = json.loads((tmp_path / "accounts.json").read_text())
    assert {client["username"] for client in security["clients"]} == set(NAMES)
    assert passwords.keys() == {*NAMES, "client_id_suffix"}
    assert not security["defaultACLAccess"]["publishClientSend"]


def test_passwords_are_shown_the_first_time_alone(tmp_path: Path) -> None:
    first = run(str(tmp_path), "--host", "broker", "--port", "2000")
    passwords = json.loads((tmp_path / "accounts.json").read_text())
    bound = f"?client_id=membroker-ingest-1-{passwords['client_id_suffix']}"
    assert f"MEMBROKER_BROKER=mqtt://ingest:{passwords['ingest']}@broker:2000{bound}" in first
    assert f"MEMBROKER_BROKER=mqtt://operator:{passwords['operator']}@broker:2000\n" in first
    second = run(str(tmp_path), "--host", "broker", "--port", "2000")
    assert f"MEMBROKER_BROKER=mqtt://ingest:***@broker:2000{bound}" in second
    secret = {name: password for name, password in passwords.items() if name != "client_id_suffix"}
    assert not [name for name, password in secret.items() if password in second]


def test_what_is_there_stays(tmp_path: Path) -> None:
    run(str(tmp_path))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    run(str(tmp_path))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_rights_that_are_lost_are_made_again_of_the_same_passwords(tmp_path: Path) -> None:
    run(str(tmp_path))
    before = (tmp_path / "accounts.json").read_bytes()
    (tmp_path / "dynamic-security.json").unlink()
    run(str(tmp_path))
    assert (tmp_path / "dynamic-security.json").exists()
    assert (tmp_path / "accounts.json").read_bytes() == before


def test_what_came_with_a_newer_version_is_added_and_shown(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text(
        json.dumps({"ingest": "a", "query": "b", "operator": "c", "owner": "d"})
    )
    said = run(str(tmp_path))
    passwords = json.loads((tmp_path / "accounts.json").read_text())
    assert passwords.keys() == set(NAMES), "client ids stay: the broker keeps messages for the old ones"
    assert f"mqtt://access:{passwords['access']}@" in said
    assert "mqtt://ingest:***@127.0.0.1:1883?client_id=membroker-ingest-1\n" in said
    security = json.loads((tmp_path / "dynamic-security.json").read_text())
    assert {client["username"] for client in security["clients"]} == set(NAMES)


def test_for_programs(tmp_path: Path) -> None:
    told = json.loads(run(str(tmp_path), "--json"))
    assert told["new"]
    assert told["urls"].keys() == set(NAMES)


@pytest.mark.parametrize(("host", "place"), [("broker", "broker"), ("::1", "[::1]")])
def test_a_url_names_the_host_as_urls_do(host: str, place: str) -> None:
    accounts = LocalAccounts({"ingest": "secret"}, 1883)
    url = url_of(accounts, "ingest", "1", host, shown=True)
    assert url == f"mqtt://ingest:secret@{place}:1883?client_id=membroker-ingest-1"


def test_a_damaged_file_is_one_line_and_is_kept(tmp_path: Path) -> None:
    for damaged in ("{torn", "[]", '{"ingest": {"password": "hunter2"}}', "", '{"ingest": 5}'):
        (tmp_path / "accounts.json").write_text(damaged)
        with pytest.raises(BrokerFault, match=r"accounts\.json is damaged; restore it") as refused:
            CliRunner().invoke(command, [str(tmp_path)], catch_exceptions=False)
        assert "hunter2" not in str(refused.value)
        assert (tmp_path / "accounts.json").read_text() == damaged


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written"):
        CliRunner().invoke(command, [str(tmp_path / "file" / "below")], catch_exceptions=False)
