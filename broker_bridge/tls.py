"""TLS as a client: whom we trust, who we are, and in words why a connection cannot be had.

Certificate and host name are always checked; no setting turns that off.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from broker_bridge.url import BrokerUrl

LOOK_S_MAX: Final = 3.0
"""For each step of a second look at a broker that hung up, to say why."""
ALERT_S_MAX: Final = 1.0
"""In TLS 1.3 a broker refuses our certificate after the handshake: so long we listen for that."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is no connection, and what to do. Its words follow the broker's address."""

    what: str
    hint: str

    def __str__(self) -> str:
        """In one line."""
        return f"{self.what}; {self.hint}"


class TlsFault(Exception):
    """A file that TLS needs is missing or is not what it should be; says which, and what to do."""

    def __init__(self, what: str, *, hint: str) -> None:
        self.hint = hint
        super().__init__(f"{what}; {hint}")


class _TidySocket(ssl.SSLSocket):
    """Closed where the handshake fails: paho forgets such a socket, and one is left at each attempt."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as its parent has it
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class Trust:
    """Files in PEM: whom we trust, and who we are."""

    ca: str | None = None
    """The authority that signed the broker's certificate; None: those that the system trusts."""
    certificate: str | None = None
    """Ours, where the broker asks for one."""
    key: str | None = None
    """Of our certificate, where it is not in the same file."""

    def context(self) -> ssl.SSLContext:
        """For any client's connections.

        Raises:
            TlsFault: a file is missing, or is not what it should be.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _TidySocket
        if self.ca is None:
            context.load_default_certs()
        else:
            with _naming(self.ca, "a certificate of the broker's authority", "MEMBROKER_BROKER_CA"):
                context.load_verify_locations(self.ca)
        if self.certificate is not None:
            setting = "MEMBROKER_BROKER_CERT and MEMBROKER_BROKER_KEY"
            named = self.certificate if self.key is None else f"{self.certificate} with {self.key}"
            with _naming(named, "a certificate and its key, without a password", setting):
                # With no password given, OpenSSL would ask the terminal for one.
                context.load_cert_chain(self.certificate, self.key, password="")
        return context


SYSTEM: Final = Trust()
"""Whom the system trusts, and without a certificate of ours."""


@contextmanager
def _naming(files: str, wanted: str, setting: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError:
        raise TlsFault(f"{files} is not {wanted}, in PEM", hint=f"check {setting}") from None
    except OSError as error:
        raise TlsFault(f"{files} cannot be read: {error.strerror}", hint=f"check {setting}") from None


_CLOCK = "and check this machine's clock"
_OF_VERIFYING: Final = {
    9: Cause("its certificate does not hold yet", "set this machine's clock: timedatectl set-ntp true"),
    10: Cause("its certificate has expired", f"renew it there: membroker certs server; {_CLOCK}"),
    **dict.fromkeys(
        (18, 19, 20, 21),
        Cause(
            "its certificate is of an authority that we do not trust",
            "copy the broker's ca.pem here, and name it: MEMBROKER_BROKER_CA=…/ca.pem",
        ),
    ),
    **dict.fromkeys(
        (62, 64),
        Cause(
            "its certificate is for other names than this one",
            "use a name it has, or give it this one: membroker certs server --host …",
        ),
    ),
}
"""By OpenSSL's verify codes."""
_OWN = "make one, and name it: membroker certs device NAME, MEMBROKER_BROKER_CERT=… MEMBROKER_BROKER_KEY=…"
_OF_ALERTS: Final = {
    "CERTIFICATE_REQUIRED": Cause("it asks for a certificate, and we have none", _OWN),
    "HANDSHAKE_FAILURE": Cause("it does not accept how we introduce ourselves", _OWN),
    "CERTIFICATE_EXPIRED": Cause("our certificate has expired", _OWN),
    "CERTIFICATE_REVOKED": Cause("our certificate has been revoked", _OWN),
    "BAD_CERTIFICATE": Cause("it does not accept our certificate", _OWN),
    "UNSUPPORTED_CERTIFICATE": Cause("our certificate is not one of a client", _OWN),
    "UNKNOWN_CA": Cause("our certificate is of an authority that it does not trust", _OWN),
    "PROTOCOL_VERSION": Cause("it speaks no TLS that we do, 1.2 or newer", "update the broker"),
}
"""By what the broker's alert is called, without its prefix."""
NOT_TLS: Final = Cause("it does not speak TLS at this port", "use mqtt://, or the port of its TLS listener")
BROKEN_OFF: Final = Cause(
    "it broke off the TLS handshake", "if it goes on so, that port has no TLS: use mqtt://, or its TLS port"
)
"""Mosquitto does so at a plain listener; and so does any broker that is just ending."""
IS_TLS: Final = Cause("it speaks TLS at this port", "use mqtts://, or the port of its plain listener")


def cause(error: BaseException) -> Cause | None:
    """Why a TLS connection failed, if the error says it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        other = Cause(f"its certificate does not hold: {error.verify_message}", "membroker certs show, there")
        return _OF_VERIFYING.get(error.verify_code, other)
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError):
        return BROKEN_OFF
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if "WRONG_VERSION_NUMBER" in reason or "RECORD_LAYER_FAILURE" in reason:
        return NOT_TLS
    return next((found for alert, found in _OF_ALERTS.items() if reason.endswith(alert)), None)


def in_words(error: Exception, broker: BrokerUrl) -> str:
    """Why a broker cannot be reached, with or without TLS."""
    if broker.tls and (found := cause(error)) is not None:
        return str(found)
    return getattr(error, "strerror", None) or str(error) or "no answer"


def look(broker: BrokerUrl, trust: Trust) -> Cause | None:
    """Connects once more, and says why a broker that hung up did so, if it has to do with TLS. Blocks."""
    try:
        with socket.create_connection((broker.host, broker.port), LOOK_S_MAX) as plain:
            return _after_handshake(plain, broker, trust) if broker.tls else _speaks_tls(plain)
    except (OSError, TlsFault):
        return None


def _after_handshake(plain: socket.socket, broker: BrokerUrl, trust: Trust) -> Cause | None:
    try:
        with trust.context().wrap_socket(plain, server_hostname=broker.host) as secure:
            secure.settimeout(ALERT_S_MAX)
            secure.recv(1)
    except TimeoutError:
        return None  # it waits for our first word: TLS is not what it minds
    except OSError as error:
        return cause(error)
    return None


def _speaks_tls(plain: socket.socket) -> Cause | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is told to whom we do not verify: only whether there is a handshake is of interest.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_socket(plain).close()
    except OSError as error:
        return IS_TLS if cause(error) not in (None, NOT_TLS, BROKEN_OFF) else None
    return IS_TLS
