"""What Mosquitto is told, each line with its reason. `mosquitto/mosquitto.conf` is made of this too. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

QUEUED_MESSAGES_MAX = 1_000_000
QUEUED_BYTES_MAX = 256 * 1024 * 1024
IN_FLIGHT_MESSAGES_MAX = 4096
PACKET_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One setting and why it is so."""

    setting: str
    reason: str


@dataclass(frozen=True, slots=True)
class TlsListener:
    """Where others than this machine may come in, and what proves to them who we are."""

    address: str
    """Empty for all that the machine has: in a container, where what is published decides."""
    port: int
    certificates: Path
    """The folder with ca.pem, server.pem and server.key, and crl.pem."""
    by_certificate: bool = False
    """Clients prove who they are by a certificate, too, instead of by a password."""

    def lines(self) -> tuple[Line, ...]:
        """The listener's part of the configuration."""
        folder = self.certificates
        listener = (
            Line(
                f"listener {self.port} {self.address}".rstrip(),
                "for devices on other machines, over TLS alone",
            ),
            Line(f"certfile {folder / 'server.pem'}", "by `membroker certs`; read again at SIGHUP"),
            Line(f"keyfile {folder / 'server.key'}", "which belongs to it"),
            Line("tls_version tlsv1.2", "and newer: what is older is broken"),
        )
        return (*listener, *self._mutual()) if self.by_certificate else listener

    def _mutual(self) -> tuple[Line, ...]:
        folder = self.certificates
        return (
            Line(f"cafile {folder / 'ca.pem'}", "whose certificates let clients in; nobody else's"),
            Line("require_certificate true", "no certificate, no connection"),
            Line(f"crlfile {folder / 'crl.pem'}", "but those that were revoked; read again at SIGHUP"),
            Line("use_identity_as_username true", "its common name is the account; no password is asked for"),
            Line(
                "use_username_as_clientid true",
                "and the client id, whatever the client says: nobody can take another's session",
            ),
        )


SNAPSHOTS: tuple[Line, ...] = (
    Line("persistence true", "sessions, queued and retained messages outlive the broker"),
    Line(
        "autosave_interval 30",
        "seconds. A kill -9 loses what came since; devices keep that until their receipt, and send it again",
    ),
)
"""How every Mosquitto persists; 2.1 has better."""

SHARED: tuple[Line, ...] = (
    Line("allow_anonymous false", "everybody has an account; the dynamic-security plugin denies by default"),
    *SNAPSHOTS,
    Line(
        f"max_queued_messages {QUEUED_MESSAGES_MAX}",
        "the default, 1000, drops acknowledged messages behind a slow ingest; 0 has bugs before 2.0.22",
    ),
    Line(f"max_queued_bytes {QUEUED_BYTES_MAX}", "the bound that protects the machine's memory instead"),
    Line(
        f"max_inflight_messages {IN_FLIGHT_MESSAGES_MAX}",
        "ingest acknowledges after a flush that many messages share; by default only 20 could",
    ),
    Line(
        f"max_packet_size {PACKET_BYTES_MAX}",
        "bytes. Above the contract's 256 KiB, so that ingest can say why it refuses more",
    ),
    Line("set_tcp_nodelay true", "answers take milliseconds; waiting to fill a packet would take 40"),
    Line("retain_available true", "digests, presence and status are retained"),
    Line("connection_messages false", "a line at each connection of each device is no news"),
    Line("sys_interval 10", "seconds between broker statistics; doctor reads them"),
)


def render(lines: Sequence[Line]) -> str:
    """The configuration file's text: every setting below its reason."""
    return "\n".join(f"# {line.reason}\n{line.setting}" for line in lines) + "\n"


def local(*, port: int, directory: Path, plugin: Path, user: str, beyond: TlsListener | None = None) -> str:
    """The configuration of the broker that `membroker up` starts for itself."""
    own = (
        Line(f"listener {port} 127.0.0.1", "loopback alone: a listener for others needs TLS"),
        Line(f"user {user}", "started by root, Mosquitto would become a user who cannot read these files"),
        Line(f"persistence_location {directory}/", "beside the memories: one folder to keep"),
        Line(f"plugin {plugin}", "accounts and rights that can change while the broker runs"),
        Line(f"plugin_opt_config_file {directory / 'dynamic-security.json'}", "the plugin keeps them here"),
        Line("log_dest stderr", "which goes to mosquitto.log in the same folder"),
    )
    return render((*own, *(beyond.lines() if beyond else ()), *SHARED))


IN_CONTAINER = TlsListener("", 8883, Path("/mosquitto/certs"))
"""As compose.tls.yaml mounts and publishes it."""


def container(beyond: TlsListener | None = None) -> str:
    """The configuration for the official image, 2.1 or newer: `mosquitto/mosquitto.conf`, or `-tls.conf`."""
    own = (
        Line("listener 1883", "inside the compose network; compose.yaml publishes it on loopback alone"),
        Line("persistence_location /mosquitto/data/", "a volume: mosquitto.sqlite3 is here"),
        Line(
            "global_plugin /usr/lib/mosquitto_persist_sqlite.so",
            "since 2.1: writes each change, where `persistence true`, which it refuses, writes snapshots",
        ),
        Line(
            "plugin_opt_flush_period 0",
            "seconds; 0 commits at every turn: a kill -9 loses nothing, and by default the last 5 s",
        ),
        Line("plugin /usr/lib/mosquitto_dynamic_security.so", "rights that can change while the broker runs"),
        Line(
            "plugin_opt_config_file /mosquitto/accounts/dynamic-security.json",
            "a volume of its own: `membroker accounts` writes this file first, the plugin rewrites it",
        ),
        Line("log_dest stdout", "where containers log"),
    )
    header = "# Made by `make docs` from broker_bridge/broker_config.py; change it there.\n"
    second = beyond.lines() if beyond else ()
    return header + render((*own, *second, *(line for line in SHARED if line not in SNAPSHOTS)))
