"""A memory's life: get what serving needs, serve, and where only a new start mends a fault, start anew.

There is one way to begin, and a fault leads back to it: the services' MQTT sessions are closed with nothing
acknowledged, so that the broker sends again whatever was not flushed, and the store is opened anew.
"""

import asyncio
import contextlib
import logging
from contextlib import AsyncExitStack

from broker_bridge.faults import BrokerFault
from broker_bridge.session import SessionRefused
from memory.errors import MemoryFault, StoreError
from memory.lexicon import lexicon
from memory.model_fastembed import FastembedModel
from memory.store_lock import NAMES, StoreLock
from workers import wiring
from workers.accounts import broker_url
from workers.faults import Doing, Hold, Reopening, StandBy, decide, hold
from workers.herald import Herald
from workers.policies import LivePolicies
from workers.service import Service, serving
from workers.settings import EDGE, Settings

CONNECT_S_MAX = 5.0
CALM_S = 60.0
"""After having served this long a memory is opened anew at once; sooner it waits, longer each time."""

log = logging.getLogger(__name__)


class Life:
    """Of the services of one process, on one store."""

    def __init__(self, settings: Settings, services: tuple[str, ...], *, standby: bool, fetch: bool) -> None:
        """With `standby`, waits for a store that another has; with `fetch`, fetches a missing model."""
        self._settings = settings
        self._services = services
        self._standby = standby
        self._fetch = fetch
        self._names = StoreLock(wiring.store_directory(settings), NAMES)
        self._lock = StoreLock(wiring.store_directory(settings))
        self._model: FastembedModel | None = None
        self._policies = LivePolicies(settings.policies)
        self._said: str | None = None
        self._is_first = True
        self._has_heralded = False
        self.serves = asyncio.Event()
        """Set once the services have begun to serve."""

    async def claim(self) -> None:
        """Returns with an embedded store's lock, so that what else only its owner may have can be taken.

        Raises:
            StoreTaken: another process has it, and we are no standby.
        """
        while (fault := self._fault_of_taking()) is not None:
            decision = decide(fault, Doing.OPENING)
            if isinstance(decision, Hold):
                return  # opening meets it again, and can say so
            await self._stand_by(fault, decision)

    def let_go(self) -> None:
        """Lets another process have the store that was claimed."""
        self._lock.release()
        self._names.release()

    def _take(self) -> None:
        """The names first: who has them keeps them, and may wait for the store."""
        if self._settings.store != EDGE:
            return
        try:
            self._names.take()
            self._lock.take()
        except OSError as error:
            raise StoreError(
                f"the store in {wiring.store_directory(self._settings)} cannot be locked: {error}",
                hint="check the disk's space and rights; it goes on by itself then",
            ) from error

    def _fault_of_taking(self) -> MemoryFault | None:
        try:
            self._take()
        except MemoryFault as fault:
            return fault
        return None

    async def live(self, keeping: "asyncio.Task[None] | None") -> None:
        """Serves until cancelled; raises what ends it, or ends `keeping`, the task that keeps our broker."""
        clock = asyncio.get_running_loop().time
        restarts = 0
        while True:
            have = await self._open()
            began = clock()
            try:
                await self._serve(have, keeping)
            except Reopening as fault:
                log.warning("starting anew: %s", fault, extra={"action": "reopen"})
                # What made us open it anew is likely to make closing it fail, too.
                with contextlib.suppress(StoreError):
                    await have.store.close()
            finally:
                await have.store.close()
            restarts = 0 if clock() - began > CALM_S else restarts + 1
            if restarts > 1:
                await asyncio.sleep(hold(restarts).wait_s)

    async def _open(self) -> wiring.Parts:
        """The model and the store, once they can be had; until then the services' status says why not."""
        attempt = 0
        async with AsyncExitStack() as stack:
            heralds: list[Herald] = []
            while isinstance(have := await self._parts_or_fault(), Exception):
                decision = decide(have, Doing.OPENING, attempt)
                if not isinstance(decision, Hold):
                    # Another process may serve under our client ids.
                    await stack.aclose()
                    heralds = []
                    await self._stand_by(have, decision)
                    continue
                self._say(f"cannot serve, and tries again: {have}")
                if not heralds:
                    heralds = await self._heralds(stack)
                for herald in heralds:
                    herald.say(str(have))
                await asyncio.sleep(decision.wait_s)
                attempt += 1
            return have

    async def _parts_or_fault(self) -> wiring.Parts | Exception:
        """The fault as a value, without its traceback, which would keep what failed, and its files open."""
        try:
            return await self._parts()
        except (MemoryFault, OSError) as fault:
            self._lock.release()  # whoever mends the store needs it
            fault.__cause__ = fault.__context__ = None
            return fault.with_traceback(None)

    async def _parts(self) -> wiring.Parts:
        self._take()
        if self._model is None:
            self._model = await asyncio.to_thread(wiring.load_model, self._settings, fetch=self._fetch)
        store = wiring.make_store(self._settings, self._lock)
        await store.open(wiring.identity_of(self._model, self._settings.language))
        return wiring.Parts(store, self._model, lexicon(self._settings.language), self._policies)

    async def _stand_by(self, fault: Exception, decision: object) -> None:
        """Waits as decided; raises the fault where that is to stop, as for who begins and is no standby."""
        waits = self._standby or self.serves.is_set() or self._has_heralded
        if not isinstance(decision, StandBy) or not waits:
            raise fault
        self._say(f"{getattr(fault, 'message', fault)}; standing by")
        await asyncio.sleep(decision.wait_s)

    async def _heralds(self, stack: AsyncExitStack) -> list[Herald]:
        self._is_first, self._has_heralded = False, True
        return [
            await stack.enter_async_context(
                wiring.herald(self._settings, broker_url(self._settings, name), name)
            )
            for name in self._services
        ]

    def _say(self, line: str) -> None:
        """Once, however often it is tried."""
        if line != self._said:
            self._said = line
            log.error("%s", line, extra={"action": "wait", "services": ", ".join(self._services)})

    async def _serve(self, have: wiring.Parts, keeping: "asyncio.Task[None] | None") -> None:
        built = {
            "ingest": wiring.ingest_service,
            "query": wiring.query_service,
            "summarizer": wiring.summarizer_service,
        }
        asked = wiring.Asked(self._settings.embed_threads)
        ends: list[asyncio.Future[None]] = [] if keeping is None else [keeping]
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(wiring.controlled(self._settings, have.store))
            for name in self._services:
                service = built[name](self._settings, broker_url(self._settings, name), have, asked)
                await stack.enter_async_context(serving(service))
                if self._is_first:
                    await _connected(service)
                ends.append(service.broken)
            self._is_first, self._said = False, None
            self.serves.set()
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()


async def _connected(service: Service) -> None:
    """Until the broker has accepted the service; a broker away at the start is said at once, not retried."""
    try:
        async with asyncio.timeout(CONNECT_S_MAX):
            await service.session.wait_connected()
    except (SessionRefused, TimeoutError) as error:
        raise BrokerFault(
            str(error) or "the broker did not answer",
            hint="check its address and account: --broker mqtt://user:password@host:port",
        ) from None
