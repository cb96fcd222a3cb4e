"""Who may what about whom, as rights at the broker, and read back from them. Pure.

A grant is a right over an entity filter: `home7` is that entity alone, `home7/#` it and all below, `#` all of
the tenant. What the broker keeps is topic filters; each grant makes its own, so they can be read back, and
there is no second list that could say something else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self, get_args

from broker_bridge import topics
from broker_bridge.access import Acl, hear, send
from broker_bridge.topics import ROOT, SYSTEM_TENANT, BadTopic, check_level
from schemas.limits import ENTITY_LEVELS_MAX

Right = Literal["observe", "recall", "manage", "summary"]
RIGHTS: tuple[Right, ...] = get_args(Right)
Kind = Literal["device", "kiosk", "gateway", "operator"]
KINDS: dict[Kind, tuple[Right, ...]] = {
    "device": ("observe",),
    "kiosk": ("observe", "recall", "summary"),
    "gateway": ("observe",),
    "operator": RIGHTS,
}
"""The rights that each begins with."""

EVERYTHING = "#"
WHOLE_TENANT: tuple[Kind, ...] = ("gateway", "operator")
"""Those that begin with all entities where none is named."""
GRANTS_MAX = 64
"""An account; the plugin looks through its rights at every message."""


class BadGrant(BadTopic):
    """A grant, or a name of an account, that cannot be; the message says what would do."""


@dataclass(frozen=True, slots=True)
class AccountName:
    """Whose account it is: `kiosk-1@acme` is the client kiosk-1 of the tenant acme."""

    client: str
    tenant: str | None
    """None: somebody who watches the services, and speaks in no tenant."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `kiosk-1@acme`, or `ana` for somebody of no tenant.

        Raises:
            BadTopic: a part breaks the rule of topic levels.
        """
        client, at, tenant = text.partition("@")
        check_level("client", client)
        if at:
            check_level("tenant", tenant)
        return cls(client, tenant if at else None)

    def __str__(self) -> str:
        """The user name at the broker. No level holds an `@`, so no two accounts share one."""
        return self.client if self.tenant is None else f"{self.client}@{self.tenant}"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One right over one entity, or over it and all below."""

    right: Right
    entity: str

    @classmethod
    def parse(cls, right: str, entity: str) -> Self:
        """Checks both.

        Raises:
            BadTopic: no such right; or the entity is neither `home7`, nor `home7/#`, nor `#`.
        """
        known = next((each for each in RIGHTS if each == right), None)
        if known is None:
            raise BadGrant(f"right: must be one of {', '.join(RIGHTS)}")
        levels = entity.split("/")
        path = levels[:-1] if levels[-1] == EVERYTHING else levels
        if any("+" in level or EVERYTHING in level for level in path):
            raise BadGrant(f"entity {entity[:64]!r}: must be like home7, home7/# (and all below) or # (all)")
        if len(path) > ENTITY_LEVELS_MAX:
            raise BadGrant(f"entity: has 1 to {ENTITY_LEVELS_MAX} levels")
        for level in path:
            check_level("entity", level)
        return cls(known, entity)


def client_rights(name: AccountName, kind: Kind, grants: Iterable[Grant]) -> tuple[Acl, ...]:
    """What the broker has to allow an account: its grants, its presence, and what its kind has besides.

    Raises:
        BadGrant: too many grants; or grants for somebody who speaks in no tenant.
    """
    wanted = list(dict.fromkeys(grants))
    if len(wanted) > GRANTS_MAX:
        raise BadGrant(f"an account has at most {GRANTS_MAX} grants: grant a wider entity, like home7/#")
    if name.tenant is None:
        if wanted or kind != "operator":
            raise BadGrant(f"{name} is of no tenant: name it, as in {name}@home, or leave the grants out")
        return (*hear(f"{ROOT}/{SYSTEM_TENANT}/#"), *hear(topics.OF_BROKER))
    made = [send(topics.presence(name.tenant, name.client))]
    for grant in wanted:
        made += rights_of(grant.right, name.tenant, name.client, grant.entity)
    if kind == "operator":
        made += hear(f"{ROOT}/{name.tenant}/{topics.STREAM}/#")
        made += hear(topics.presence(name.tenant, "+"))
    return tuple(dict.fromkeys(made))


def rights_of(right: Right, tenant: str, client: str, entity: str) -> tuple[Acl, ...]:
    """The topic filters of one right: what is said, and where its answers are heard."""

    def own(verb: str, path: str) -> str:
        return f"{ROOT}/{tenant}/{verb}/{client}/{path}"

    match right:
        case "observe":
            return send(own(topics.OBS, entity)), *hear(own(topics.RECEIPT, "#"))
        case "recall":
            return send(own(topics.QUERY, entity)), *hear(own(topics.REPLY, "#"))
        case "manage":
            return send(own(topics.MANAGE, entity)), *hear(own(topics.REPLY, "#"))
        case "summary":
            return hear(f"{ROOT}/{tenant}/{topics.SUMMARY}/+/{entity}")


def grants_of(name: AccountName, acls: Iterable[Acl]) -> list[Grant]:
    """The grants that rights were made of."""
    if name.tenant is None:
        return []
    held = list(acls)
    found = []
    for right in RIGHTS:
        mark = rights_of(right, name.tenant, name.client, "")[0]
        found += [
            Grant(right, acl.topic.removeprefix(mark.topic))
            for acl in held
            if acl.acltype == mark.acltype and acl.topic.startswith(mark.topic)
        ]
    return sorted(found)
