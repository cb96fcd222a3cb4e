"""The folder of an authority: its key, the broker's certificate, those of devices, and what was revoked.

Every certificate that it ever signed stays in `issued`, for two reasons: whoever revokes a device means all
that it was given, and what expires is seen before it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from broker_bridge.authority import (
    KeyPair,
    client_certificate,
    new_authority,
    revocation_list,
    server_certificate,
)
from broker_bridge.certificates import BadCertificate, Certificate, read, revoked
from broker_bridge.secret_file import write_secret
from broker_bridge.tls import TlsFault

THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
"""What every server's certificate is for, whatever else it is."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that the authority signed."""

    certificate: Certificate
    revoked: bool


@dataclass(frozen=True, slots=True)
class CertificateFolder:
    """The files, and what is done to them. Its faults are `TlsFault`s."""

    path: Path

    @property
    def authority(self) -> Path:
        """The one file that devices need."""
        return self.path / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """Signs whatever it is asked to; may be kept elsewhere while nothing is signed."""
        return self.path / "ca.key"

    @property
    def server(self) -> Path:
        """The broker's certificate; its key is beside it."""
        return self.path / "server.pem"

    @property
    def revocations(self) -> Path:
        """What is no longer to be trusted."""
        return self.path / "crl.pem"

    def device(self, name: str) -> Path:
        """The certificate of a device; its key is beside it."""
        return self.path / "devices" / f"{quote(name, safe='@')}.pem"

    def begin(self, hosts: Sequence[str], now: datetime, days: int) -> None:
        """Makes the authority, and the broker's certificate.

        An authority that is there is never replaced: every device would have to be told of the new one.
        """
        for file in (self.authority, self.authority_key):
            if file.exists():
                hint = "renew the broker's by membroker certs server; to start anew, move the folder away"
                raise TlsFault(f"{file} is there already", hint=hint)
        made = new_authority(now)
        server_certificate(made, [*THIS_MACHINE, *hosts], now)  # a bad host is refused before all is written
        _make_private(self.path)
        write_secret(self.authority_key, made.key)
        write_secret(self.revocations, revocation_list(made, [], now))
        write_secret(self.authority, made.certificate)
        self.renew_server(hosts, now, days)

    def renew_server(self, hosts: Sequence[str], now: datetime, days: int) -> None:
        """Gives the broker a new key and certificate: for `hosts`, or if none are given for those it had."""
        keeps = not hosts and self.server.exists()
        wanted = self.read(self.server).hosts if keeps else (*THIS_MACHINE, *hosts)
        made = server_certificate(self._authority(), list(dict.fromkeys(wanted)), now, days)
        self._keep(self.server, made)

    def add_device(self, name: str, now: datetime, days: int) -> Path:
        """Makes a device a key and a certificate; an earlier one of its name is valid until it expires."""
        made = client_certificate(self._authority(), name, now, days)
        self._keep(self.device(name), made)
        return self.device(name)

    def revoke(self, name: str, now: datetime) -> int:
        """No longer trusts any certificate of a device; returns how many that are."""
        serials = [
            each.certificate.serial
            for each in self.issued()
            if each.certificate.role == "client" and each.certificate.name == name and not each.revoked
        ]
        if not serials:
            hint = "membroker certs show lists them"
            raise TlsFault(f"{self.path} has issued no certificate for {name!r} that holds", hint=hint)
        made = revocation_list(self._authority(), serials, now, self._text(self.revocations))
        write_secret(self.revocations, made)
        return len(serials)

    def issued(self) -> list[Issued]:
        """Every certificate the authority signed, those that expire first at the top."""
        gone = revoked(self._text(self.revocations)) if self.revocations.exists() else frozenset()
        found = [self.read(file) for file in (self.path / "issued").glob("*.pem")]
        return [Issued(each, each.serial in gone) for each in sorted(found, key=lambda each: each.not_after)]

    def read(self, file: Path) -> Certificate:
        """What a certificate in the folder says."""
        try:
            return read(self._text(file))
        except BadCertificate as error:
            raise TlsFault(f"{file} {error}", hint="restore it, or move it away") from None

    def _authority(self) -> KeyPair:
        return KeyPair(self._text(self.authority), self._text(self.authority_key))

    def _keep(self, file: Path, made: KeyPair) -> None:
        serial = read(made.certificate).serial
        for folder in (file.parent, self.path / "issued"):
            folder.mkdir(exist_ok=True, mode=0o700)
        write_secret(self.path / "issued" / f"{serial:x}.pem", made.certificate)
        write_secret(file.with_name(f"{file.stem}.key"), made.key)
        write_secret(file, made.certificate)

    def _text(self, file: Path) -> str:
        try:
            return file.read_text()
        except FileNotFoundError:
            hint = "bring it back, or start with membroker certs init"
            raise TlsFault(f"{file} is not there", hint=hint) from None
        except (OSError, UnicodeDecodeError) as error:
            raise TlsFault(f"{file} cannot be read: {error}", hint="check whose it is") from None


def _make_private(folder: Path) -> None:
    """Makes it, and what is missing above it, for us alone: `mkdir` minds the mode of the last one only."""
    for each in [*reversed(folder.parents), folder]:
        if not each.exists():
            each.mkdir(mode=0o700)
