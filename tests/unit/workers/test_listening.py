"""Beyond this machine only with certificates; what the settings promise is there, or said to be missing."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_bridge.broker_config import TlsListener
from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.faults import BrokerFault
from broker_bridge.tls import TlsFault
from workers.listening import EXPIRY_DAYS_MIN, beyond, mind_expiry
from workers.settings import Settings

NOW = datetime.now(UTC)


def settings(data: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": data, **more})


def certified(data: Path, days: int = 100) -> CertificateFolder:
    folder = CertificateFolder(data / "certs")
    folder.begin([], NOW, days)
    return folder


@pytest.mark.parametrize("listen", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_no_certificates_are_needed(tmp_path: Path, listen: str) -> None:
    assert beyond(settings(tmp_path, listen=listen)) is None


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "192.168.1.2", "house.local"])
def test_beyond_loopback_they_are(tmp_path: Path, listen: str) -> None:
    with pytest.raises(BrokerFault) as refused:
        beyond(settings(tmp_path, listen=listen))
    assert f"the setting listen is {listen}" in str(refused.value)
    assert f"{tmp_path / 'certs' / 'server.pem'} is not there" in str(refused.value)
    assert refused.value.hint.startswith("make certificates: membroker certs init")


def test_with_certificates_it_listens_where_the_settings_say(tmp_path: Path) -> None:
    folder = certified(tmp_path)
    wanted = settings(tmp_path, listen="0.0.0.0", tls_port=8884)
    assert beyond(wanted) == TlsListener("0.0.0.0", 8884, folder.path, by_certificate=False)
    assert beyond(settings(tmp_path)) == TlsListener("127.0.0.1", 8883, folder.path, by_certificate=False)


def test_certificates_may_be_elsewhere(tmp_path: Path) -> None:
    folder = certified(tmp_path / "elsewhere")
    found = beyond(settings(tmp_path, certs=folder.path, tls_clients="certificate"))
    assert found == TlsListener("127.0.0.1", 8883, folder.path, by_certificate=True)


@pytest.mark.parametrize("gone", ["server.pem", "server.key", "ca.pem", "crl.pem"])
def test_mutual_tls_without_one_of_its_files_is_refused_even_on_loopback(tmp_path: Path, gone: str) -> None:
    (certified(tmp_path).path / gone).unlink()
    with pytest.raises(BrokerFault, match=rf"tls_clients asks for certificates, and \S+{gone} is not there"):
        beyond(settings(tmp_path, tls_clients="certificate"))


def test_a_certificate_without_its_key_is_refused_even_on_loopback(tmp_path: Path) -> None:
    (certified(tmp_path).path / "server.key").unlink()
    with pytest.raises(BrokerFault, match=r"server\.key is not there"):
        beyond(settings(tmp_path))


def test_a_damaged_certificate_is_named(tmp_path: Path) -> None:
    certified(tmp_path).server.write_text("x")
    found = beyond(settings(tmp_path))
    assert found is not None
    with pytest.raises(TlsFault, match=r"server\.pem holds no certificate"):
        mind_expiry(found)


@pytest.mark.parametrize(
    ("days", "warns"), [(EXPIRY_DAYS_MIN + 2, False), (EXPIRY_DAYS_MIN - 1, True), (-1, True)]
)
def test_one_that_expires_is_logged_and_serves_this_machine_still(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, days: int, warns: bool
) -> None:
    folder = certified(tmp_path)
    folder.renew_server([], NOW, days)
    found = beyond(settings(tmp_path))
    assert found is not None
    with caplog.at_level(logging.WARNING):
        mind_expiry(found)
    assert ("certificate expires" in caplog.text) is warns
