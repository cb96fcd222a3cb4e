"""Says how a service is while it cannot serve, under its own name, and touches nothing that waits for it.

It connects as the service will, with the service's own client id, so that the broker's rights, will and
session are the service's. It subscribes nothing, and acknowledges nothing: what the broker has queued for
the service stays queued, until the service itself comes.
"""

import asyncio
from types import TracebackType
from typing import Self

from broker_bridge.presence import Presence
from broker_bridge.session import Session

RECEIVE_MAX = 1
"""Messages that the broker may have under way to a herald: as few as MQTT can say."""


class Herald:
    """One service's stand-in. A context manager; closed before the service itself connects."""

    def __init__(self, session: Session, presence: Presence) -> None:
        self._session = session
        self._presence = presence
        self._telling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._session.__aenter__()
        self._telling = asyncio.create_task(self._presence.keep_true(), name="herald")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._telling is not None, "entered"  # noqa: S101
        self._telling.cancel()
        await asyncio.gather(self._telling, return_exceptions=True)
        if error is not None:
            # The service will not come after all.
            self._presence.leave()
            await self._presence.publish_status()
        await self._session.close()

    def say(self, reason: str) -> None:
        """The service is degraded, for this reason."""
        self._presence.serve()
        self._presence.report("memory", reason)
