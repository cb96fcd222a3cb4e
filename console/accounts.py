"""`membroker accounts`: the accounts and rights of a broker that runs elsewhere."""

import json
from pathlib import Path

import click

from broker_bridge.access import dynamic_security
from broker_bridge.secret_file import write_secret
from console.faults import Refused
from console.output import json_option, print_json, say
from workers.accounts import LocalAccounts, load, load_or_make
from workers.settings import Settings

SECURITY = "dynamic-security.json"


@click.command("accounts")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where services find the broker.")
@click.option("--port", type=click.IntRange(1, 65535), default=1883, show_default=True)
@json_option
def command(*, directory: Path, host: str, port: int, as_json: bool) -> None:
    """Write accounts.json (the passwords) and dynamic-security.json (for Mosquitto) into DIRECTORY.

    What is there stays as it is: the passwords are shown only when they are made.

    Example:  membroker accounts ./accounts --host broker
    """
    try:
        is_new = load(directory, port) is None
        made = load_or_make(directory, port)
        _write_security(directory / SECURITY, made, Settings().instance)
    except OSError as error:
        raise Refused(f"{error.filename or directory} cannot be written: {error.strerror}") from None
    except ValueError as error:
        raise Refused(
            f"{directory / 'accounts.json'} is damaged: {error}; restore it, or move it away"
        ) from None
    urls = {name: url_of(made, name, host, shown=is_new) for name in made.passwords}
    if as_json:
        print_json({"directory": str(directory), "new": is_new, "urls": urls})
        return
    for name, url in urls.items():
        click.echo(f"{name:<9} MEMBROKER_BROKER={url}")
    if not is_new:
        say(f"made before: the passwords are in {directory / 'accounts.json'}")


def url_of(accounts: LocalAccounts, name: str, host: str, *, shown: bool) -> str:
    """Where and as whom to connect; without `shown`, stars for the password."""
    url = accounts.url(name)
    password = url.password if shown else "***"
    place = f"[{host}]" if ":" in host else host
    return f"mqtt://{url.username}:{password}@{place}:{url.port}"


def _write_security(file: Path, accounts: LocalAccounts, instance: str) -> None:
    """Only where there is none: later the broker's plugin keeps its own truth there."""
    if file.exists():
        return
    write_secret(file, json.dumps(dynamic_security(accounts.all(instance)), indent=1))
