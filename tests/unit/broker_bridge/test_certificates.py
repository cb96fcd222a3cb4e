"""What a certificate says is read from it alone."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from broker_bridge.authority import new_authority
from broker_bridge.certificates import BadCertificate, Certificate, read, revoked

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AUTHORITY = new_authority(NOW)


def test_an_authority_is_read_as_one() -> None:
    assert read(AUTHORITY.certificate).role == "authority"


@pytest.mark.parametrize(("hours", "days"), [(24, 1), (25, 1), (47, 1), (48, 2), (1, 0), (-1, -1), (-25, -2)])
def test_days_left_are_whole_and_negative_once_it_is_over(hours: int, days: int) -> None:
    certificate = Certificate("x", "client", 1, NOW, NOW + timedelta(hours=hours))
    assert certificate.days_left(NOW) == days


def test_one_that_says_nothing_of_its_use_is_taken_for_a_servers() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    bare = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    found = read(bare.public_bytes(serialization.Encoding.PEM).decode())
    assert (found.name, found.role, found.serial, found.hosts) == ("", "server", 7, ())


@pytest.mark.parametrize(
    "text", ["", "hello", AUTHORITY.key, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_says_so(text: str) -> None:
    with pytest.raises(BadCertificate, match="holds no certificate in PEM"):
        read(text)


@pytest.mark.parametrize("text", ["", "hello", AUTHORITY.certificate])
def test_what_is_no_revocation_list_says_so(text: str) -> None:
    with pytest.raises(BadCertificate, match="holds no revocation list in PEM"):
        revoked(text)
