"""Accounts and rights, as Mosquitto's dynamic-security plugin keeps them. Default deny, always.

The broker enforces topics, so a right is a set of topic filters of the contract. An account bound to a
client id cannot be used under another.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from broker_bridge import topics
from broker_bridge.topics import SYSTEM_TENANT, shared

BROKER_DROPPED = "$SYS/broker/publish/messages/dropped"
BROKER_QUEUED = "$SYS/broker/store/messages/count"
"""What ingest must know of the broker: what it has lost, and what waits."""

AclType = Literal["publishClientSend", "publishClientReceive", "subscribePattern"]

PASSWORD_BYTES = 18
_SALT_BYTES = 12
_ITERATIONS = 101
"""Mosquitto's own; our passwords are random, so nobody guesses them faster than the keys themselves."""


@dataclass(frozen=True, slots=True)
class Acl:
    """One thing that is allowed."""

    acltype: AclType
    topic: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who may connect, and what it may do."""

    username: str
    password: str = field(repr=False)
    acls: tuple[Acl, ...]
    client_id: str | None = None


def new_password() -> str:
    """A random password that needs no quoting in a shell or URL."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def service_rights(service: str, instance: str) -> tuple[Acl, ...]:
    """What a service says of itself."""
    return tuple(_send(topics.service(service, instance, leaf)) for leaf in ("status", "stats"))


def ingest_rights() -> tuple[Acl, ...]:
    """Hears every observation; tells receipts, stream and dead letters."""
    observed = topics.asked_of_all(topics.OBS)
    return (
        _join(shared(topics.INGEST_GROUP, observed)),
        _receive(observed),
        _send(f"{topics.ROOT}/+/{topics.RECEIPT}/+/#"),
        _send(f"{topics.ROOT}/+/{topics.STREAM}/#"),
        _send(f"{topics.ROOT}/{SYSTEM_TENANT}/deadletter/#"),
        *(right(topic) for topic in (BROKER_DROPPED, BROKER_QUEUED) for right in (_join, _receive)),
    )


def query_rights() -> tuple[Acl, ...]:
    """Hears every request; answers."""
    asked = [topics.asked_of_all(verb) for verb in topics.ASKED_VERBS]
    return (
        *(_join(shared(topics.QUERY_GROUP, each)) for each in asked),
        *(_receive(each) for each in asked),
        _send(f"{topics.ROOT}/+/{topics.REPLY}/+/#"),
    )


def operator_rights() -> tuple[Acl, ...]:
    """Sees everything, acts as anybody: whoever runs the broker can do so anyway."""
    everything = f"{topics.ROOT}/#"
    return (_send(everything), _receive(everything), _join(everything), _receive("$SYS/#"), _join("$SYS/#"))


def tenant_rights(tenant: str) -> tuple[Acl, ...]:
    """All of one tenant, as any of its clients: for its owner's own hands."""
    everything = f"{topics.ROOT}/{tenant}/#"
    return (_send(everything), _receive(everything), _join(everything))


def dynamic_security(accounts: Sequence[Account], *, salt: bytes | None = None) -> dict[str, Any]:
    """The plugin's configuration file: these accounts, each with a role of its own, and nothing else."""
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [_client(account, salt or secrets.token_bytes(_SALT_BYTES)) for account in accounts],
        "roles": [
            {
                "rolename": account.username,
                "acls": [
                    {"acltype": acl.acltype, "topic": acl.topic, "priority": 0, "allow": True}
                    for acl in account.acls
                ],
            }
            for account in accounts
        ],
        "groups": [],
    }


def _client(account: Account, salt: bytes) -> dict[str, Any]:
    digest = hashlib.pbkdf2_hmac("sha512", account.password.encode(), salt, _ITERATIONS)
    client: dict[str, Any] = {
        "username": account.username,
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": _ITERATIONS,
        "roles": [{"rolename": account.username}],
    }
    if account.client_id is not None:
        client["clientid"] = account.client_id
    return client


def _send(topic: str) -> Acl:
    return Acl("publishClientSend", topic)


def _receive(topic: str) -> Acl:
    return Acl("publishClientReceive", topic)


def _join(topic: str) -> Acl:
    return Acl("subscribePattern", topic)
