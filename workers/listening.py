"""Where our own broker listens: on loopback, and beyond it over TLS alone."""

import logging
from datetime import UTC, datetime

from broker_bridge.broker_config import TlsListener
from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.faults import BrokerFault
from broker_bridge.loopback import is_loopback
from workers.settings import Settings

EXPIRY_DAYS_MIN = 30
"""Nearer than this, an operator should hear of it every day."""

log = logging.getLogger(__name__)


def beyond(settings: Settings) -> TlsListener | None:
    """The listener with TLS, once there are certificates; None while there are none, and none are needed.

    Raises:
        BrokerFault: the settings promise others a way in that would not be safe, or not be there.
    """
    folder = CertificateFolder(settings.certificates)
    by_certificate = settings.tls_clients == "certificate"
    needed = [folder.server, folder.server.with_suffix(".key")]
    needed += [folder.authority, folder.revocations] if by_certificate else []
    missing = [file for file in needed if not file.exists()]
    if missing:
        if folder.server.exists() or by_certificate or not is_loopback(settings.listen):
            raise BrokerFault(
                f"{_promise(settings)}, and {missing[0]} is not there",
                hint="make certificates: membroker certs init --host NAME, or listen on loopback alone",
            )
        return None
    return TlsListener(settings.listen, settings.tls_port, folder.path, by_certificate)


def _promise(settings: Settings) -> str:
    if settings.tls_clients == "certificate":
        return "the setting tls_clients asks for certificates"
    return f"the setting listen is {settings.listen}, where others than this machine come in by TLS"


def mind_expiry(listener: TlsListener) -> None:
    """Says so in the log where the broker's certificate expires soon, or has.

    Raises:
        TlsFault: the certificate is damaged.
    """
    folder = CertificateFolder(listener.certificates)
    days = folder.read(folder.server).days_left(datetime.now(UTC))
    if days < EXPIRY_DAYS_MIN:
        # Not refused: who is on this machine needs no TLS, and loses nothing by what it costs others.
        said = {"action": "listen", "days_left": days, "next_step": "membroker certs server"}
        log.warning("the broker's certificate expires, or has", extra=said)
