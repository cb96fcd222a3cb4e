"""`membroker model`: the embedding model, fetched once and proven."""

import sys

import click

from console.output import json_option, print_json, say
from memory import model, model_check
from workers.settings import Settings


@click.group("model")
def command() -> None:
    """Fetch and check the embedding model.

    Example:  membroker model fetch && membroker model check
    """


@command.command("fetch")
def fetch() -> None:
    """Download the weights, verify them, and make them int8; nothing where that is done.

    Example:  membroker model fetch
    """
    settings = Settings()
    click.echo(model.fetch(settings.model_cache, settings.model, say))


@command.command("check")
@json_option
def check(*, as_json: bool) -> None:
    """Prove the model: every file's sha256, and sentence pairs whose likeness is known.

    Example:  membroker model check --json
    """
    settings = Settings()
    checked = model_check.check(model.model_dir(settings.model_cache, settings.model))
    if as_json:
        print_json([{"what": each.what, "passed": each.passed, "detail": each.detail} for each in checked])
    else:
        for each in checked:
            click.echo(f"{'ok  ' if each.passed else 'FAIL'} {each.what}: {each.detail}")
    sys.exit(0 if all(each.passed for each in checked) else 1)
