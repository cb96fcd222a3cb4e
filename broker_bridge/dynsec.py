"""Asks Mosquitto's dynamic-security plugin, over a connection of an account that may."""

import asyncio
import json
import secrets
from typing import Any, Self

import aiomqtt

from broker_bridge.access import CONTROL, CONTROL_ANSWERS
from broker_bridge.faults import BrokerFault

ANSWER_S_MAX = 5.0
PAGE = 100
"""Entries a list is fetched by: an answer of the plugin is one message."""
NOT_FOUND = ("Client not found", "Role not found")
EXISTS = ("Client already exists", "Role already exists")
"""The plugin's own words."""

_ACCOUNT_HINT = (
    "use the account `access`: MEMBROKER_BROKER=mqtt://access:PASSWORD@HOST:PORT, or MEMBROKER_ACCOUNTS"
)


class CommandRefused(BrokerFault):
    """The plugin did not do as it was told; `reason` is what it said."""

    def __init__(self, command: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"the broker refused {command}: {reason}", hint="see who is there: membroker access list"
        )


class Control:
    """One command at a time, each answered before the next."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    @classmethod
    async def over(cls, client: aiomqtt.Client) -> Self:
        """Over a connection that is up, and that nobody else reads.

        Raises:
            BrokerFault: its account may not.
        """
        for reason in await client.subscribe(CONTROL_ANSWERS, qos=1):
            if not isinstance(reason, int) and reason.is_failure:
                raise BrokerFault(
                    f"this account may not change rights at the broker: {reason}", hint=_ACCOUNT_HINT
                )
        return cls(client)

    async def do(self, command: str, **fields: object) -> dict[str, Any]:
        """Has one command done; returns what it answers. No password that is sent is ever in an error.

        Raises:
            CommandRefused: with the plugin's reason.
            BrokerFault: it does not answer.
        """
        mark = secrets.token_hex(8)
        payload = {"commands": [{"command": command, **fields, "correlationData": mark}]}
        await self._client.publish(CONTROL, json.dumps(payload), qos=1)
        answer = await self._answer(mark)
        if "error" in answer:
            raise CommandRefused(command, str(answer["error"]))
        found: dict[str, Any] = answer.get("data", {})
        return found

    async def all_of(self, command: str, key: str) -> list[dict[str, Any]]:
        """Everything that `listClients` or `listRoles` lists, page after page."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.do(command, verbose=True, count=PAGE, offset=len(found))
            found += page[key]
            if not page[key] or len(found) >= page["totalCount"]:
                return found

    async def _answer(self, mark: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                async for message in self._client.messages:
                    for answer in _answers(message):
                        if answer.get("correlationData") == mark:
                            return answer
        except TimeoutError:
            pass
        raise BrokerFault(
            f"the broker did not answer on {CONTROL} within {ANSWER_S_MAX:g} s",
            hint="it must be Mosquitto with the dynamic-security plugin, as membroker up runs it",
        )


def _answers(message: aiomqtt.Message) -> list[dict[str, Any]]:
    """What the plugin says; another administrator's answers come by other connections."""
    if not isinstance(message.payload, bytes):
        return []
    found: list[dict[str, Any]] = json.loads(message.payload).get("responses", [])
    return found
