"""Gathers what `membroker doctor` judges of TLS. Looks only."""

from datetime import datetime
from pathlib import Path

from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.faults import BrokerFault
from broker_bridge.loopback import is_loopback
from broker_bridge.tls import TlsFault
from broker_bridge.url import BrokerUrl
from console.tls_findings import TlsFacts
from workers import listening
from workers.settings import Settings

_NEW_AUTHORITY = "make another (membroker certs init, in a new folder), and give its ca.pem to every device"


def of_tls(settings: Settings, now: datetime) -> TlsFacts:
    """Of our own broker's listener, or of the way to the broker that is named."""
    try:
        return _of_own(settings, now) if settings.broker is None else _of_named(settings, now)
    except (BrokerFault, TlsFault) as fault:
        return TlsFacts(fault=(str(fault).removesuffix(f"; {fault.hint}"), fault.hint))


def _of_own(settings: Settings, now: datetime) -> TlsFacts:
    beyond = listening.beyond(settings)
    if beyond is None:
        return TlsFacts()
    folder = CertificateFolder(beyond.certificates)
    reach = "" if is_loopback(beyond.address) else ", for other machines, too"
    how = "certificate" if beyond.by_certificate else "password"
    renew = {folder.server: "membroker certs server", folder.authority: _NEW_AUTHORITY}
    return TlsFacts(
        listener=f"listens with TLS on {beyond.address}:{beyond.port}{reach}; clients come in by {how}",
        days_left={str(file): folder.read(file).days_left(now) for file in renew},
        renew={str(file): step for file, step in renew.items()},
    )


def _of_named(settings: Settings, now: datetime) -> TlsFacts:
    broker = BrokerUrl.parse(settings.broker or "")
    has_password = broker.password is not None or settings.accounts is not None
    in_plain = has_password and not broker.tls and not is_loopback(broker.host)
    ours = [settings.broker_cert] if broker.tls and settings.broker_cert is not None else []
    return TlsFacts(
        is_ours=False,
        days_left={str(file): _days_left(file, now) for file in ours},
        renew={str(file): "membroker certs device NAME, where the authority is" for file in ours},
        told_in_plain=str(broker) if in_plain else None,
    )


def _days_left(file: Path, now: datetime) -> int:
    return CertificateFolder(file.parent).read(file).days_left(now)
