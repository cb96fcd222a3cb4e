"""A worker's life: connect, serve, say how it is, drain at the first signal."""

import asyncio
import contextlib
import importlib.metadata
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from broker_bridge.presence import Measures, Presence, ServiceName
from broker_bridge.session import Session
from workers.faults import Reopening

log = logging.getLogger(__name__)

VERSION = importlib.metadata.version("membroker")


@dataclass(frozen=True, slots=True)
class Service:
    """A worker with its connection, and what to run and to finish for it."""

    name: ServiceName
    session: Session
    presence: Presence
    run: Callable[[], Awaitable[None]]
    drain: Callable[[], Awaitable[None]]
    close: Callable[[], None]
    measure: Callable[[], Measures]
    stats_every_s: float
    drain_s_max: float
    broken: "asyncio.Future[None]" = field(default_factory=asyncio.Future)
    """Gets the exception that ended one of its tasks: a worker that half works must not go on."""

    @property
    def comes_back(self) -> bool:
        """Whether it ends only to be started anew at once: its status stays what it was."""
        return self.broken.done() and isinstance(self.broken.exception(), Reopening)


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[None]:
    """Serves while the block runs; then stops reading, finishes what is under way, and says goodbye."""
    service.session.on_refused = lambda: service.presence.report("broker", service.session.refusal)
    service.session.on_subscribed = lambda: _serve(service)
    async with service.session:
        loops = [
            service.presence.keep_true(),
            service.presence.tell_stats(service.stats_every_s, service.measure),
            service.run(),
        ]
        tasks = [asyncio.ensure_future(loop) for loop in loops]
        for task in (*tasks, *service.session.tasks):
            task.add_done_callback(lambda ended: _mind(service, ended))
        try:
            yield
        finally:
            await _drain(service)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            service.close()
            if not service.comes_back:
                await _leave(service)


async def _leave(service: Service) -> None:
    service.presence.leave()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await service.presence.publish_status()


def _serve(service: Service) -> None:
    service.presence.report("broker", None)
    service.presence.serve()


async def _drain(service: Service) -> None:
    service.session.stop_reading()
    if service.broken.done():
        # What would finish its work is gone. Nothing is lost: it was not acknowledged, and comes again.
        return
    try:
        async with asyncio.timeout(service.drain_s_max):
            await service.drain()
        log.info("%s drained", service.name.service, extra={"action": "drain"})
    except TimeoutError:
        # Nothing is lost: what was not acknowledged, the broker sends again.
        log.warning("%s did not drain in time", service.name.service, extra={"action": "drain"})


def _mind(service: Service, ended: "asyncio.Future[None]") -> None:
    error = None if ended.cancelled() else ended.exception()
    if error is None:
        return
    if not isinstance(error, Reopening):
        log.critical("%s broke", service.name.service, extra={"action": "break"}, exc_info=error)
    if not service.broken.done():
        service.broken.set_exception(error)
