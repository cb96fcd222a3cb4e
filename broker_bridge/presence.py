"""How a service says that it is there: retained status with a last will, and stats now and then."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from broker_bridge import topics
from broker_bridge.codec import Encoding, encode
from broker_bridge.messages import Will
from broker_bridge.session import Session
from schemas.service import Durability, Health, ServiceStats, ServiceStatus


@dataclass(frozen=True, slots=True)
class ServiceName:
    """Which service of which kind: `ingest`, `1`."""

    service: str
    instance: str

    @property
    def client_id(self) -> str:
        """Stable over restarts: the broker keeps the session under it."""
        return f"membroker-{self.service}-{self.instance}"

    def topic(self, leaf: str) -> str:
        """Its `status` or `stats` topic."""
        return topics.service(self.service, self.instance, leaf)

    @property
    def will(self) -> Will:
        """Told by the broker when the connection breaks."""
        return Will(self.topic("status"), _json(ServiceStatus(status="offline")))


@dataclass(frozen=True, slots=True)
class Measures:
    """What a worker counts and holds, for its stats."""

    counters: Mapping[str, int]
    gauges: Mapping[str, float]


class Presence:
    """Keeps a service's retained status true over reconnects, and publishes its stats."""

    def __init__(
        self, name: ServiceName, session: Session, *, version: str, durability: Durability | None
    ) -> None:
        self._name = name
        self._session = session
        self._version = version
        self._durability = durability
        self._health: Health = "starting"
        self._troubles: dict[str, str] = {}
        self._status = self._make("starting", None)
        self._started = time.monotonic()
        self._changed = asyncio.Event()
        # The broker has published our will meanwhile: a new connection says again how we are.
        session.on_connect = self._changed.set

    @property
    def status(self) -> ServiceStatus:
        """What was last said."""
        return self._status

    def report(self, part: str, trouble: str | None) -> None:
        """Says that a part is in trouble, or (None) no longer is; degraded while any part is."""
        if trouble is None:
            self._troubles.pop(part, None)
        else:
            self._troubles[part] = trouble
        self._say()

    def serve(self) -> None:
        """The service hears its topics now."""
        self._health = "online"
        self._say()

    def leave(self) -> None:
        """The service ends, on purpose."""
        self._health = "offline"
        self._say()

    def _say(self) -> None:
        health, reason = self._health, None
        if health == "online" and self._troubles:
            health, reason = "degraded", "; ".join(self._troubles.values())
        if (health, reason) != (self._status.status, self._status.reason):
            self._status = self._make(health, reason)
            self._changed.set()

    async def keep_true(self) -> None:
        """Publishes the status at each change and each reconnect; runs until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.publish_status()

    async def publish_status(self) -> None:
        """Publishes the status as it is now."""
        await self._session.publish(self._name.topic("status"), _json(self._status), retain=True)

    async def tell_stats(self, every_s: float, measure: Callable[[], Measures]) -> None:
        """Publishes what `measure` finds, every `every_s` seconds; runs until cancelled."""
        while True:
            measures = measure()
            stats = ServiceStats(
                at=time.time(),
                uptime_s=round(time.monotonic() - self._started, 1),
                counters=dict(measures.counters),
                gauges=dict(measures.gauges),
            )
            await self._session.publish(self._name.topic("stats"), _json(stats), qos=0)
            await asyncio.sleep(every_s)

    def _make(self, health: Health, reason: str | None) -> ServiceStatus:
        return ServiceStatus(
            status=health,
            reason=reason,
            version=self._version,
            since=round(time.time(), 3),
            durability=self._durability,
        )


def _json(model: ServiceStatus | ServiceStats) -> bytes:
    return encode(model.dump(short=False), Encoding.JSON)
