"""What doctor finds of TLS in settings and certificates."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_bridge.certificate_folder import CertificateFolder
from console.tls_facts import of_tls
from console.tls_findings import TlsFacts
from workers.settings import Settings

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def settings(data: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": data, **more})


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    made = CertificateFolder(tmp_path / "certs")
    made.begin([], NOW, 100)
    return made


def test_without_certificates_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert of_tls(settings(tmp_path), NOW) == TlsFacts()


def test_a_way_in_without_certificates_is_a_fault_with_its_step(tmp_path: Path) -> None:
    what, step = of_tls(settings(tmp_path, listen="0.0.0.0"), NOW).fault or ("", "")
    assert what.endswith("server.pem is not there")
    assert step.startswith("make certificates")


@pytest.mark.parametrize(
    ("listen", "clients", "said"),
    [
        ("127.0.0.1", "password", "with TLS on 127.0.0.1:8883; clients come in by password"),
        ("0.0.0.0", "certificate", "0.0.0.0:8883, for other machines, too; clients come in by certificate"),
    ],
)
def test_where_and_how_clients_come_in(
    tmp_path: Path, folder: CertificateFolder, listen: str, clients: str, said: str
) -> None:
    facts = of_tls(settings(tmp_path, listen=listen, tls_clients=clients), NOW)
    assert facts.listener is not None
    assert facts.listener.endswith(said)
    assert facts.days_left == {str(folder.server): 100, str(folder.authority): 3650}
    assert facts.renew.keys() == facts.days_left.keys()


def test_a_damaged_certificate_is_a_fault(tmp_path: Path, folder: CertificateFolder) -> None:
    folder.server.write_text("x")
    what, _ = of_tls(settings(tmp_path), NOW).fault or ("", "")
    assert "server.pem holds no certificate" in what


@pytest.mark.parametrize(
    ("broker", "in_plain"),
    [
        ("mqtt://me:secret@house", "mqtt://house:1883"),
        ("mqtt://me:secret@127.0.0.1", None),
        ("mqtt://me:secret@localhost", None),
        ("mqtts://me:secret@house", None),
        ("mqtt://house", None),
    ],
)
def test_a_password_in_plain_is_one_that_leaves_this_machine_without_tls(
    tmp_path: Path, broker: str, in_plain: str | None
) -> None:
    facts = of_tls(settings(tmp_path, broker=broker), NOW)
    assert facts.told_in_plain == in_plain
    assert not facts.is_ours
    assert "secret" not in repr(facts)


def test_a_password_from_the_accounts_counts_too(tmp_path: Path) -> None:
    facts = of_tls(settings(tmp_path, broker="mqtt://house", accounts=tmp_path), NOW)
    assert facts.told_in_plain == "mqtt://house:1883"


def test_our_certificate_towards_a_named_broker_is_looked_at(
    tmp_path: Path, folder: CertificateFolder
) -> None:
    ours = folder.add_device("ingest", NOW, 20)
    facts = of_tls(settings(tmp_path, broker="mqtts://house", broker_cert=ours), NOW)
    assert facts.days_left == {str(ours): 20}
