"""A private authority, and the certificates that it signs. No clock, no file.

ECDSA on P-256: every TLS library has it, a handshake costs a small board milliseconds, and a certificate is
600 bytes. The authority signs no other authority (path length 0), and each certificate says what it is for,
so that a device's key cannot pass for the broker.
"""

import ipaddress
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker_bridge.certificates import BadCertificate, parse, revoked

AUTHORITY_DAYS: Final = 3650
"""Every device trusts it, and would have to be visited to trust another."""
LEAF_DAYS: Final = 825
"""What Apple's systems accept at most; two years and a quarter."""
BACKDATED: Final = timedelta(hours=1)
"""Clocks of devices are off by minutes; a certificate that begins this instant would not hold there yet."""
NAME_LENGTH_MAX: Final = 64
"""X.509's bound of a common name."""
_HOST_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, in PEM."""

    certificate: str
    key: str = field(repr=False)


def new_authority(now: datetime, days: int = AUTHORITY_DAYS) -> KeyPair:
    """An authority with a name that no other has: who meets a certificate of the wrong one can tell."""
    name = _name(f"membroker CA {secrets.token_hex(4)}")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _begun(name, name, key, now, now + timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_others=True), critical=True)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def server_certificate(
    authority: KeyPair, hosts: Sequence[str], now: datetime, days: int = LEAF_DAYS
) -> KeyPair:
    """For a broker that clients reach under these names and addresses.

    Raises:
        BadCertificate: no host is given, or one is neither a name nor an address.
    """
    if not hosts:
        raise BadCertificate("a server's certificate needs the names that clients reach it by")
    until = now + timedelta(days=days)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH
    return _leaf(authority, "membroker", purpose, until=until, now=now, hosts=hosts)


def client_certificate(authority: KeyPair, name: str, now: datetime, days: int = LEAF_DAYS) -> KeyPair:
    """For a client whose account at the broker has this name.

    Raises:
        BadCertificate: no certificate can hold the name.
    """
    until = now + timedelta(days=days)
    return _leaf(authority, name, ExtendedKeyUsageOID.CLIENT_AUTH, until=until, now=now)


def revocation_list(
    authority: KeyPair, serials: Sequence[int], now: datetime, before: str | None = None
) -> str:
    """What is no longer to be trusted: these serials and those of the list `before`, in PEM.

    It holds as long as the authority: a list that expires locks everybody out until somebody renews it.
    """
    issuer = parse(authority.certificate)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
    builder = builder.last_update(now - BACKDATED).next_update(issuer.not_valid_after_utc)
    for serial in sorted({*serials, *(revoked(before) if before else ())}):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - BACKDATED)
        builder = builder.add_revoked_certificate(entry.build())
    signed = builder.sign(_key(authority), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _leaf(
    authority: KeyPair,
    name: str,
    purpose: x509.ObjectIdentifier,
    *,
    until: datetime,
    now: datetime,
    hosts: Sequence[str] = (),
) -> KeyPair:
    issuer = parse(authority.certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    # Past its authority's end it would be worth nothing, and look as if it were.
    builder = _begun(_name(name), issuer.subject, key, now, min(until, issuer.not_valid_after_utc))
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    from_issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    builder = builder.add_extension(from_issuer, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_others=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return _pair(builder.sign(_key(authority), hashes.SHA256()), key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    begins = min(now, until) - BACKDATED  # before its end, even where that is in the past
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    if not 0 < len(common_name) <= NAME_LENGTH_MAX or not common_name.isprintable():
        what = f"{common_name[:80]!r} cannot be a certificate's name"
        raise BadCertificate(f"{what}: one to {NAME_LENGTH_MAX} printable characters can")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST_NAME.fullmatch(host):
        raise BadCertificate(f"{host!r} is neither a host's name nor an address")
    return x509.DNSName(host)


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key(pair: KeyPair) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pair.key.encode(), password=None)
    except (ValueError, TypeError):
        raise BadCertificate("the authority's key is none in PEM without a password") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadCertificate("the authority's key is not one of ours, on an elliptic curve")
    if key.public_key() != parse(pair.certificate).public_key():
        raise BadCertificate("the authority's key is another's than its certificate")
    return key


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    written = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM).decode(), written.decode())
