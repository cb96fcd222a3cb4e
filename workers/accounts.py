"""As whom to connect where: the accounts of our own broker, or of one that runs elsewhere."""

import json
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from broker_bridge import access, security_file
from broker_bridge.access import Account
from broker_bridge.faults import BrokerFault
from broker_bridge.presence import ServiceName
from broker_bridge.secret_file import write_secret
from broker_bridge.url import BrokerUrl
from workers.settings import CLIENT_ID_SUFFIX, Settings

INGEST = "ingest"
QUERY = "query"
SUMMARIZER = "summarizer"
OPERATOR = "operator"
OWNER = "owner"
ACCESS = "access"
OWNER_TENANT = "home"
"""The tenant a newcomer starts with; its owner may speak as any of its clients."""
NAMES = (INGEST, QUERY, SUMMARIZER, OPERATOR, OWNER, ACCESS)
SERVICE_KIND = "service"
"""What the broker is told that these accounts are for."""

_SUFFIX_BYTES = 9
_passwords = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """Passwords by user name, and the broker's address."""

    passwords: dict[str, str]
    port: int
    suffix: str | None = None
    """Ends the client ids of services: no other account, if it is bound to none, can guess and take over one.

    None where they were made without: under new ids, what the broker keeps for the old ones would be left.
    """

    def url(self, username: str, instance: str) -> BrokerUrl:
        """Where and as whom to connect."""
        client_id = self._client_id(username, instance)
        return BrokerUrl("127.0.0.1", self.port, username, self.passwords[username], client_id=client_id)

    def all(self, instance: str) -> list[Account]:
        """Every account with its rights, for the broker's start."""
        rights = {
            INGEST: (*access.ingest_rights(), *access.service_rights(INGEST, "+")),
            QUERY: (*access.query_rights(), *access.service_rights(QUERY, "+")),
            SUMMARIZER: (*access.summarizer_rights(), *access.service_rights(SUMMARIZER, "+")),
            OPERATOR: access.operator_rights(),
            OWNER: access.tenant_rights(OWNER_TENANT),
            ACCESS: access.access_rights(),
        }
        return [
            Account(name, self.passwords[name], acls, self._client_id(name, instance), SERVICE_KIND)
            for name, acls in rights.items()
        ]

    def as_user(self, url: BrokerUrl, username: str, instance: str) -> BrokerUrl:
        """The same broker, as one of these accounts."""
        own = self.url(username, instance)
        return replace(
            url, username=username, password=own.password, client_id=url.client_id or own.client_id
        )

    def _client_id(self, username: str, instance: str) -> str | None:
        """Services are bound to one; people, who run several commands at a time, are not."""
        if username not in {INGEST, QUERY, SUMMARIZER}:
            return None
        plain = ServiceName(username, instance).client_id
        return plain if self.suffix is None else f"{plain}-{self.suffix}"


def broker_url(settings: Settings, account: str) -> BrokerUrl:
    """The broker, as this account sees it: one of NAMES.

    Raises:
        BrokerFault: no broker is named, and ours has never run; or the account is not there.
    """
    if settings.broker is not None:
        url = BrokerUrl.parse(settings.broker)
        if settings.accounts is None:
            return url
        named = load(settings.accounts, url.port)
        if url.username is None:
            return _holding(named, account, settings.accounts).as_user(url, account, settings.instance)
        if named is None or named.passwords.get(url.username) != url.password:
            return url
        return named.as_user(url, url.username, settings.instance)
    found = load(settings.data / "broker", settings.port)
    if found is None:
        raise BrokerFault(
            f"no broker is named, and none has run with the data in {settings.data}",
            hint="start one with membroker up, or name one: MEMBROKER_BROKER=mqtt://…",
        )
    if account not in found.passwords:
        raise BrokerFault(
            f"{_file(settings.data / 'broker')} holds no account {account!r}",
            hint="start membroker up again, which makes what is missing",
        )
    return found.url(account, settings.instance)


def access_url(settings: Settings) -> BrokerUrl:
    """The broker, as the account that may change rights.

    Where accounts are kept, that one of them, whoever else the broker's URL names: a service's container and
    the operator's console have their own user there.

    Raises:
        BrokerFault: as `broker_url` does.
    """
    if settings.broker is None or settings.accounts is None:
        return broker_url(settings, ACCESS)
    url = BrokerUrl.parse(settings.broker)
    found = _holding(load(settings.accounts, url.port), ACCESS, settings.accounts)
    return found.as_user(replace(url, client_id=None), ACCESS, settings.instance)


def load_or_make(directory: Path, port: int) -> LocalAccounts:
    """The accounts kept in `directory`; those that are missing are made."""
    found = load(directory, port)
    if found is None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = LocalAccounts({}, port, _new_suffix())
    missing = [name for name in NAMES if name not in found.passwords]
    if not missing:
        return found
    made = {name: access.new_password() for name in missing}
    found = replace(found, passwords=found.passwords | made)
    suffix = {} if found.suffix is None else {CLIENT_ID_SUFFIX: found.suffix}
    write_secret(_file(directory), json.dumps(found.passwords | suffix))
    return found


def load(directory: Path, port: int) -> LocalAccounts | None:
    """The accounts kept in `directory`, if there are any.

    Raises:
        BrokerFault: the file is damaged.
    """
    file = _file(directory)
    try:
        kept = _passwords.validate_json(file.read_bytes(), strict=True)
    except FileNotFoundError:
        return None
    except ValidationError:  # whose text would quote passwords
        raise BrokerFault(
            f"{file} is damaged", hint=f"restore it, or move it and {security_file.NAME} away, and start anew"
        ) from None
    suffix = kept.pop(CLIENT_ID_SUFFIX, None)
    return LocalAccounts(kept, port, suffix)


def _holding(found: LocalAccounts | None, account: str, directory: Path) -> LocalAccounts:
    """These accounts; raises BrokerFault where they do not hold that one."""
    if found is None or account not in found.passwords:
        raise BrokerFault(
            f"{directory} holds no account {account!r}", hint=f"make it: membroker accounts {directory}"
        )
    return found


def _new_suffix() -> str:
    return secrets.token_hex(_SUFFIX_BYTES)


def _file(directory: Path) -> Path:
    return directory / "accounts.json"
