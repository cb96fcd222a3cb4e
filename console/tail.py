"""`membroker tail`: watches memories as they are stored."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

import click

from broker_bridge import topics
from broker_bridge.codec import Malformed, decode
from console import lines
from console.operator import connected, subscribe
from console.output import json_option, say
from schemas.receipt import Receipts
from schemas.stream import StreamRecord
from schemas.wire import Invalid
from workers.settings import Settings

EVERYBODY = "+"


@click.command("tail")
@click.argument("tenant", default=EVERYBODY)
@click.argument("entity", required=False)
@click.option("--receipts", is_flag=True, help="Also what devices are told.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many lines.")
@json_option
def command(*, tenant: str, entity: str | None, receipts: bool, count: int | None, as_json: bool) -> None:
    """Watch what is stored, one line a memory, until Ctrl-C: of all, of TENANT, or of ENTITY.

    ENTITY may end in /_all: home7/_all is home7 and all below it.

    Example:  membroker tail home home7/_all --receipts
    """
    wanted = filters(tenant, entity, receipts=receipts)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_watch(Settings(), wanted, count=count, as_json=as_json))


def filters(tenant: str, entity: str | None, *, receipts: bool) -> list[str]:
    """What to subscribe.

    Raises:
        BadTopic: a level breaks the rule.
    """
    if tenant != EVERYBODY:
        topics.check_level("tenant", tenant)
    path = "#" if entity is None else _path(entity)
    found = [f"{topics.ROOT}/{tenant}/{topics.STREAM}/{path}"]
    return [*found, f"{topics.ROOT}/{tenant}/{topics.RECEIPT}/+/{path}"] if receipts else found


def _path(entity: str) -> str:
    upper = entity.removesuffix(f"/{topics.ALL_BELOW}")
    for level in upper.split("/"):
        topics.check_level("entity", level)
    return entity if upper == entity else f"{upper}/#"


async def _watch(settings: Settings, wanted: list[str], *, count: int | None, as_json: bool) -> None:
    async with connected(settings) as client:
        for topic_filter in wanted:
            await subscribe(client, topic_filter)
        say(f"watching {' '.join(wanted)}; Ctrl-C ends")
        printed = 0
        async for message in client.messages:
            for line in told(str(message.topic), bytes(message.payload), as_json=as_json):
                click.echo(line)
                printed += 1
                if printed == count:
                    return


def told(topic: str, payload: bytes, *, as_json: bool) -> list[str]:
    """The lines of one message, of the stream or of receipts; one that cannot be read is a line, too."""
    _, _, tenant, verb, *rest = topic.split("/")
    try:
        value = decode(payload)
        if verb == topics.RECEIPT:
            return list(_receipts(tenant, rest[0], "/".join(rest[1:]), value, as_json=as_json))
        return list(_records(tenant, "/".join(rest), value, as_json=as_json))
    except (Malformed, Invalid) as error:
        problem = {"topic": topic, "problem": str(error)}
        return [json.dumps(problem) if as_json else lines.shown(f"unreadable  {topic}: {error}")]


def _records(tenant: str, entity: str, value: object, *, as_json: bool) -> Iterator[str]:
    for raw in value if isinstance(value, list) else [value]:
        record = StreamRecord.load(raw)
        if as_json:
            yield _json({"tenant": tenant, "entity": entity, **record.dump(short=False)})
        else:
            yield lines.of_record(tenant, entity, record)


def _receipts(tenant: str, client: str, entity: str, value: object, *, as_json: bool) -> Iterator[str]:
    for receipt in Receipts.load(value).receipts:
        if as_json:
            whose = {"tenant": tenant, "client": client, "entity": entity, "event": "receipt"}
            yield _json(whose | receipt.dump(short=False))
        else:
            yield f"{' ' * 20}  receipt  {tenant}/{entity}  to {client}  {lines.of_receipt(receipt)}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
