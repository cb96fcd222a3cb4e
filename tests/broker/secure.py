"""A broker of ours that listens with TLS, too, as tests need it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_bridge.access import Account, tenant_rights
from broker_bridge.authority import KeyPair
from broker_bridge.broker import LocalBroker, find_programs
from broker_bridge.broker_config import TlsListener
from broker_bridge.broker_process import reread_certificates
from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.tls import Trust
from broker_bridge.url import BrokerUrl
from tests.conftest import free_port, mosquitto_program
from workers.accounts import OWNER, OWNER_TENANT, LocalAccounts, load_or_make

NOW = datetime.now(UTC)
DAYS = 100
WAIT_S_MAX = 20.0
DEVICES = ("ana", "bob")


@dataclass(frozen=True, slots=True)
class Secure:
    """A broker of ours that listens with TLS, too, and what its clients hold."""

    broker: LocalBroker
    directory: Path
    listener: TlsListener
    accounts: LocalAccounts

    @property
    def folder(self) -> CertificateFolder:
        return CertificateFolder(self.listener.certificates)

    @property
    def trust(self) -> Trust:
        return Trust(str(self.folder.authority))

    def url(self, user: str | None = OWNER) -> BrokerUrl:
        password = None if user is None else self.accounts.passwords[user]
        return BrokerUrl("127.0.0.1", self.listener.port, user, password, tls=True)

    def holding(self, name: str, made: KeyPair | None = None) -> Trust:
        """What a client holds with a certificate of ours, or with one that the test made."""
        if made is None:
            file = self.folder.add_device(name, NOW, DAYS)
            return replace(self.trust, certificate=str(file), key=str(file.with_suffix(".key")))
        file = self.directory / f"{name}.pem"
        file.write_text(made.certificate + made.key)
        return replace(self.trust, certificate=str(file))

    @property
    def authority(self) -> KeyPair:
        return KeyPair(self.folder.authority.read_text(), self.folder.authority_key.read_text())

    async def serve(self, made: KeyPair) -> None:
        """Has the broker show another certificate from now on."""
        self.folder.server.write_text(made.certificate)
        self.folder.server.with_suffix(".key").write_text(made.key)
        await self.reread()

    async def reread(self) -> None:
        """Returns when the broker has read its certificates again."""
        before = self.log.count("Reloading config")
        assert reread_certificates(self.directory) == self.broker.pid
        await self.logged("Reloading config", before + 1)

    async def logged(self, words: str, times: int) -> None:
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                while self.log.count(words) < times:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"the broker has not logged {words!r} {times} times: {self.log}")

    @property
    def log(self) -> str:
        return (self.directory / "mosquitto.log").read_text()


async def started(data: Path, *, by_certificate: bool) -> Secure:
    """As `membroker up` lays it out in its data folder."""
    mosquitto_program()
    directory = data / "broker"
    folder = CertificateFolder(data / "certs")
    folder.begin(["house.example"], NOW, DAYS)
    port = free_port()
    accounts = load_or_make(directory, port)
    listener = TlsListener("127.0.0.1", free_port(), folder.path, by_certificate)
    broker = LocalBroker(find_programs("mosquitto"), directory, port, listener)
    devices = [Account(name, f"of-{name}", tenant_rights(OWNER_TENANT), name) for name in DEVICES]
    await broker.start([*accounts.all("1"), *devices])
    return Secure(broker, directory, listener, accounts)
