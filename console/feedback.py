"""`membroker feedback`: says whether a memory was of use."""

import click

from console.answering import answered
from console.output import json_option
from schemas.requests import Feedback
from workers.accounts import OPERATOR, OWNER_TENANT


@click.command("feedback")
@click.argument("entity")
@click.argument("memory")
@click.option("--useful/--useless", default=None, required=True, help="What it was.")
@click.option("--tenant", default=OWNER_TENANT, show_default=True)
@click.option("--client", default=OPERATOR, show_default=True, help="Whose vote it is, in the topic.")
@json_option
def command(*, entity: str, memory: str, useful: bool, tenant: str, client: str, as_json: bool) -> None:
    """Say whether MEMORY of ENTITY was of use: it then counts for a little more, or less.

    A client has one vote for a memory, its last. `membroker recall --explain` shows the ids of memories.

    Example:  membroker feedback home7/_all 4c4471aa-… --useful
    """
    reply = answered(tenant, client, entity, Feedback(memory=memory, useful=useful), as_json=as_json)
    if not as_json:
        click.echo(f"memory {reply['memory']}  importance {reply['importance']:.2f}")
