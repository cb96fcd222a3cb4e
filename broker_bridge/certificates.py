"""What a certificate says, and whether it may be trusted. No clock, no file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Role = Literal["authority", "server", "client"]


class BadCertificate(ValueError):
    """What was asked for cannot be certified, or what was read is no certificate; says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says."""

    name: str
    role: Role
    serial: int
    not_before: datetime
    not_after: datetime
    hosts: tuple[str, ...] = ()

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative once it has."""
        return (self.not_after - now).days


def read(pem: str) -> Certificate:
    """What a certificate says.

    Raises:
        BadCertificate: it is none.
    """
    found = parse(pem)
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Certificate(
        name=str(names[0].value) if names else "",
        role=_role(found),
        serial=found.serial_number,
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        hosts=_hosts(found),
    )


def parse(pem: str) -> x509.Certificate:
    """The first certificate in a PEM text.

    Raises:
        BadCertificate: there is none.
    """
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise BadCertificate("holds no certificate in PEM") from None


def revoked(revocations: str) -> frozenset[int]:
    """The serials in a revocation list.

    Raises:
        BadCertificate: it is none.
    """
    try:
        return frozenset(each.serial_number for each in x509.load_pem_x509_crl(revocations.encode()))
    except ValueError:
        raise BadCertificate("holds no revocation list in PEM") from None


def _role(found: x509.Certificate) -> Role:
    """By what it may be used for; a certificate that does not say is a server's, as most are."""
    try:
        if found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return "authority"
        usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "server"
    is_client = ExtendedKeyUsageOID.CLIENT_AUTH in usage and ExtendedKeyUsageOID.SERVER_AUTH not in usage
    return "client" if is_client else "server"


def _hosts(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return (*names.get_values_for_type(x509.DNSName), *addresses)
