"""What `membroker access` shows of accounts. Pure."""

import shlex
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from broker_bridge import topics
from broker_bridge.grants import EVERYTHING, AccountName, Grant
from broker_bridge.roster import Entry
from broker_bridge.topics import Address
from broker_bridge.url import BrokerUrl
from console.lines import shown

_EXAMPLE_ENTITY = "kitchen"
_HEADINGS = ("ACCOUNT", "KIND", "MAY")


def plain(entry: Entry) -> dict[str, Any]:
    """An account, for programs."""
    name = entry.name
    return {
        "account": entry.username,
        "kind": entry.kind,
        "tenant": entry.tenant,
        "client": None if name is None else name.client,
        "client_id": entry.client_id,
        "disabled": entry.is_disabled,
        "grants": plain_grants(entry.grants),
    }


def plain_grants(grants: Iterable[Grant]) -> list[dict[str, str]]:
    """Grants, for programs."""
    return [{"right": grant.right, "entity": grant.entity} for grant in grants]


def table(entries: Sequence[Entry]) -> list[str]:
    """A line an account, in columns, below their headings; nothing of none."""
    if not entries:
        return []
    rows = [_HEADINGS, *((shown(entry.username), shown(entry.kind), _may(entry)) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    return [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows]


def details(entry: Entry) -> list[str]:
    """One account, a line a grant."""
    lines = [
        f"account    {shown(entry.username)}",
        f"kind       {shown(entry.kind)}" + ("  (disabled)" if entry.is_disabled else ""),
        f"client id  {shown(entry.client_id) if entry.client_id else 'any'}",
    ]
    may = [f"{right:<9}  {entities}" for right, entities in _by_right(entry)]
    return lines + [
        f"{'may' if first else '':<11}{each}" for first, each in _with_first(may or [_may(entry)])
    ]


def to_paste(broker: BrokerUrl, name: AccountName, grants: Sequence[Grant]) -> list[str]:
    """A line for Mosquitto's own clients that works as it is; none where nothing is granted."""
    where = [
        "-h",
        broker.host,
        "-p",
        str(broker.port),
        "-u",
        str(broker.username),
        "-P",
        str(broker.password),
    ]
    where += ["-i", str(broker.client_id)] + (["--cafile", "ca.pem"] if broker.tls else [])
    entities = {grant.right: grant.entity for grant in reversed(grants)}
    if name.tenant is None:
        watched = f"{topics.ROOT}/{topics.SYSTEM_TENANT}/#"
        return [shlex.join(["mosquitto_sub", *where, "-v", "-t", watched])]
    if "observe" in entities:
        topic = topics.of_client(topics.OBS, _address(name, entities["observe"]))
        return [shlex.join(["mosquitto_pub", *where, "-q", "1", "-t", topic, "-m", '{"text": "it works"}'])]
    if "recall" in entities:
        address = _address(name, entities["recall"])
        asked, told = (topics.of_client(verb, address) for verb in (topics.QUERY, topics.REPLY))
        question = '{"op": "recent"}'
        return [shlex.join(["mosquitto_rr", *where, "-q", "1", "-t", asked, "-e", told, "-m", question])]
    return []


def _address(name: AccountName, entity: str) -> Address:
    path = entity.removesuffix(EVERYTHING).removesuffix("/")
    return Address(name.tenant or "", name.client, path or _EXAMPLE_ENTITY)


def _may(entry: Entry) -> str:
    if entry.grants:
        return "; ".join(f"{right} {entities}" for right, entities in _by_right(entry))
    if entry.kind == "operator" and entry.tenant is None:
        return "watch the services"
    if entry.kind == "service":
        return "its own work"
    return "nothing" if entry.name is not None else "what somebody set at the broker"


def _by_right(entry: Entry) -> list[tuple[str, str]]:
    """The entities of each right, in one breath."""
    grouped = groupby(sorted(entry.grants), key=lambda grant: grant.right)
    return [(right, ", ".join(grant.entity for grant in grants)) for right, grants in grouped]


def _with_first(lines: list[str]) -> list[tuple[bool, str]]:
    return [(index == 0, line) for index, line in enumerate(lines)]
