"""The accounts of devices, kiosks, gateways and people: added, changed and taken away while the broker runs.

The broker is the one place where they are: an account, its role of the same name, and the kind in the
account's text. A changed role counts from the next message on, for connections that are up, too; a new
password, and taking an account away, end its connection.
"""

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from broker_bridge.access import Acl, acl_entries, new_password
from broker_bridge.dynsec import EXISTS, NOT_FOUND, CommandRefused, Control
from broker_bridge.faults import BrokerFault
from broker_bridge.grants import KINDS, AccountName, Grant, Kind, client_rights, grants_of
from broker_bridge.topics import BadTopic

_CLIENT_ID_BYTES = 6
_ROLE_TEXT = "by membroker access"
"""Marks a role of ours: one that is left without its account may be taken away."""
_LIST_HINT = "see who is there: membroker access list"


@dataclass(frozen=True, slots=True)
class Entry:
    """An account, as the broker keeps it."""

    username: str
    kind: str
    """Of KINDS; or `service` for our own, `other` for what somebody else made."""
    client_id: str | None
    grants: tuple[Grant, ...] = ()
    is_disabled: bool = False

    @property
    def name(self) -> AccountName | None:
        """Whose it is; None if it is not one of ours."""
        return AccountName.parse(self.username) if self.kind in KINDS else None

    @property
    def tenant(self) -> str | None:
        """The one it speaks in."""
        return None if self.name is None else self.name.tenant


@dataclass(frozen=True, slots=True)
class Credentials:
    """What its holder needs to connect; the password is nowhere else."""

    username: str
    password: str = field(repr=False)
    client_id: str | None


class Roster:
    """Whom the broker lets in, but for the services."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def add(self, name: AccountName, kind: Kind, grants: Sequence[Grant]) -> Credentials:
        """A new account, bound to a client id of its own.

        The id ends in something that nobody guesses: accounts that are bound to none (`owner`, `operator`)
        could otherwise take over its session.

        Raises:
            BrokerFault: there is one of this name already.
            BadGrant: these grants cannot be.
        """
        username, acls = str(name), client_rights(name, kind, grants)
        made = Credentials(username, new_password(), f"{username}-{secrets.token_hex(_CLIENT_ID_BYTES)}")
        try:
            # The role is the lock: of two who add the same name at once, one is refused here.
            await self._control.do(
                "createRole", rolename=username, textname=_ROLE_TEXT, acls=acl_entries(acls)
            )
            try:
                await self._create_client(made, kind)
            except BaseException:
                with suppress(CommandRefused):
                    await self._control.do("deleteRole", rolename=username)
                raise
        except CommandRefused as refused:
            if refused.reason not in EXISTS:
                raise
            raise BrokerFault(
                f"there is an account {username} already",
                hint=f"membroker access grant {username}, or membroker access remove {username} first",
            ) from None
        return made

    async def _create_client(self, made: Credentials, kind: Kind) -> None:
        await self._control.do(
            "createClient",
            username=made.username,
            password=made.password,
            clientid=made.client_id,
            textname=kind,
            roles=[{"rolename": made.username}],
        )

    async def entries(self) -> list[Entry]:
        """Every account, by name."""
        clients = await self._control.all_of("listClients", "clients")
        roles = await self._control.all_of("listRoles", "roles")
        acls = {role["rolename"]: role.get("acls", []) for role in roles}
        found = [_entry(client, acls.get(client["username"], [])) for client in clients]
        return sorted(found, key=lambda entry: (entry.tenant or "", entry.username))

    async def entry(self, username: str) -> Entry:
        """One account.

        Raises:
            BrokerFault: there is none of this name.
        """
        client = await self._found("getClient", "client", username=username)
        if client is None:
            raise _no_account(username)
        role = await self._found("getRole", "role", rolename=username)
        return _entry(client, [] if role is None else role.get("acls", []))

    async def _found(self, command: str, key: str, **name: str) -> dict[str, Any] | None:
        try:
            answer = await self._control.do(command, **name)
        except CommandRefused as refused:
            if refused.reason in NOT_FOUND:
                return None
            raise
        found: dict[str, Any] = answer[key]
        return found

    async def set_grants(self, username: str, grants: Iterable[Grant]) -> Entry:
        """Makes these its grants, at once.

        Raises:
            BrokerFault: there is no such account, or it is not one of ours.
            BadGrant: these grants cannot be.
        """
        name, kind = _ours(await self.entry(username))
        acls = client_rights(name, kind, grants)
        await self._control.do("modifyRole", rolename=username, acls=acl_entries(acls))
        return await self.entry(username)

    async def renew_password(self, username: str) -> Credentials:
        """Another password; who is connected by the old one is cut off.

        Raises:
            BrokerFault: there is no such account, or it is not one of ours.
        """
        entry = await self.entry(username)
        _ours(entry)
        made = Credentials(username, new_password(), entry.client_id)
        await self._control.do("setClientPassword", username=username, password=made.password)
        return made

    async def remove(self, username: str) -> None:
        """Takes the account and its rights away, and cuts its connection off.

        Raises:
            BrokerFault: there is no such account, or it is not one of ours.
        """
        client = await self._found("getClient", "client", username=username)
        role = await self._found("getRole", "role", rolename=username)
        if client is None and (role is None or role.get("textname") != _ROLE_TEXT):
            raise _no_account(username)
        if client is not None:
            _ours(_entry(client, []))
            await self._control.do("deleteClient", username=username)
        if role is not None:
            await self._control.do("deleteRole", rolename=username)


def _entry(client: dict[str, Any], acls: list[dict[str, Any]]) -> Entry:
    kind = client.get("textname") or "other"
    username = client["username"]
    allowed = [Acl(acl["acltype"], acl["topic"]) for acl in acls if acl.get("allow")]
    grants: tuple[Grant, ...] = ()
    if kind in KINDS:
        try:
            grants = tuple(grants_of(AccountName.parse(username), allowed))
        except BadTopic:  # somebody gave an account of his own the name of one of our kinds
            kind = "other"
    return Entry(username, kind, client.get("clientid"), grants, bool(client.get("disabled")))


def _ours(entry: Entry) -> tuple[AccountName, Kind]:
    """Raises BrokerFault for an account that others made, or that the services stand on."""
    kind = next((each for each in KINDS if each == entry.kind), None)
    if entry.name is None or kind is None:
        raise BrokerFault(
            f"{entry.username} was not added by membroker access, so it is not changed here", hint=_LIST_HINT
        )
    return entry.name, kind


def _no_account(username: str) -> BrokerFault:
    return BrokerFault(f"there is no account {username}", hint=_LIST_HINT)
