"""What an authority makes is what X.509 and TLS say that it should be."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from broker_bridge.authority import (
    AUTHORITY_DAYS,
    BACKDATED,
    LEAF_DAYS,
    KeyPair,
    client_certificate,
    new_authority,
    revocation_list,
    server_certificate,
)
from broker_bridge.certificates import BadCertificate, parse, read, revoked
from tests.unit.broker_bridge.signing import signed_by

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AUTHORITY = new_authority(NOW)
SERVER = server_certificate(AUTHORITY, ["house.local", "192.168.1.2", "::1"], NOW)
CLIENT = client_certificate(AUTHORITY, "sensor-1", NOW)
BOTH = pytest.mark.parametrize("leaf", [SERVER, CLIENT], ids=["server", "client"])


def usage(pair: KeyPair) -> x509.KeyUsage:
    return parse(pair.certificate).extensions.get_extension_for_class(x509.KeyUsage).value


def purposes(pair: KeyPair) -> list[x509.ObjectIdentifier]:
    return list(parse(pair.certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_an_authority_signs_certificates_and_revocations_and_nothing_else() -> None:
    constraints = parse(AUTHORITY.certificate).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0), "no authority below it"
    said = usage(AUTHORITY)
    assert (said.key_cert_sign, said.crl_sign) == (True, True)
    assert not said.digital_signature
    assert signed_by(AUTHORITY.certificate, AUTHORITY.certificate)


def test_two_authorities_are_told_apart_by_name_and_key() -> None:
    other = new_authority(NOW)
    assert read(other.certificate).name != read(AUTHORITY.certificate).name
    assert not signed_by(CLIENT.certificate, other.certificate)
    assert signed_by(CLIENT.certificate, AUTHORITY.certificate)


def test_one_of_the_same_name_and_another_key_has_signed_nothing() -> None:
    server = server_certificate(AUTHORITY, ["localhost"], NOW)
    assert signed_by(server.certificate, AUTHORITY.certificate)
    assert not signed_by(AUTHORITY.certificate, server.certificate)
    assert not signed_by(client_certificate(new_authority(NOW), "x", NOW).certificate, AUTHORITY.certificate)


@BOTH
def test_what_it_signs_signs_nothing(leaf: KeyPair) -> None:
    constraints = parse(leaf.certificate).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    assert (usage(leaf).digital_signature, usage(leaf).key_cert_sign) == (True, False)


def test_a_device_cannot_pass_for_the_broker_nor_the_broker_for_a_device() -> None:
    assert purposes(SERVER) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert purposes(CLIENT) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert (read(SERVER.certificate).role, read(CLIENT.certificate).role) == ("server", "client")


def test_a_servers_names_and_addresses_are_each_of_their_kind() -> None:
    names = parse(SERVER.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["house.local"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.2", "::1"]
    assert read(SERVER.certificate).hosts == ("house.local", "192.168.1.2", "::1")


def test_a_clients_name_is_its_accounts() -> None:
    assert read(CLIENT.certificate).name == "sensor-1"


@pytest.mark.parametrize(
    ("pair", "days"), [(AUTHORITY, AUTHORITY_DAYS), (SERVER, LEAF_DAYS), (CLIENT, LEAF_DAYS)]
)
def test_it_holds_for_its_days_and_an_hour_ago_for_clocks_that_are_late(pair: KeyPair, days: int) -> None:
    said = read(pair.certificate)
    assert said.not_before == NOW - BACKDATED
    assert said.not_after == NOW + timedelta(days=days)


def test_nothing_outlives_its_authority() -> None:
    late = NOW + timedelta(days=AUTHORITY_DAYS - 10)
    made = read(client_certificate(AUTHORITY, "late", late, days=100).certificate)
    assert made.not_after == read(AUTHORITY.certificate).not_after


def test_days_in_the_past_make_one_that_has_expired() -> None:
    made = read(client_certificate(AUTHORITY, "old", NOW, days=-1).certificate)
    assert made.not_before < made.not_after < NOW


def test_each_has_a_key_of_its_own_on_p256() -> None:
    keys = {pair.key for pair in (AUTHORITY, SERVER, CLIENT)}
    assert len(keys) == 3
    key = parse(CLIENT.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_a_key_is_never_shown_by_repr() -> None:
    assert "PRIVATE KEY" in CLIENT.key
    assert "PRIVATE KEY" not in repr(CLIENT)


@pytest.mark.parametrize(
    "host", ["", "a b", "house..local", "-house", "house/x", "http://house", "*", "häuser"]
)
def test_what_is_no_host_is_refused_by_its_name(host: str) -> None:
    with pytest.raises(BadCertificate, match="neither a host's name nor an address"):
        server_certificate(AUTHORITY, [host], NOW)


def test_a_server_without_names_is_refused() -> None:
    with pytest.raises(BadCertificate, match="needs the names"):
        server_certificate(AUTHORITY, [], NOW)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb", "a\0b"])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadCertificate, match="one to 64 printable characters"):
        client_certificate(AUTHORITY, name, NOW)


def test_a_revocation_list_keeps_what_was_revoked_before() -> None:
    first = revocation_list(AUTHORITY, [5], NOW)
    assert revoked(revocation_list(AUTHORITY, [7, 7], NOW, first)) == {5, 7}


def test_a_revocation_list_is_the_authoritys_and_holds_as_long() -> None:
    made = x509.load_pem_x509_crl(revocation_list(AUTHORITY, [], NOW).encode())
    issuer = parse(AUTHORITY.certificate)
    assert made.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert made.next_update_utc == issuer.not_valid_after_utc


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("", "none in PEM"),
        ("-----BEGIN PRIVATE KEY-----", "none in PEM"),
        (CLIENT.key, "another's than its certificate"),
    ],
)
def test_a_wrong_key_signs_nothing(key: str, complaint: str) -> None:
    with pytest.raises(BadCertificate, match=complaint):
        client_certificate(KeyPair(AUTHORITY.certificate, key), "sensor-1", NOW)
