"""The dynamic-security plugin's file, before the broker reads it: our own accounts as this version has them.

While the broker runs, the plugin alone writes it (`broker_bridge/dynsec.py` asks it to), so this is for
before its start: an installation of an older version gets the accounts and rights that came since, and
whatever else was added to the broker stays untouched.
"""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from broker_bridge.access import Account, Acl, acl_entries, client_entry, dynamic_security, has_password
from broker_bridge.faults import BrokerFault
from broker_bridge.secret_file import write_secret

NAME = "dynamic-security.json"


def bring_up_to_date(file: Path, accounts: Sequence[Account]) -> None:
    """Makes the file, or makes these accounts in it what they are here; what is so already is not written.

    Raises:
        BrokerFault: the file is damaged, or binds an account to another client id.
    """
    try:
        security = json.loads(file.read_text())
    except FileNotFoundError:
        write_secret(file, json.dumps(dynamic_security(accounts), indent=1))
        return
    except ValueError as error:
        raise BrokerFault(
            f"{file} is damaged: {error}", hint="restore it, or move it away: then all devices are added anew"
        ) from None
    _check_client_ids(security, accounts, file)
    wanted = reconciled(security, accounts)
    if wanted != security:
        write_secret(file, json.dumps(wanted, indent=1))


def reconciled(security: dict[str, Any], accounts: Sequence[Account]) -> dict[str, Any]:
    """The same with these accounts as they are here, and nothing else touched. Pure."""
    made = copy.deepcopy(security)
    clients, roles = made.setdefault("clients", []), made.setdefault("roles", [])
    for account in accounts:
        client = _named(clients, "username", account.username)
        if client is None:
            clients.append(client_entry(account))
        else:
            _renew(client, account)
        role = _named(roles, "rolename", account.username)
        if role is None:
            roles.append({"rolename": account.username, "acls": acl_entries(account.acls)})
        elif _rights(role) != set(account.acls):
            role["acls"] = acl_entries(account.acls)
    return made


def _renew(client: dict[str, Any], account: Account) -> None:
    """Password, role and kind; a hash that fits is left, so that nothing is written that says the same."""
    wanted = client_entry(account)
    if has_password(client, account.password):
        wanted = {name: wanted[name] for name in wanted.keys() - {"password", "salt", "iterations"}}
    if [role.get("rolename") for role in client.get("roles", [])] == [account.username]:
        del wanted["roles"]
    client.update(wanted)
    client.pop("disabled", None)


def _rights(role: dict[str, Any]) -> set[Acl]:
    """What a role allows; a set that no account has, if it denies anything or ranks its rights."""
    acls = role.get("acls", [])
    if any(acl.get("allow") is not True or acl.get("priority", 0) != 0 for acl in acls):
        return set()
    return {Acl(acl["acltype"], acl["topic"]) for acl in acls}


def _named(entries: list[dict[str, Any]], key: str, name: str) -> dict[str, Any] | None:
    return next((entry for entry in entries if entry.get(key) == name), None)


def _check_client_ids(security: dict[str, Any], accounts: Sequence[Account], file: Path) -> None:
    """Under another client id a service would leave behind what the broker keeps for the first."""
    bound = {client.get("username"): client.get("clientid") for client in security.get("clients", [])}
    for account in accounts:
        known = bound.get(account.username, account.client_id)
        if known != account.client_id:
            raise BrokerFault(
                f"{file} binds {account.username!r} to the client id {known!r}, not {account.client_id!r}",
                hint="set MEMBROKER_INSTANCE back to what it was at the first start,"
                " or restore the accounts.json that was made with it",
            )
