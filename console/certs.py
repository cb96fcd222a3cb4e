"""`membroker certs`: a private authority, and the certificates of broker and devices."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from broker_bridge.authority import AUTHORITY_DAYS, LEAF_DAYS
from broker_bridge.broker_process import reread_certificates
from broker_bridge.certificate_folder import CertificateFolder, Issued
from broker_bridge.certificates import BadCertificate, Certificate
from console.faults import Refused
from console.lines import shown
from console.output import json_option, print_json, say
from workers.settings import Settings

hosts_option = click.option(
    "--host",
    "hosts",
    multiple=True,
    help="A name or address that clients reach the broker by; may be repeated.",
)
days_option = click.option(
    "--days",
    type=click.IntRange(1, AUTHORITY_DAYS),
    default=LEAF_DAYS,
    show_default=True,
    help="How long it holds.",
)


@click.group("certs")
def command() -> None:
    """Make, renew, revoke and show certificates. They are kept in MEMBROKER_CERTS.

    By default that is the folder `certs` in MEMBROKER_DATA. With certificates there, membroker up listens
    with TLS, too; beyond this machine where MEMBROKER_LISTEN says so.

    Example:  membroker certs init --host house.local
    """


@command.command("init")
@hosts_option
@days_option
@json_option
def init(*, hosts: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make an authority, and the broker's certificate.

    Example:  membroker certs init --host house.local --host 192.168.1.10
    """
    folder, now = _folder(), datetime.now(UTC)
    with _saying():
        folder.begin(hosts, now, days)
    _tell_server(folder, as_json=as_json)
    say("next: membroker up; and for others to come in, MEMBROKER_LISTEN=0.0.0.0")


@command.command("server")
@hosts_option
@days_option
@json_option
def server(*, hosts: tuple[str, ...], days: int, as_json: bool) -> None:
    """Renew the broker's certificate; a broker of ours that runs takes it at once.

    Without --host it is for the same names as before; devices notice nothing.

    Example:  membroker certs server --host house.local
    """
    folder = _folder()
    with _saying():
        folder.renew_server(hosts, datetime.now(UTC), days)
    _tell_server(folder, as_json=as_json)
    _reread()


@command.command("device")
@click.argument("name")
@days_option
@json_option
def device(*, name: str, days: int, as_json: bool) -> None:
    """Make a key and a certificate for the account NAME, and say what to copy.

    It lets in without a password where MEMBROKER_TLS_CLIENTS=certificate, with the rights of that account.

    Example:  membroker certs device sensor-1
    """
    folder = _folder()
    with _saying():
        file = folder.add_device(name, datetime.now(UTC), days)
    made = folder.read(file)
    key = file.with_suffix(".key")
    if as_json:
        print_json(plain(made) | {"ca": str(folder.authority), "certificate": str(file), "key": str(key)})
        return
    click.echo(f"copy to the device: {folder.authority} {file} {key}")
    say(f"it holds until {_day(made)}; remove the key here once the device has it")


@command.command("revoke")
@click.argument("name")
@json_option
def revoke(*, name: str, as_json: bool) -> None:
    """Let nobody in any more with a certificate of NAME; remove its account, too.

    A broker of ours that runs refuses it from the next connection on.

    Example:  membroker certs revoke sensor-1
    """
    folder = _folder()
    with _saying():
        count = folder.revoke(name, datetime.now(UTC))
    if as_json:
        print_json({"name": name, "revoked": count})
    else:
        click.echo(f"revoked {count} of {shown(name)}")
    _reread()


@command.command("show")
@json_option
def show(*, as_json: bool) -> None:
    """Show the authority and every certificate it signed, those that expire first at the top.

    Example:  membroker certs show
    """
    folder = _folder()
    with _saying():
        found = [Issued(folder.read(folder.authority), revoked=False), *folder.issued()]
    now = datetime.now(UTC)
    if as_json:
        print_json([plain(each.certificate) | {"state": state_of(each, now)} for each in found])
        return
    for each in found:
        click.echo(line_of(each, now))


def plain(certificate: Certificate) -> dict[str, Any]:
    """For programs."""
    told: dict[str, Any] = {"role": certificate.role, "name": certificate.name}
    told |= {"not_after": certificate.not_after.isoformat(), "serial": f"{certificate.serial:x}"}
    return told | ({"hosts": list(certificate.hosts)} if certificate.hosts else {})


def line_of(issued: Issued, now: datetime) -> str:
    """For people."""
    certificate = issued.certificate
    told = [f"{certificate.role:<9}", f"{state_of(issued, now):<7}", f"until {_day(certificate)}"]
    return shown("  ".join([*told, certificate.name, *certificate.hosts]))


def state_of(issued: Issued, now: datetime) -> str:
    """`valid`, `expired` or `revoked`."""
    if issued.revoked:
        return "revoked"
    return "valid" if now < issued.certificate.not_after else "expired"


def _tell_server(folder: CertificateFolder, *, as_json: bool) -> None:
    made = folder.read(folder.server)
    if as_json:
        print_json(plain(made) | {"ca": str(folder.authority), "certificate": str(folder.server)})
        return
    click.echo(f"the broker's certificate is for {', '.join(made.hosts)}, and holds until {_day(made)}")
    click.echo(f"devices need {folder.authority}")


def _day(certificate: Certificate) -> str:
    return certificate.not_after.strftime("%Y-%m-%d")


def _folder() -> CertificateFolder:
    return CertificateFolder(Settings().certificates)


def _reread() -> None:
    """The broker that `membroker up` started; of another we know nothing."""
    pid = reread_certificates(Settings().data / "broker")
    if pid is None:
        say("no broker of ours runs with this data; another reads it when it starts, or at SIGHUP")
    else:
        say(f"the running broker (pid {pid}) has been told to read it")


@contextmanager
def _saying() -> Iterator[None]:
    try:
        yield
    except BadCertificate as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"{error.filename} cannot be written: {error.strerror}") from None
