"""`membroker demo`: four years of real weather go in over MQTT, and five questions are answered."""

import asyncio
import contextlib
import shlex
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import click

from broker_bridge.url import BrokerUrl
from console import dataset, weather
from console.asking import ask_all, ask_from_a_shell
from console.output import say, set_up_logging
from console.questions import STATION, THERMOMETER
from console.replay import Device, Tally, replay
from console.running import STOPPED_NOW, until_signal
from edge.client import AsyncClient
from memory import model
from workers import stack
from workers.accounts import OWNER_TENANT
from workers.settings import EDGE, Settings

SOURCE = "Seattle by NOAA: each day from 2012 to 2015, and hourly normals, which their file dates 2010"
KIOSK = "kiosk"
DAYS_PER_MESSAGE = 64
HOURS_PER_MESSAGE = 256
PROGRESS_EVERY_S = 1.0


class Interrupted(Exception):
    """A signal came before the demo was done."""


@click.command("demo")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep what is remembered in this new folder, to go on asking; default: removed in the end.",
)
def command(keep: Path | None) -> None:
    """Replay a real weather station and a thermometer, then ask what they remember.

    Starts a memory of its own beside whatever runs here: a fresh folder, a free port. Ends by itself.

    Example:  membroker demo --keep /tmp/seattle
    """
    begun = time.monotonic()
    settings = Settings()
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "warning"})
    set_up_logging(settings)
    with _folder(keep) as folder:
        devices = recorded(dataset.fetch(settings.model_cache.parent / "datasets", say))
        model.fetch(settings.model_cache, settings.model, say)
        try:
            until_signal(lambda stop: _run(stop, _own(settings, folder), devices))
        except Interrupted:
            sys.exit(STOPPED_NOW)
    kept = f"kept; go on with: MEMBROKER_DATA={shlex.quote(str(folder))} membroker up" if keep else "removed"
    click.echo(f"\nDone in {time.monotonic() - begun:.1f} s; what was remembered is {kept}")


def recorded(files: dict[str, str]) -> list[Device]:
    """The devices whose records the files are."""
    days = list(weather.station_observations(weather.days(files[dataset.DAYS])))
    hours = [weather.thermometer_observation(hour) for hour in weather.hours(files[dataset.HOURS])]
    return [
        Device("station-daily", STATION, days, DAYS_PER_MESSAGE),
        Device("thermometer", THERMOMETER, hours, HOURS_PER_MESSAGE),
    ]


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="membroker-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and any(keep.iterdir()):
        raise click.BadParameter("the folder is not empty; name a new one", param_hint="--keep")
    yield keep.absolute()


def _own(settings: Settings, folder: Path) -> Settings:
    """The user's settings, but for what would touch the memory they have."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"data": folder, "port": port, "broker": None, "store": EDGE, "durability": "power"}
    alone = {"listen": "127.0.0.1", "certs": None, "tls_clients": "password"}
    return settings.model_copy(update=own | alone)


async def _run(stop: asyncio.Event, settings: Settings, devices: list[Device]) -> None:
    """The demo, or as much of it as there is time for; either way everything is taken down."""
    async with stack.running(settings) as running, AsyncExitStack() as connections:
        click.echo(f"A memory runs at {running.broker}, its data in {settings.data}")
        clients = [
            await connections.enter_async_context(
                AsyncClient(running.owner, tenant=OWNER_TENANT, client=client)
            )
            for client in (KIOSK, *(device.client for device in devices))
        ]
        # A signal is heeded from here on: a start or a connection that is cut short leaves half of it behind.
        demo = asyncio.create_task(_demo(running.owner, devices, clients), name="demo")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({demo, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not demo.done():
            demo.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await demo
            raise Interrupted
        demo.result()


async def _demo(broker: BrokerUrl, devices: list[Device], clients: list[AsyncClient]) -> None:
    kiosk, *of_devices = clients
    await _replay(list(zip(devices, of_devices, strict=True)))
    await ask_all(kiosk)
    await ask_from_a_shell(broker, OWNER_TENANT)


async def _replay(devices: list[tuple[Device, AsyncClient]]) -> None:
    total = sum(len(device.observations) for device, _ in devices)
    click.echo(f"{' and '.join(device.client for device, _ in devices)} replay {SOURCE}")
    tally = Tally()
    telling = asyncio.create_task(_tell(tally, total), name="progress")
    try:
        await replay(devices, tally)
    finally:
        telling.cancel()
    seconds = tally.seconds
    click.echo(f"{total:,} observations in {seconds:.1f} s: {total / seconds:,.0f} a second")
    click.echo(f"Receipts, each sent after the flush to disk: {tally}")


async def _tell(tally: Tally, total: int) -> None:
    while True:
        await asyncio.sleep(PROGRESS_EVERY_S)
        done = tally.statuses.total()
        say(f"{done:,} of {total:,} observations have a receipt, {done / tally.seconds:,.0f} a second")
