"""`membroker policies`: is a policies file right, and what does it come to?"""

from dataclasses import asdict
from pathlib import Path

import click

from console.faults import Refused
from console.lines import shown
from console.output import json_option, print_json, say
from memory.policies import NO_FILE, Policies, Rule
from workers import policies
from workers.policy_text import PolicyFault
from workers.settings import Settings


@click.group("policies")
def command() -> None:
    """Check a policies file, which says what is kept how long.

    Example:  membroker policies check policies.yaml
    """


@command.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--tenant", default="home", show_default=True, help="Whose memories.")
@click.option("--kind", default="reading", show_default=True, help="Of which kind.")
@json_option
def check(*, file: Path | None, tenant: str, kind: str, as_json: bool) -> None:
    """Say what holds for a tenant and a kind, and which part of the file says so; or the line that is wrong.

    Without a file: of MEMBROKER_POLICIES, and where that is not set, what is built in. A memory that runs
    takes a changed file within seconds, and keeps what it had while the file is wrong.

    Example:  membroker policies check policies.yaml --tenant acme --kind event
    """
    named = file or Settings().policies
    found = NO_FILE if named is None else _load(named)
    rules = {"kind": found.explained(tenant, kind), "tenant": found.explained(tenant)}
    if as_json:
        print_json({of: [asdict(rule) for rule in its] for of, its in rules.items()})
        return
    _show(f"{kind} of {tenant}", rules["kind"])
    _show(f"all of {tenant}", rules["tenant"])
    say("what is built in holds; MEMBROKER_POLICIES names a file" if named is None else f"{named} is right")


def _load(file: Path) -> Policies:
    try:
        return policies.load(file)
    except PolicyFault as fault:
        raise Refused(str(fault)) from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None


def _show(of_what: str, rules: list[Rule]) -> None:
    click.echo(shown(f"{of_what}:"))
    for rule in rules:
        click.echo(shown(f"  {rule.field:<26}  {rule.value:<16}  {rule.said_by}"))
