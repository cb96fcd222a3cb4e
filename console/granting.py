"""What `membroker access` was asked for, as names and grants. Pure."""

from collections.abc import Sequence

from broker_bridge.grants import EVERYTHING, KINDS, WHOLE_TENANT, AccountName, Grant, Kind
from broker_bridge.roster import Entry
from console.faults import Refused


def name_of(account: str, tenant: str | None) -> AccountName:
    """The name in full; raises Refused where ACCOUNT and --tenant differ."""
    name = AccountName.parse(account)
    if tenant is None or name.tenant == tenant:
        return name
    if name.tenant is not None:
        raise Refused(f"{account} is of {name.tenant}, and --tenant says {tenant}: leave one of them out")
    return AccountName.parse(f"{account}@{tenant}")


def grants_for(name: AccountName, kind: Kind, entities: Sequence[str], rights: Sequence[str]) -> list[Grant]:
    """What was asked for, and where nothing was, what its kind begins with.

    Raises:
        Refused: a device or kiosk must say of what; a client must say of which tenant.
        BadTopic: an entity is none.
    """
    if name.tenant is None:
        if kind != "operator":
            raise Refused(f"a {kind} is of a tenant: {name}@home, or --tenant home")
        if entities or rights:
            raise Refused(
                "an operator of no tenant watches the services alone: leave out --entity and --right"
            )
        return []
    if not entities and kind not in WHOLE_TENANT:
        raise Refused(
            f"of what may this {kind} speak? --entity home7, or --entity 'home7/#' for all below, too"
        )
    return [
        Grant.parse(right, entity) for entity in entities or (EVERYTHING,) for right in rights or KINDS[kind]
    ]


def left_of(entry: Entry, entities: Sequence[str], rights: Sequence[str]) -> list[Grant]:
    """An account's grants without these; raises Refused where it holds none of them."""
    left = [
        grant
        for grant in entry.grants
        if (entities and grant.entity not in entities) or (rights and grant.right not in rights)
    ]
    if len(left) == len(entry.grants):
        held = ", ".join(f"{grant.right} {grant.entity}" for grant in entry.grants) or "nothing"
        raise Refused(f"{entry.username} was not granted that; it holds {held}")
    return left


def more_for(entry: Entry, entities: Sequence[str], rights: Sequence[str]) -> list[Grant]:
    """What was asked for in addition; raises as `grants_for`, and Refused for an account of others."""
    kind = next((each for each in KINDS if each == entry.kind), None)
    if kind is None or entry.name is None:
        raise Refused(f"{entry.username} was not added by membroker access, so it is not changed here")
    return grants_for(entry.name, kind, entities, rights)
