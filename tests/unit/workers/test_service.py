"""workers/service.py and the stack's wait: a worker that breaks is not left half working."""

import asyncio

import pytest

from broker_bridge.presence import Measures, Presence, ServiceName
from broker_bridge.session import Session, SessionOptions
from broker_bridge.url import BrokerUrl
from workers.faults import Reopening
from workers.service import Service, serving
from workers.stack import Stack

NOWHERE = BrokerUrl("127.0.0.1", 1)


def service(run: asyncio.Future[None]) -> tuple[Service, list[str]]:
    """A service whose work ends as `run` does, and what was done to it."""
    done: list[str] = []
    name = ServiceName("ingest", "1")
    session = Session(NOWHERE, SessionOptions(name.client_id))

    async def work() -> None:
        await run

    async def drain() -> None:
        done.append("drained")

    return (
        Service(
            name, session, Presence(name, session, version="0", durability=None), work, drain,
            lambda: done.append("closed"), lambda: Measures({}, {}), 1000.0, 5.0,
        ),
        done,
    )  # fmt: skip


async def test_what_breaks_a_worker_reaches_whoever_waits_for_the_stack() -> None:
    run: asyncio.Future[None] = asyncio.Future()
    it, done = service(run)
    async with serving(it):
        stack = Stack(NOWHERE, NOWHERE, [it.broken])
        run.set_exception(ZeroDivisionError("a fault of ours"))
        with pytest.raises(ZeroDivisionError):
            await stack.until(asyncio.Event())
    # Not drained: what would finish its work has ended, and the wait for it would be the longest there is.
    assert done == ["closed"]


async def test_a_stop_ends_the_wait_and_nothing_is_broken() -> None:
    it, done = service(asyncio.Future())
    stop = asyncio.Event()
    stop.set()
    async with serving(it):
        await Stack(NOWHERE, NOWHERE, [it.broken]).until(stop)
        assert not it.broken.done()
    assert done == ["drained", "closed"]
    assert it.presence.status.status == "offline"


async def test_a_service_that_is_started_anew_at_once_does_not_say_that_it_leaves() -> None:
    run: asyncio.Future[None] = asyncio.Future()
    it, done = service(run)
    async with serving(it):
        it.presence.serve()
        it.presence.report("flushing", "the disk is gone")
        run.set_exception(Reopening("flushing: the disk is gone"))
        with pytest.raises(Reopening):
            await it.broken
    assert done == ["closed"]
    assert it.presence.status.status == "degraded"
