"""`membroker query`: the query worker alone, beside a broker and a store that run elsewhere."""

import click

from console.workers import run_alone


@click.command("query")
def command() -> None:
    """Answer what kiosks ask. Needs MEMBROKER_BROKER; Ctrl-C drains.

    Example:  MEMBROKER_BROKER=mqtt://query@broker membroker query
    """
    run_alone("query")
