"""`membroker observe`: publishes an observation, and shows its receipt."""

import asyncio

import click

from broker_bridge import topics
from broker_bridge.codec import Encoding
from broker_bridge.topics import Address, Topic
from console.faults import Refused
from console.lines import of_receipt
from console.operator import speaking
from console.output import json_option, print_json
from console.parsing import given, key_values, moment_or_seconds, scalar
from schemas.observation import Observation
from schemas.receipt import Receipt
from workers.accounts import OPERATOR, OWNER_TENANT
from workers.settings import Settings


@click.command("observe")
@click.argument("entity")
@click.argument("text", required=False)
@click.option("--tenant", default=OWNER_TENANT, show_default=True)
@click.option("--client", default=OPERATOR, show_default=True, help="Who observed it, in the topic.")
@click.option("--id", "observation_id", help="Sent again under the same id, it is stored once.")
@click.option("--value", help="A reading: a number, true, false, or text.")
@click.option("--unit", help="Of the value: Cel, %, lx …")
@click.option("--attribute", help="What the value is of: temperature.")
@click.option("--kind", help="event, reading, preference, fact …")
@click.option("--at", help="When: epoch seconds or ISO 8601; default: now.")
@click.option("--session", help="The episode it belongs to.")
@click.option("--tag", "tags", multiple=True, help="May be given several times.")
@click.option("--meta", "meta", multiple=True, metavar="KEY=VALUE", help="May be given several times.")
@json_option
def command(
    *, entity: str, text: str | None, tenant: str, client: str, observation_id: str | None, value: str | None,
    unit: str | None, attribute: str | None, kind: str | None, at: str | None, session: str | None,
    tags: tuple[str, ...], meta: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Publish an observation of ENTITY (home7, home7/ana) and wait for its receipt.

    Once the receipt says stored, it survives a crash and a power cut. TEXT may be left out of a reading.

    Example:  membroker observe home7/ana "allergic to peanuts" --kind fact
    """
    raw = given(
        id=observation_id, text=text, value=None if value is None else scalar(value), unit=unit,
        attribute=attribute, kind=kind, at=moment_or_seconds(at), session=session, tags=list(tags),
        meta=key_values(meta),
    )  # fmt: skip
    observation = Observation.load(raw)
    address = Topic.parse(topics.of_client(topics.OBS, Address(tenant, client, entity))).address
    receipt = asyncio.run(_observe(Settings(), address, observation))
    if as_json:
        print_json(receipt.dump(short=False))
    if receipt.status == "refused":
        raise Refused(of_receipt(receipt))
    if not as_json:
        click.echo(of_receipt(receipt))


async def _observe(settings: Settings, address: Address, observation: Observation) -> Receipt:
    async with speaking(settings, address.tenant, address.client) as client:
        [receipt] = await client.observe(address.entity, [observation], encoding=Encoding.JSON)
        return receipt
