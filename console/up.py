"""`membroker up`: a whole memory on this machine."""

import asyncio
import shlex

import click

from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.url import BrokerUrl
from console.clients import to_mosquitto
from console.faults import Refused
from console.output import say, set_up_logging
from console.running import until_signal
from memory import model
from workers import listening, stack
from workers.accounts import OWNER_TENANT
from workers.garbage import leave_what_is_loaded
from workers.heaps import share_few_heaps
from workers.settings import EDGE, Settings
from workers.stack import Stack


@click.command("up")
@click.option("--broker", help="Use the broker at this URL instead of starting Mosquitto.")
@click.option("--standby", is_flag=True, help="Wait while another process has the store; then take over.")
def command(broker: str | None, *, standby: bool) -> None:
    """Start Mosquitto, ingest, query and summarizer, and keep them running until Ctrl-C.

    Data lives in MEMBROKER_DATA (default ~/.local/share/membroker) and survives restarts.

    Example:  membroker up --broker mqtt://127.0.0.1:1883
    """
    share_few_heaps()
    settings = Settings() if broker is None else Settings(broker=broker)
    if (standby or settings.standby) and settings.store != EDGE:
        raise Refused(
            "a standby waits for the embedded store's lock, and a Qdrant server has none."
            " Run another instance beside the first: MEMBROKER_INSTANCE=2 membroker up"
        )
    set_up_logging(settings)
    model.fetch(settings.model_cache, settings.model, say)
    until_signal(lambda stop: _run(settings, stop, standby=standby))


async def _run(settings: Settings, stop: asyncio.Event, *, standby: bool) -> None:
    async with stack.running(settings, stop=stop, standby=standby) as running:
        leave_what_is_loaded()
        if running.serves:
            click.echo(greeting(settings, running))
        await running.until(stop)


def greeting(settings: Settings, running: Stack) -> str:
    """Where to connect, and three lines to paste."""
    watch, observe, ask = lines_to_paste(running.owner, settings.trust)
    return "\n".join(
        [
            f"membroker is up: {running.broker}, data in {settings.data}",
            *_beyond(settings),
            "",
            "Each line works as it is. In a terminal of its own, watch the receipts:",
            f"  {watch}",
            "Observe something, and when its receipt is there, ask for it:",
            f"  {observe}",
            f"  {ask}",
            "",
            *_for_other_commands(settings),
            "Ctrl-C stops it, and keeps what it remembers.",
        ]
    )


def _beyond(settings: Settings) -> list[str]:
    """Where others come in, once there are certificates."""
    found = None if settings.broker is not None else listening.beyond(settings)
    if found is None:
        return []
    where = BrokerUrl(found.address, found.port, tls=True)
    return [f"with TLS: {where}, and its clients trust {found.certificates / 'ca.pem'}"]


def _for_other_commands(settings: Settings) -> list[str]:
    """What `membroker status` and its like need to know in another terminal, where it is not the default."""
    of_named = ["broker", "broker_ca", "broker_cert", "broker_key"]
    names = of_named if settings.broker is not None else ["data", "port"]
    differ = [name for name in names if name in settings.model_fields_set]
    if not differ:
        return []
    exports = " ".join(
        f"MEMBROKER_{name.upper()}={shlex.quote(str(getattr(settings, name)))}" for name in differ
    )
    return ["For membroker's other commands, in another terminal:", f"  export {exports}", ""]


def lines_to_paste(broker: BrokerUrl, trust: Trust = SYSTEM) -> list[str]:
    """One line each of mosquitto_sub, mosquitto_pub and mosquitto_rr."""
    where = to_mosquitto(broker, trust)
    root = f"mem/v1/{OWNER_TENANT}"
    observation = '{"text": "The spare key is in the blue drawer"}'
    question = '{"text": "where is the spare key?"}'
    reply = f"{root}/reply/phone/kitchen"
    lines = [
        ["mosquitto_sub", *where, "-v", "-t", f"{root}/receipt/phone/#"],
        ["mosquitto_pub", *where, "-q", "1", "-t", f"{root}/obs/phone/kitchen", "-m", observation],
        ["mosquitto_rr", *where, "-q", "1", "-t", f"{root}/query/phone/kitchen", "-e", reply, "-m", question],
    ]
    return [shlex.join(line) for line in lines]
