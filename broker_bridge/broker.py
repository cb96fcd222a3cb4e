"""Starts Mosquitto as a child of ours, with a generated configuration and accounts, and stops it."""

import asyncio
import contextlib
import getpass
import os
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from broker_bridge import broker_config, broker_process, security_file
from broker_bridge.access import Account
from broker_bridge.broker_config import TlsListener
from broker_bridge.faults import BrokerFault

__all__ = ["BrokerFault", "LocalBroker", "Programs", "find_programs"]

START_S_MAX = 10.0
STOP_S_MAX = 5.0
_CONNECT = bytes.fromhex("100d 0004 4d515454 05 02 0000 00 0000")
"""MQTT 5's, of nobody: the CONNACK may refuse it."""
_PLUGIN = "mosquitto_dynamic_security.so"
_PLUGIN_FOLDERS = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib", "/usr/lib64")


@dataclass(frozen=True, slots=True)
class Programs:
    """What a broker of ours needs from the system."""

    mosquitto: Path
    plugin: Path


def find_programs(mosquitto: str) -> Programs:
    """Mosquitto and its plugin.

    Raises:
        BrokerFault: one of them is missing; the hint installs it.
    """
    # Debian keeps it in /usr/sbin, which is not on everybody's PATH.
    program = shutil.which(mosquitto, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        hint = "sudo apt-get install mosquitto" if mosquitto == "mosquitto" else "check MEMBROKER_MOSQUITTO"
        raise BrokerFault(f"{mosquitto} is not installed", hint=hint)
    for folder in map(Path, _PLUGIN_FOLDERS):
        for plugin in (folder / _PLUGIN, *folder.glob(f"*/{_PLUGIN}")):
            if plugin.exists():
                return Programs(Path(program), plugin)
    raise BrokerFault(
        f"Mosquitto's {_PLUGIN} is not installed", hint="install Debian's mosquitto, which has it, or 2.0+"
    )


class LocalBroker:
    """One Mosquitto, on loopback and, over TLS, beyond, with a directory of its own."""

    def __init__(
        self, programs: Programs, directory: Path, port: int, beyond: TlsListener | None = None
    ) -> None:
        self._programs = programs
        self._directory = directory
        self._port = port
        self._beyond = beyond
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, while it runs."""
        return None if self._process is None else self._process.pid

    async def start(self, accounts: list[Account]) -> None:
        """Returns when the broker answers, and so has every listener open, its certificates read.

        `accounts` are what the plugin's file is made to say of them; whoever else is in it stays.

        Raises:
            BrokerFault: the port is taken, the plugin's file does not fit, or Mosquitto does not start; its
                last words are in the message.
        """
        await self._end_orphan()
        _check_port(self._port)
        if self._beyond is not None:
            _check_tls_port(self._beyond)
        self._write_files(accounts)
        with self._log.open("ab") as log:
            said_before = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *_ending_with_us(),
                self._programs.mosquitto,
                "-c",
                self._config,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: the broker stays until we have drained
            )
        try:
            self._pid_file.write_text(str(self._process.pid))
            await self._until_it_answers(self._process, said_before)
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Returns the exit code when the broker has ended."""
        assert self._process is not None, "started before"  # noqa: S101
        return await self._process.wait()

    async def stop(self) -> None:
        """Asks it to end, saving what it holds; past STOP_S_MAX ends it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self._pid_file.unlink(missing_ok=True)

    @property
    def _config(self) -> Path:
        return self._directory / broker_process.CONFIG

    @property
    def _log(self) -> Path:
        return self._directory / "mosquitto.log"

    @property
    def _pid_file(self) -> Path:
        return self._directory / broker_process.PID

    def _write_files(self, accounts: list[Account]) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._config.write_text(
            broker_config.local(
                port=self._port,
                directory=self._directory,
                plugin=self._programs.plugin,
                user=getpass.getuser(),
                beyond=self._beyond,
            )
        )
        security_file.bring_up_to_date(self._directory / security_file.NAME, accounts)

    async def _until_it_answers(self, process: asyncio.subprocess.Process, said_before: int) -> None:
        try:
            async with asyncio.timeout(START_S_MAX):
                while not await _answers(self._port):
                    if process.returncode is not None:
                        words = self._last_words(said_before)
                        raise BrokerFault(
                            f"Mosquitto ended with code {process.returncode}: {words}",
                            hint=f"see {self._log}",
                        )
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise BrokerFault(
                f"Mosquitto did not answer on port {self._port} within {START_S_MAX:.0f} s",
                hint=f"see {self._log}",
            ) from None

    def _last_words(self, said_before: int) -> str:
        """Of this start: the log goes on after `said_before` bytes of earlier ones."""
        lines = self._log.read_bytes()[said_before:].decode(errors="replace").strip().splitlines()
        # What OpenSSL adds behind an error says less than the error does.
        errors = [line for line in lines if ": Error: " in line]
        return (errors or lines or ["nothing logged"])[-1]

    async def _end_orphan(self) -> None:
        """A broker that outlived us (we were killed) holds the port: it is ours, so end it."""
        orphan = self._orphan()
        if orphan is None:
            return
        if (owner := _membroker_above(orphan)) is not None:
            raise BrokerFault(
                f"another membroker (pid {owner}) runs a broker with the data in {self._directory}",
                hint="stop that one, or give this one its own: MEMBROKER_DATA=… MEMBROKER_PORT=…",
            )
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            os.kill(orphan, signal.SIGTERM)
            async with asyncio.timeout(STOP_S_MAX):
                while self._orphan() is not None:
                    await asyncio.sleep(0.02)

    def _orphan(self) -> int | None:
        """The process that the pid file names, if it runs with our configuration."""
        return broker_process.running(self._directory)


def _membroker_above(pid: int) -> int | None:
    """The membroker whose child a process is, if it is one's."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        command = Path(f"/proc/{parent}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return parent if b"membroker" in command else None


def _ending_with_us() -> list[str]:
    """Has the kernel end the broker when we are killed and cannot (util-linux, on any Debian)."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "TERM", "--"]


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BrokerFault(
                f"port {port} on 127.0.0.1 cannot be used: {error.strerror}",
                hint="choose another: MEMBROKER_PORT=11884, or use the broker that runs there: --broker mqtt://…",
            ) from None


def _check_tls_port(beyond: TlsListener) -> None:
    where = f"port {beyond.port} on {beyond.address}"
    try:
        places = socket.getaddrinfo(beyond.address, beyond.port, type=socket.SOCK_STREAM)
        for family, kind, _, _, place in places:
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
    except OSError as error:
        raise BrokerFault(
            f"{where} cannot be used for TLS: {error.strerror}",
            hint="choose another port or address of this machine: MEMBROKER_TLS_PORT=8884 MEMBROKER_LISTEN=…",
        ) from None


async def _answers(port: int) -> bool:
    """It accepts at its first listener before it has opened the next; it answers when it serves all."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(_CONNECT)
            return await reader.read(1) != b""
        finally:
            writer.close()
    except OSError:
        return False
