"""One request on `query`, as an operator who speaks as some client, and its answer."""

import asyncio
from typing import Any

from broker_bridge import topics
from broker_bridge.codec import Encoding
from broker_bridge.topics import Topic
from console import lines
from console.faults import Refused
from console.operator import speaking
from console.output import print_json
from schemas.requests import Request
from workers.settings import Settings


def answered(tenant: str, client: str, entity: str, request: Request, *, as_json: bool) -> dict[str, Any]:
    """The answer, printed already where it is wanted as JSON.

    Raises:
        BadTopic: a level of the topic cannot be.
        Refused: it is an error.
    """
    topic = Topic.parse(f"{topics.ROOT}/{tenant}/{topics.QUERY}/{client}/{entity}")
    reply = asyncio.run(_ask(Settings(), topic, request))
    if as_json:
        print_json(reply)
    if not reply["ok"]:
        raise Refused(lines.shown(f"{reply['code']} {reply['error']}; {reply['hint']}"))
    return reply


async def _ask(settings: Settings, topic: Topic, request: Request) -> dict[str, Any]:
    address = topic.address
    async with speaking(settings, address.tenant, address.client) as client:
        return await client.ask(address.path, request, encoding=Encoding.JSON)
