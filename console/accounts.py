"""`membroker accounts`: the accounts and rights of a broker that runs elsewhere."""

from dataclasses import replace
from pathlib import Path

import click

from broker_bridge import security_file
from console.faults import Refused
from console.output import json_option, print_json, say
from workers.accounts import LocalAccounts, load, load_or_make
from workers.settings import Settings


@click.command("accounts")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where services find the broker.")
@click.option("--port", type=click.IntRange(1, 65535), default=1883, show_default=True)
@json_option
def command(*, directory: Path, host: str, port: int, as_json: bool) -> None:
    """Write accounts.json (the passwords) and dynamic-security.json (for Mosquitto) into DIRECTORY.

    What is there stays as it is, but for accounts and rights of services that came with a newer version.
    Passwords are shown only when they are made. For devices, see membroker access.

    Example:  membroker accounts ./accounts --host broker
    """
    instance = Settings().instance
    try:
        before = load(directory, port)
        made = load_or_make(directory, port)
        security_file.bring_up_to_date(directory / security_file.NAME, made.all(instance))
    except OSError as error:
        raise Refused(f"{error.filename or directory} cannot be written: {error.strerror}") from None
    known = set() if before is None else before.passwords.keys()
    urls = {name: url_of(made, name, instance, host, shown=name not in known) for name in made.passwords}
    if as_json:
        print_json({"directory": str(directory), "new": before is None, "urls": urls})
        return
    for name, url in urls.items():
        click.echo(f"{name:<9} MEMBROKER_BROKER={url}")
    if known:
        say(f"made before: the passwords are in {directory / 'accounts.json'}")


def url_of(accounts: LocalAccounts, name: str, instance: str, host: str, *, shown: bool) -> str:
    """Where and as whom to connect; without `shown`, stars for the password."""
    url = replace(accounts.url(name, instance), host=host)
    return url.spelled(password=None if shown else "***")
