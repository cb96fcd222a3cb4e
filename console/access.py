"""`membroker access`: who may what at the broker, changed while it runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar, cast

import click

from broker_bridge.dynsec import Control
from broker_bridge.grants import KINDS, RIGHTS, AccountName, Grant, Kind
from broker_bridge.roster import Credentials, Entry, Roster
from broker_bridge.url import BrokerUrl
from console import roster_lines
from console.faults import Refused
from console.granting import grants_for, left_of, more_for, name_of
from console.operator import connected
from console.output import json_option, print_json, say
from workers.accounts import access_url
from workers.settings import Settings

Answer = TypeVar("Answer")

account_argument = click.argument("account", metavar="ACCOUNT")
entity_option = click.option(
    "--entity",
    "entities",
    multiple=True,
    metavar="FILTER",
    help="home7, home7/# (and all below), or # (all).",
)
right_option = click.option(
    "--right", "rights", multiple=True, type=click.Choice(RIGHTS), help="Default: those of its kind."
)
url_option = click.option(
    "--url", metavar="URL", help="The broker as its devices reach it, like mqtts://gateway.local."
)


@click.group("access")
def command() -> None:
    """Add, list, show and remove devices, kiosks, gateways and operators, and say what each may.

    An account is named CLIENT@TENANT. Every change counts at once, for connections that are up, too.

    Example:  membroker access add kiosk-1@home --kind kiosk --entity home7/#
    """


@command.command("add")
@account_argument
@click.option("--kind", type=click.Choice(list(KINDS)), required=True)
@click.option("--tenant", help="Where ACCOUNT does not name it: kiosk-1 of home is kiosk-1@home.")
@entity_option
@right_option
@url_option
@json_option
def add(
    *, account: str, kind: str, tenant: str | None, entities: tuple[str, ...], rights: tuple[str, ...],
    url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Add an account, and show its password: once, for it is kept nowhere.

    A device observes; a kiosk observes, recalls and reads summaries; a gateway observes for all entities; an
    operator may everything in its tenant, and without a tenant watch the services.

    Example:  membroker access add sensor-1@home --kind device --entity kitchen
    """
    chosen = cast("Kind", kind)
    name = name_of(account, tenant)
    grants = grants_for(name, chosen, entities, rights)
    made = _with(lambda roster: roster.add(name, chosen, grants))
    _show_credentials(made, name, grants, url, as_json=as_json)


@command.command("list")
@click.option("--tenant", help="Only accounts of this one.")
@json_option
def list_(*, tenant: str | None, as_json: bool) -> None:
    """List every account at the broker, the services' own included.

    Example:  membroker access list --tenant home
    """
    found = _with(lambda roster: roster.entries())
    shown = [entry for entry in found if tenant is None or entry.tenant == tenant]
    if as_json:
        print_json([roster_lines.plain(entry) for entry in shown])
        return
    if not shown:
        say("there is no such account; add one: membroker access add --help")
    for line in roster_lines.table(shown):
        click.echo(line)


@command.command("show")
@account_argument
@json_option
def show(*, account: str, as_json: bool) -> None:
    """Show what an account may.

    Example:  membroker access show kiosk-1@home
    """
    _show_entry(_with(lambda roster: roster.entry(account)), as_json=as_json)


@command.command("grant")
@account_argument
@entity_option
@right_option
@json_option
def grant(*, account: str, entities: tuple[str, ...], rights: tuple[str, ...], as_json: bool) -> None:
    """Allow an account more, beside what it may already.

    Example:  membroker access grant kiosk-1@home --entity garden --right recall
    """

    async def change(roster: Roster) -> Entry:
        entry = await roster.entry(account)
        return await roster.set_grants(account, [*entry.grants, *more_for(entry, entities, rights)])

    _show_entry(_with(change), as_json=as_json)


@command.command("revoke")
@account_argument
@entity_option
@right_option
@json_option
def revoke(*, account: str, entities: tuple[str, ...], rights: tuple[str, ...], as_json: bool) -> None:
    """Take back what was granted, in the words it was granted in.

    Without --right all rights over these entities; without --entity these rights over all.

    Example:  membroker access revoke kiosk-1@home --entity garden
    """
    if not entities and not rights:
        raise Refused("name what to take back, by --entity, --right or both; or membroker access remove")

    async def change(roster: Roster) -> Entry:
        entry = await roster.entry(account)
        return await roster.set_grants(account, left_of(entry, entities, rights))

    _show_entry(_with(change), as_json=as_json)


@command.command("remove")
@account_argument
@json_option
def remove(*, account: str, as_json: bool) -> None:
    """Take an account away; its connection is cut off. What it observed stays remembered.

    Example:  membroker access remove kiosk-1@home
    """
    _with(lambda roster: roster.remove(account))
    if as_json:
        print_json({"removed": account})
    else:
        click.echo(f"removed  {account}")


@command.command("password")
@account_argument
@url_option
@json_option
def password(*, account: str, url: str | None, as_json: bool) -> None:
    """Give an account another password, shown once; who has the old one is cut off.

    Example:  membroker access password kiosk-1@home
    """

    async def change(roster: Roster) -> tuple[Credentials, Entry]:
        return await roster.renew_password(account), await roster.entry(account)

    made, entry = _with(change)
    _show_credentials(made, AccountName.parse(account), entry.grants, url, as_json=as_json)


def _with(act: Callable[[Roster], Awaitable[Answer]]) -> Answer:
    """Does something with the broker's accounts."""

    async def run() -> Answer:
        settings = Settings()
        async with connected(settings, access_url(settings)) as client:
            return await act(Roster(await Control.over(client)))

    return asyncio.run(run())


def _show_entry(entry: Entry, *, as_json: bool) -> None:
    if as_json:
        print_json(roster_lines.plain(entry))
        return
    for line in roster_lines.details(entry):
        click.echo(line)


def _show_credentials(
    made: Credentials, name: AccountName, grants: Sequence[Grant], url: str | None, *, as_json: bool
) -> None:
    at = access_url(Settings()) if url is None else BrokerUrl.parse(url)
    whole = replace(at, username=made.username, password=made.password, client_id=made.client_id)
    if as_json:
        print_json(
            {"account": made.username, "password": made.password, "client_id": made.client_id,
             "url": whole.spelled(), "grants": roster_lines.plain_grants(grants)}
        )  # fmt: skip
        return
    click.echo(whole.spelled())
    for line in roster_lines.to_paste(whole, name, grants):
        click.echo(line)
    say("this password is kept nowhere: membroker access password makes another")
