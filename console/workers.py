"""What the workers that run alone share: each is beside a broker and a store that run elsewhere."""

import asyncio

from broker_bridge.faults import BrokerFault
from console.output import set_up_logging
from console.running import until_signal
from memory import model
from workers import stack
from workers.garbage import leave_what_is_loaded
from workers.heaps import share_few_heaps
from workers.settings import Settings


def run_alone(worker: str) -> None:
    """Runs one worker until a signal."""
    share_few_heaps()
    settings = Settings()
    set_up_logging(settings)
    if settings.broker is None:
        raise BrokerFault(
            f"{worker} alone needs a broker that runs",
            hint="MEMBROKER_BROKER=mqtt://…, or start all: membroker up",
        )
    model.model_dir(settings.model_cache, settings.model)  # a name that cannot be is said now, not waited for
    until_signal(lambda stop: _run(settings, worker, stop))


async def _run(settings: Settings, worker: str, stop: asyncio.Event) -> None:
    async with stack.running(settings, (worker,), stop=stop, standby=True, fetch=True) as running:
        leave_what_is_loaded()
        await running.until(stop)
