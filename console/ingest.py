"""`membroker ingest`: the ingest worker alone, beside a broker and a store that run elsewhere."""

import click

from console.workers import run_alone


@click.command("ingest")
def command() -> None:
    """Store what devices publish, and tell them so. Needs MEMBROKER_BROKER; Ctrl-C drains.

    Example:  MEMBROKER_BROKER=mqtt://ingest@broker membroker ingest
    """
    run_alone("ingest")
