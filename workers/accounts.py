"""As whom to connect where: the accounts of our own broker, or of one that runs elsewhere."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from broker_bridge import access
from broker_bridge.access import Account
from broker_bridge.broker import BrokerFault
from broker_bridge.presence import ServiceName
from broker_bridge.secret_file import write_secret
from broker_bridge.url import BrokerUrl
from workers.settings import Settings

OPERATOR = "operator"
OWNER = "owner"
OWNER_TENANT = "home"
"""The tenant a newcomer starts with; its owner may speak as any of its clients."""


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """Passwords by user name, and the broker's address."""

    passwords: dict[str, str]
    port: int

    def url(self, username: str) -> BrokerUrl:
        """Where and as whom to connect."""
        return BrokerUrl("127.0.0.1", self.port, username, self.passwords[username])

    def all(self, instance: str) -> list[Account]:
        """Every account with its rights, for the broker's first start."""
        services = {
            "ingest": access.ingest_rights(),
            "query": access.query_rights(),
        }
        bound = [
            Account(
                username=service,
                password=self.passwords[service],
                acls=(*rights, *access.service_rights(service, "+")),
                client_id=ServiceName(service, instance).client_id,
            )
            for service, rights in services.items()
        ]
        return [
            *bound,
            Account(OPERATOR, self.passwords[OPERATOR], access.operator_rights()),
            Account(OWNER, self.passwords[OWNER], access.tenant_rights(OWNER_TENANT)),
        ]


def broker_url(settings: Settings, account: str) -> BrokerUrl:
    """The broker, as this account sees it: `ingest`, `query` or `operator`.

    Raises:
        BrokerFault: no broker is named, and ours has never run; or the account is not there.
    """
    if settings.broker is not None:
        url = BrokerUrl.parse(settings.broker)
        if url.username is not None or settings.accounts is None:
            return url
        found = load(settings.accounts, url.port)
        if found is None or account not in found.passwords:
            raise BrokerFault(
                f"{settings.accounts} holds no account {account!r}",
                hint=f"make it: membroker accounts {settings.accounts}",
            )
        return replace(url, username=account, password=found.passwords[account])
    found = load(settings.data / "broker", settings.port)
    if found is None:
        raise BrokerFault(
            f"no broker is named, and none has run with the data in {settings.data}",
            hint="start one with membroker up, or name one: MEMBROKER_BROKER=mqtt://…",
        )
    if account not in found.passwords:
        raise BrokerFault(
            f"{_file(settings.data / 'broker')} holds no account {account!r}",
            hint="restore it, or move it away with dynamic-security.json beside it, and start anew",
        )
    return found.url(account)


def load_or_make(directory: Path, port: int) -> LocalAccounts:
    """The accounts kept in `directory`, made if there are none."""
    found = load(directory, port)
    if found is not None:
        return found
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    passwords = {name: access.new_password() for name in ("ingest", "query", OPERATOR, OWNER)}
    write_secret(_file(directory), json.dumps(passwords))
    return LocalAccounts(passwords, port)


def load(directory: Path, port: int) -> LocalAccounts | None:
    """The accounts kept in `directory`, if there are any."""
    try:
        return LocalAccounts(json.loads(_file(directory).read_text()), port)
    except FileNotFoundError:
        return None


def _file(directory: Path) -> Path:
    return directory / "accounts.json"
