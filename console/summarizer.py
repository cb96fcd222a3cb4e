"""`membroker summarizer`: the summarizer alone, beside a broker and a store that run elsewhere."""

import click

from console.workers import run_alone


@click.command("summarizer")
def command() -> None:
    """Condense what was observed, and keep the digests. Needs MEMBROKER_BROKER, and ingest's MEMBROKER_DATA.

    Example:  MEMBROKER_BROKER=mqtt://summarizer@broker membroker summarizer
    """
    run_alone("summarizer")
