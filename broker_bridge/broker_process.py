"""The process of our own broker, found by the files in its directory."""

import contextlib
import os
import signal
from pathlib import Path

CONFIG = "mosquitto.conf"
PID = "mosquitto.pid"


def running(directory: Path) -> int | None:
    """The process that the pid file names, if it runs with our configuration: numbers are used again."""
    try:
        pid = int((directory / PID).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(directory / CONFIG) in command else None


def reread_certificates(directory: Path) -> int | None:
    """Has the broker read its certificates and revocations again; nobody is disconnected by that.

    Returns its process id, or None where none runs that is ours.
    """
    pid = running(directory)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
    return pid
