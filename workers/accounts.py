"""The accounts of the broker that we start ourselves: made once, kept readable for us alone."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from broker_bridge import access
from broker_bridge.access import Account
from broker_bridge.presence import ServiceName
from broker_bridge.url import BrokerUrl
from workers import ingest, query

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
            "ingest": access.ingest_rights(ingest.GROUP),
            "query": access.query_rights(query.GROUP),
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


def load_or_make(directory: Path, port: int) -> LocalAccounts:
    """The accounts kept in `directory`, made if there are none."""
    found = load(directory, port)
    if found is not None:
        return found
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    passwords = {name: access.new_password() for name in ("ingest", "query", OPERATOR, OWNER)}
    # Readable for us alone from its first byte on.
    descriptor = os.open(_file(directory), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(passwords, out)
    return LocalAccounts(passwords, port)


def load(directory: Path, port: int) -> LocalAccounts | None:
    """The accounts kept in `directory`, if there are any."""
    try:
        return LocalAccounts(json.loads(_file(directory).read_text()), port)
    except FileNotFoundError:
        return None


def _file(directory: Path) -> Path:
    return directory / "accounts.json"
