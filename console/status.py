"""`membroker status`: how every service says that it is."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import aiomqtt
import click
from pydantic_core import from_json

from broker_bridge import topics
from console.lines import shown
from console.operator import connected, subscribe
from console.output import json_option, moment, print_json, say
from schemas.service import ServiceStats, ServiceStatus
from schemas.wire import Invalid
from workers.settings import Settings

QUIET_S_MIN = 0.2
"""Retained messages come at once; nothing says which is the last, so this long without one does."""
QUIET_ROUND_TRIPS = 3
"""The same, where the broker is far."""
STATS_S_MAX = 12.0
"""Services tell stats every 10 s."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A service, as it was last heard of."""

    service: str
    instance: str
    status: ServiceStatus
    stats: ServiceStats | None = None
    lag_s: float | None = None
    """Our clock when its stats came, less its own."""

    @property
    def name(self) -> str:
        """As in its topics."""
        return f"{self.service}/{self.instance}"


@click.command("status")
@click.option("--stats", is_flag=True, help="Wait for each service's next counters, up to 12 s.")
@json_option
def command(*, stats: bool, as_json: bool) -> None:
    """Show how each service is; exit 1 unless all are online.

    A service that is gone for good is forgotten with
    mosquitto_pub -r -n -t mem/v1/_sys/SERVICE/INSTANCE/status

    Example:  membroker status --stats
    """
    found = asyncio.run(_look(Settings(), stats_s_max=STATS_S_MAX if stats else 0.0))
    if as_json:
        print_json([plain(each) for each in found])
    else:
        for each in found:
            click.echo("\n".join(lines_of(each)))
    if not found:
        say("no service has ever told this broker how it is: start them with membroker up")
    sys.exit(0 if all_well(found) else 1)


def all_well(found: list[Seen]) -> bool:
    """Whether there are services, and all of them are online."""
    return bool(found) and all(each.status.status == "online" for each in found)


def plain(seen: Seen) -> dict[str, Any]:
    """For programs."""
    told = {"service": seen.service, "instance": seen.instance, **seen.status.dump(short=False)}
    return told if seen.stats is None else {**told, "stats": seen.stats.dump(short=False)}


def lines_of(seen: Seen) -> list[str]:
    """For people: the status, and the stats below it."""
    status = seen.status
    told = [f"{status.status:<8}", seen.name]
    told += [status.version] if status.version else []
    told += [f"since {moment(status.since)}"] if status.since is not None else []
    told += [f"durability {status.durability}"] if status.durability else []
    told += [status.reason] if status.reason else []
    found = ["  ".join(map(shown, told))]
    if seen.stats is not None:
        counted = {**seen.stats.counters, **seen.stats.gauges}
        found += [f"    {shown(name)}  {value:g}" for name, value in counted.items()]
    return found


async def _look(settings: Settings, *, stats_s_max: float) -> list[Seen]:
    async with connected(settings) as client:
        return await services(client, stats_s_max=stats_s_max)


async def services(client: aiomqtt.Client, *, stats_s_max: float = 0.0) -> list[Seen]:
    """Every service with a retained status; with `stats_s_max`, also the next stats of those that live."""
    found: dict[str, Seen] = {}
    asked = time.monotonic()
    await subscribe(client, topics.service("+", "+", "status"))
    quiet_s = QUIET_S_MIN + QUIET_ROUND_TRIPS * (time.monotonic() - asked)
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(quiet_s):
                _take(found, await anext(client.messages))
    living = {name for name, seen in found.items() if seen.status.status != "offline"}
    if stats_s_max and living:
        await subscribe(client, topics.service("+", "+", "stats"), qos=0)
        await _until(client, found, lambda: all(found[name].stats for name in living), stats_s_max)
    return [found[name] for name in sorted(found)]


async def _until(
    client: aiomqtt.Client, found: dict[str, Seen], complete: Callable[[], bool], s_max: float
) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(s_max):
            while not complete():
                _take(found, await anext(client.messages))


def _take(found: dict[str, Seen], message: aiomqtt.Message) -> None:
    """What a message says of a service; others' noise on these topics is passed over."""
    service, instance, leaf = str(message.topic).split("/")[3:6]
    name = f"{service}/{instance}"
    with suppress(ValueError, Invalid):
        told = from_json(message.payload)
        if leaf == "status":
            found[name] = Seen(service, instance, ServiceStatus.load(told))
        elif name in found:
            stats = ServiceStats.load(told)
            found[name] = replace(found[name], stats=stats, lag_s=time.time() - stats.at)
