"""The folder of an authority keeps what it has, and says what it lacks."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker_bridge.certificate_folder import THIS_MACHINE, CertificateFolder
from broker_bridge.certificates import BadCertificate
from broker_bridge.tls import TlsFault
from tests.unit.broker_bridge.signing import signed_by

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = 100


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    made = CertificateFolder(tmp_path / "data" / "certs")
    made.begin(["house.local"], NOW, DAYS)
    return made


def test_all_of_it_is_for_our_eyes_alone_and_what_is_above_it_too(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = CertificateFolder(tmp_path / "data" / "certs")
        made.begin([], NOW, DAYS)
        made.add_device("sensor-1", NOW, DAYS)
    finally:
        os.umask(before)
    for each in [tmp_path / "data", *(tmp_path / "data").rglob("*")]:
        assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0, each


def test_the_brokers_certificate_is_for_this_machine_and_the_hosts(folder: CertificateFolder) -> None:
    made = folder.read(folder.server)
    assert set(made.hosts) == {*THIS_MACHINE, "house.local"}
    assert made.not_after == NOW + timedelta(days=DAYS)
    assert signed_by(folder.server.read_text(), folder.authority.read_text())


@pytest.mark.parametrize("left", ["ca.pem", "ca.key"])
def test_an_authority_is_never_replaced(folder: CertificateFolder, left: str) -> None:
    for file in (folder.authority, folder.authority_key):
        if file.name != left:
            file.unlink()
    before = (folder.path / left).read_text()
    with pytest.raises(
        TlsFault, match=f"{left} is there already; renew the broker's by membroker certs server"
    ):
        folder.begin([], NOW, DAYS)
    assert (folder.path / left).read_text() == before


def test_a_host_that_is_none_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(BadCertificate):
        CertificateFolder(tmp_path / "certs").begin(["a b"], NOW, DAYS)
    assert list(tmp_path.iterdir()) == []


def test_renewed_it_has_a_new_key_and_the_same_names(folder: CertificateFolder) -> None:
    before, key = folder.read(folder.server), folder.server.with_suffix(".key").read_text()
    folder.renew_server([], NOW + timedelta(days=90), DAYS)
    after = folder.read(folder.server)
    assert after.hosts == before.hosts
    assert after.not_after == NOW + timedelta(days=90 + DAYS)
    assert folder.server.with_suffix(".key").read_text() != key


def test_renewed_with_hosts_it_has_those_and_this_machine(folder: CertificateFolder) -> None:
    folder.renew_server(["10.0.0.1"], NOW, DAYS)
    assert set(folder.read(folder.server).hosts) == {*THIS_MACHINE, "10.0.0.1"}


def test_a_beginning_that_broke_off_is_finished_by_renewing(folder: CertificateFolder) -> None:
    folder.server.unlink()
    folder.renew_server([], NOW, DAYS)
    assert set(folder.read(folder.server).hosts) == set(THIS_MACHINE)


@pytest.mark.parametrize("name", ["sensor-1", "home.phone", "home/phone", "ana@home", "..", "a b"])
def test_any_account_has_a_file_of_its_own_in_the_folder(folder: CertificateFolder, name: str) -> None:
    file = folder.add_device(name, NOW, DAYS)
    assert file.parent == folder.path / "devices"
    assert file.with_name(f"{file.stem}.key").exists()
    assert (folder.read(file).name, folder.read(file).role) == (name, "client")


def test_revoked_are_all_of_its_name_and_no_other(folder: CertificateFolder) -> None:
    for name in ("sensor-1", "sensor-1", "sensor-2"):
        folder.add_device(name, NOW, DAYS)
    assert folder.revoke("sensor-1", NOW) == 2
    assert {(each.certificate.name, each.revoked) for each in folder.issued()} == {
        ("membroker", False),
        ("sensor-1", True),
        ("sensor-2", False),
    }


def test_a_new_certificate_holds_after_the_old_was_revoked(folder: CertificateFolder) -> None:
    folder.add_device("sensor-1", NOW, DAYS)
    folder.revoke("sensor-1", NOW)
    folder.add_device("sensor-1", NOW, DAYS)
    assert [each.revoked for each in folder.issued() if each.certificate.role == "client"] in (
        [True, False],
        [False, True],
    )
    assert folder.revoke("sensor-1", NOW) == 1, "the first stays revoked, and is not counted again"


@pytest.mark.parametrize("name", ["sensor-9", "membroker"])
def test_what_was_never_a_devices_cannot_be_revoked(folder: CertificateFolder, name: str) -> None:
    with pytest.raises(
        TlsFault, match=f"has issued no certificate for '{name}' that holds; membroker certs show"
    ):
        folder.revoke(name, NOW)


def test_what_expires_first_is_listed_first(folder: CertificateFolder) -> None:
    folder.add_device("late", NOW, DAYS + 1)
    folder.add_device("early", NOW, DAYS - 1)
    assert [each.certificate.name for each in folder.issued()] == ["early", "membroker", "late"]


@pytest.mark.parametrize("gone", ["ca.pem", "ca.key"])
def test_without_its_authority_nothing_is_signed(folder: CertificateFolder, gone: str) -> None:
    (folder.path / gone).unlink()
    with pytest.raises(TlsFault, match=rf"{gone} is not there; bring it back"):
        folder.add_device("sensor-1", NOW, DAYS)


def test_a_damaged_certificate_is_named(folder: CertificateFolder) -> None:
    folder.server.write_text("x")
    with pytest.raises(
        TlsFault, match=r"server\.pem holds no certificate in PEM; restore it, or move it away"
    ):
        folder.read(folder.server)
