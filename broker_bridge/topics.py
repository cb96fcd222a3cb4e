"""Topics of wire contract v1, read and written. Identity lives here, because the broker can enforce it."""

import re
from dataclasses import dataclass
from typing import Final, Self

from schemas.limits import ENTITY_LEVELS_MAX, LEVEL_PATTERN, TOPIC_BYTES_MAX

ROOT: Final = "mem/v1"
ALL_BELOW: Final = "_all"
SYSTEM_TENANT: Final = "_sys"
OF_BROKER: Final = "$SYS/#"
"""What the broker says of itself."""

OBS: Final = "obs"
RECEIPT: Final = "receipt"
QUERY: Final = "query"
MANAGE: Final = "manage"
REPLY: Final = "reply"
STREAM: Final = "stream"
SUMMARY: Final = "summary"
PRESENCE: Final = "presence"

ASKED_VERBS: Final = (QUERY, MANAGE)

LATEST: Final = "latest"
SUMMARY_NAMES: Final = (LATEST, "hour", "day", "month")

INGEST_GROUP: Final = "ingest"
QUERY_GROUP: Final = "query"
"""The shared subscriptions of the services."""
CLIENT_VERBS: Final = (OBS, RECEIPT, QUERY, MANAGE, REPLY)
"""Those whose topic carries a client and an entity, as `Topic.parse` reads it."""

_level = re.compile(LEVEL_PATTERN).fullmatch


class BadTopic(ValueError):
    """A topic outside the contract; the message names the level that is wrong."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who speaks about whom: the identity part of `mem/v1/{tenant}/{verb}/{client}/{entity…}`."""

    tenant: str
    client: str
    entity: str
    """Levels joined by `/`; without a trailing `_all`."""
    below: bool = False
    """The entity and all below it (`…/_all` in a request)."""

    @property
    def path(self) -> str:
        """The entity part of a request's or reply's topic."""
        return f"{self.entity}/{ALL_BELOW}" if self.below else self.entity


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic a service was sent."""

    verb: str
    address: Address

    @classmethod
    def parse(cls, topic: str) -> Self:
        """Reads `mem/v1/{tenant}/{verb}/{client}/{entity…}`.

        Raises:
            BadTopic: it is not one, its verb names no client, or a level breaks the rule.
        """
        if len(topic.encode()) > TOPIC_BYTES_MAX:
            raise BadTopic(f"topic: at most {TOPIC_BYTES_MAX} bytes")
        levels = topic.split("/")
        if len(levels) < 6 or levels[0] != "mem" or levels[1] != "v1":
            raise BadTopic("topic: must be mem/v1/{tenant}/{verb}/{client}/{entity…}")
        tenant, verb, client, *path = levels[2:]
        if verb not in CLIENT_VERBS:
            raise BadTopic(f"topic: verb must be one of {', '.join(CLIENT_VERBS)}")
        below = path[-1] == ALL_BELOW and verb in (QUERY, MANAGE, REPLY)
        entity = path[:-1] if below else path
        if not 1 <= len(entity) <= ENTITY_LEVELS_MAX:
            raise BadTopic(f"topic: an entity has 1 to {ENTITY_LEVELS_MAX} levels")
        for name, level in [("tenant", tenant), ("client", client), *(("entity", level) for level in entity)]:
            check_level(name, level)
        return cls(verb, Address(tenant, client, "/".join(entity), below))


def check_level(name: str, level: str) -> None:
    """Raises BadTopic unless `level` may stand for a tenant, client or entity level."""
    if not _level(level):
        raise BadTopic(f"topic: {name} level {level[:32]!r} must match {LEVEL_PATTERN}")


def speaker(topic: str) -> tuple[str, str] | None:
    """Tenant and client of a topic whose entity may be wrong: enough to tell the sender so."""
    levels = topic.split("/")
    if len(levels) >= 5 and _level(levels[2]) and _level(levels[4]):
        return levels[2], levels[4]
    return None


def is_of_system(topic: str) -> bool:
    """Whether it is one of the services' own topics."""
    return topic.startswith(f"{ROOT}/{SYSTEM_TENANT}/")


def mirror(topic: str, verb: str) -> str:
    """The same path under another verb: `obs` → `receipt`, `query` and `manage` → `reply`."""
    levels = topic.split("/")
    levels[3] = verb
    return "/".join(levels)


def of_client(verb: str, address: Address) -> str:
    """A topic that carries client and entity."""
    return f"{ROOT}/{address.tenant}/{verb}/{address.client}/{address.path}"


def all_of_client(verb: str, tenant: str, client: str) -> str:
    """The filter of all that a client says, or hears, under a verb."""
    return f"{ROOT}/{tenant}/{verb}/{client}/#"


def stream(tenant: str, entity: str) -> str:
    """Where an entity's memories are told of."""
    return f"{ROOT}/{tenant}/{STREAM}/{entity}"


def presence(tenant: str, client: str) -> str:
    """Where a client says that it is online."""
    return f"{ROOT}/{tenant}/{PRESENCE}/{client}"


def summary(tenant: str, name: str, entity: str) -> str:
    """Where an entity's digest is retained; `name` is one of SUMMARY_NAMES."""
    return f"{ROOT}/{tenant}/{SUMMARY}/{name}/{entity}"


def of_summary(topic: str) -> tuple[str, str, str]:
    """Tenant, name and entity of a digest's topic, as `summary` made it."""
    _, _, tenant, _, name, entity = topic.split("/", 5)
    return tenant, name, entity


def service(name: str, instance: str, leaf: str) -> str:
    """Where a service says how it is: `leaf` is `status` or `stats`."""
    return f"{ROOT}/{SYSTEM_TENANT}/{name}/{instance}/{leaf}"


def dead_letter(topic: str) -> str:
    """Where operators hear of what was refused on `topic`; `_unknown` where the topic itself was wrong."""
    try:
        address = Topic.parse(topic).address
    except BadTopic:
        return f"{ROOT}/{SYSTEM_TENANT}/deadletter/_unknown"
    return f"{ROOT}/{SYSTEM_TENANT}/deadletter/{address.tenant}/{address.client}/{address.entity}"


def asked_of_all(verb: str) -> str:
    """What a service subscribes, to hear `verb` from every client of every tenant."""
    return f"{ROOT}/+/{verb}/+/#"


def shared(group: str, topic_filter: str) -> str:
    """The same as a member of a shared subscription."""
    return f"$share/{group}/{topic_filter}"
