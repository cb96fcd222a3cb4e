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

CONTROL = "$CONTROL/dynamic-security/v1"
CONTROL_ANSWERS = f"{CONTROL}/response"
"""Where the plugin takes commands, and answers them."""
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
    kind: str | None = None
    """What it is for, as the plugin keeps it beside the account."""


def new_password() -> str:
    """A random password that needs no quoting in a shell or URL."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def service_rights(service: str, instance: str) -> tuple[Acl, ...]:
    """What a service says of itself."""
    return tuple(send(topics.service(service, instance, leaf)) for leaf in ("status", "stats"))


def ingest_rights() -> tuple[Acl, ...]:
    """Hears every observation; tells receipts, stream and dead letters."""
    observed = topics.asked_of_all(topics.OBS)
    return (
        join(shared(topics.INGEST_GROUP, observed)),
        receive(observed),
        send(f"{topics.ROOT}/+/{topics.RECEIPT}/+/#"),
        send(f"{topics.ROOT}/+/{topics.STREAM}/#"),
        send(f"{topics.ROOT}/{SYSTEM_TENANT}/deadletter/#"),
        *hear(BROKER_DROPPED),
        *hear(BROKER_QUEUED),
    )


def query_rights() -> tuple[Acl, ...]:
    """Hears every request; answers; takes back the retained summaries of what is forgotten, and tells so."""
    asked = [topics.asked_of_all(verb) for verb in topics.ASKED_VERBS]
    return (
        *(join(shared(topics.QUERY_GROUP, each)) for each in asked),
        *(receive(each) for each in asked),
        send(f"{topics.ROOT}/+/{topics.REPLY}/+/#"),
        send(f"{topics.ROOT}/+/{topics.SUMMARY}/+/#"),
        send(f"{topics.ROOT}/+/{topics.STREAM}/#"),
    )


def summarizer_rights() -> tuple[Acl, ...]:
    """Hears what became of every observation; tells of summaries, and keeps the retained digests."""
    return (
        *hear(topics.stream("+", "#")),
        send(f"{topics.ROOT}/+/{topics.STREAM}/#"),
        send(f"{topics.ROOT}/+/{topics.SUMMARY}/+/#"),
    )


def operator_rights() -> tuple[Acl, ...]:
    """Sees everything, acts as anybody: whoever runs the broker can do so anyway."""
    everything = f"{topics.ROOT}/#"
    return (send(everything), *hear(everything), *hear(topics.OF_BROKER))


def tenant_rights(tenant: str) -> tuple[Acl, ...]:
    """All of one tenant, as any of its clients: for its owner's own hands."""
    everything = f"{topics.ROOT}/{tenant}/#"
    return (send(everything), *hear(everything))


def access_rights() -> tuple[Acl, ...]:
    """Changes who may what. It could give itself more, so whoever has its password has the broker."""
    return (send(CONTROL), *hear(CONTROL_ANSWERS))


def dynamic_security(accounts: Sequence[Account], *, salt: bytes | None = None) -> dict[str, Any]:
    """The plugin's configuration file: these accounts, each with a role of its own, and nothing else."""
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": False,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [client_entry(account, salt) for account in accounts],
        "roles": [{"rolename": account.username, "acls": acl_entries(account.acls)} for account in accounts],
        "groups": [],
    }


def client_entry(account: Account, salt: bytes | None = None) -> dict[str, Any]:
    """An account as the plugin's file keeps it: of the password a salted hash."""
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    client: dict[str, Any] = {
        "username": account.username,
        "password": _hash(account.password, salt, _ITERATIONS),
        "salt": base64.b64encode(salt).decode(),
        "iterations": _ITERATIONS,
        "roles": [{"rolename": account.username}],
    }
    if account.client_id is not None:
        client["clientid"] = account.client_id
    if account.kind is not None:
        client["textname"] = account.kind
    return client


def acl_entries(acls: Sequence[Acl]) -> list[dict[str, Any]]:
    """Rights as the plugin keeps them."""
    return [{"acltype": acl.acltype, "topic": acl.topic, "priority": 0, "allow": True} for acl in acls]


def has_password(client: dict[str, Any], password: str) -> bool:
    """Whether an account in the plugin's file has this password."""
    salt = base64.b64decode(client.get("salt", ""))
    return bool(client.get("password") == _hash(password, salt, client.get("iterations", _ITERATIONS)))


def _hash(password: str, salt: bytes, iterations: int) -> str:
    return base64.b64encode(hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)).decode()


def send(topic: str) -> Acl:
    """May publish there."""
    return Acl("publishClientSend", topic)


def receive(topic: str) -> Acl:
    """May be sent what is published there."""
    return Acl("publishClientReceive", topic)


def join(topic: str) -> Acl:
    """May subscribe that, or what lies within."""
    return Acl("subscribePattern", topic)


def hear(topic: str) -> tuple[Acl, Acl]:
    """May subscribe, and be sent what comes."""
    return receive(topic), join(topic)
