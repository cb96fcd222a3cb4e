"""`membroker certs` as it is typed: what it says and refuses. What it makes: test_certificate_folder.py."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker_bridge.certificate_folder import CertificateFolder, Issued
from broker_bridge.certificates import Certificate
from console.certs import command, line_of, state_of
from console.faults import Refused
from workers.settings import Settings

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MEMBROKER_{name.upper()}", raising=False)
    monkeypatch.setenv("MEMBROKER_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def certs(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_init_says_for_which_names_and_what_devices_need(data: Path) -> None:
    said = certs("init", "--host", "house.local")
    assert "for localhost, house.local, 127.0.0.1, ::1, and holds until" in said.stdout
    assert f"devices need {data / 'certs' / 'ca.pem'}" in said.stdout
    assert "MEMBROKER_LISTEN=0.0.0.0" in said.stderr


def test_no_key_is_ever_printed() -> None:
    said = [certs("init"), certs("device", "sensor-1"), certs("device", "sensor-1", "--json"), certs("show")]
    assert "PRIVATE" not in "".join(each.output for each in said)


def test_a_device_gets_its_files_and_its_days(data: Path) -> None:
    certs("init")
    made = json.loads(certs("device", "sensor-1", "--days", "10", "--json").stdout)
    folder = CertificateFolder(data / "certs")
    assert (made["name"], made["role"]) == ("sensor-1", "client")
    assert made["certificate"] == str(folder.device("sensor-1"))
    assert Path(made["key"]).exists()
    assert Path(made["ca"]) == folder.authority
    left = datetime.fromisoformat(made["not_after"]) - datetime.now(UTC)
    assert timedelta(days=9) < left <= timedelta(days=10)


def test_what_was_revoked_is_shown_so() -> None:
    certs("init")
    certs("device", "sensor-1")
    assert certs("revoke", "sensor-1").stdout == "revoked 1 of sensor-1\n"
    states = {each["name"]: each["state"] for each in json.loads(certs("show", "--json").stdout)}
    assert states.pop("membroker") == "valid"
    assert states.pop("sensor-1") == "revoked"
    assert list(states.values()) == ["valid"], "the authority"


def test_the_folder_may_be_elsewhere(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMBROKER_CERTS", str(data / "elsewhere"))
    certs("init")
    assert (data / "elsewhere" / "ca.pem").exists()
    assert not (data / "certs").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("init", "--host", "a b"), "'a b' is neither a host's name nor an address"),
        (("device", "x" * 65), "one to 64 printable characters"),
    ],
)
def test_what_cannot_be_certified_is_refused_in_words(arguments: tuple[str, ...], complaint: str) -> None:
    if arguments[0] != "init":
        certs("init")
    with pytest.raises(Refused, match=complaint):
        certs(*arguments)


def test_a_folder_that_cannot_be_made_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "file").touch()
    monkeypatch.setenv("MEMBROKER_CERTS", str(data / "file" / "certs"))
    with pytest.raises(Refused, match="cannot be written: Not a directory"):
        certs("init")


@pytest.mark.parametrize(
    ("revoked", "days", "state"), [(False, 1, "valid"), (False, -1, "expired"), (True, 1, "revoked")]
)
def test_states_and_hosts_stand_in_a_line(*, revoked: bool, days: int, state: str) -> None:
    certificate = Certificate("membroker", "server", 1, NOW, NOW + timedelta(days=days), ("house", "::1"))
    issued = Issued(certificate, revoked)
    assert state_of(issued, NOW) == state
    line = line_of(issued, NOW)
    assert line.split()[:2] == ["server", state]
    assert line.endswith("membroker  house  ::1")


def test_a_name_cannot_move_the_cursor() -> None:
    issued = Issued(Certificate("\x1b[2J", "client", 1, NOW, NOW), revoked=False)
    assert "\x1b" not in line_of(issued, NOW)
