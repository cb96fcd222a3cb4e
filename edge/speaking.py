"""Whom a device speaks of, and in which episode: the same for a sync and an async one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from broker_bridge.loops import Loop
from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.topics import Address
from broker_bridge.url import BrokerUrl
from edge import observing
from edge.clock import Clock
from edge.core import Core, Stats
from edge.observed import Fields
from edge.options import Options

if TYPE_CHECKING:
    from edge.recalling import Recollection

DEADLINE_S: Final = 2.0
"""How long an answer is waited for before the device answers from what it knows."""
SLACK_S: Final = 1.0
"""How much later than a deadline the device's own loop may come."""
DRAIN_S_MAX: Final = 5.0


class Speaking(ABC):
    """What `Device` and `AsyncDevice` share. Of one person at a time: whoever serves several has several."""

    def __init__(
        self,
        broker: str | BrokerUrl,
        *,
        tenant: str,
        client: str,
        entity: str,
        folder: str | Path,
        trust: Trust = SYSTEM,
        options: Options | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`folder` is this device's alone: its outbox and its cache are there, readable for their owner.

        Raises:
            ValueError: the broker's address is none; tenant, client or entity cannot be one.
            OutboxTaken, LaterLayout: another process, or a later version, has this folder's outbox.
            PermissionError, NotADirectoryError, FileExistsError: the folder cannot be this device's.
            TlsFault: a certificate is not what it should be.
        """
        with self._loop_of(client) as loop:
            self._core = Core(
                BrokerUrl.parse(broker) if isinstance(broker, str) else broker,
                loop,
                Address(tenant, client, entity),
                folder=Path(folder),
                trust=trust,
                options=options or Options(),
                clock=clock,
            )
        self._entity = entity
        self._session: str | None = None
        self._seq = 0

    @property
    def entity(self) -> str:
        """Whom it speaks of now."""
        return self._entity

    @contextmanager
    def acting_for(self, entity: str, *, keep: bool = True) -> Iterator[Self]:
        """Until its end, all that is observed and asked is of `entity`: a path, as `home7/ana`.

        What the device knows of one is never told to another. When they leave, nothing of them stays in RAM;
        what was cached on disk stays for when they come again, unless `keep` is false. The running session
        ends with them.

        Raises:
            BadTopic: it cannot be an entity.
        """
        before = self._entity, self._session, self._seq
        self._core.come(entity)
        self._entity, self._session, self._seq = entity, None, 0
        try:
            yield self
        finally:
            self._entity, self._session, self._seq = before
            self._core.go(entity, keep=keep)

    @contextmanager
    def session(self, name: str) -> Iterator[Self]:
        """Until its end, each observation belongs to this episode, and says its order in it."""
        before = self._session, self._seq
        self._session, self._seq = name, 0
        try:
            yield self
        finally:
            self._session, self._seq = before

    def stats(self) -> Stats:
        """How it is: connected or why not, what waits, and what was sent, saved and dropped."""
        return self._core.stats()

    @abstractmethod
    def _loop_of(self, client: str) -> AbstractContextManager[Loop]:
        """What calls the device back; whoever made one for it closes it if the device fails within."""

    @cached_property
    def _recollection(self) -> Recollection:
        from edge.recalling import Recollection  # noqa: PLC0415 - a device that only observes has no room

        return Recollection(self._core)

    def _all_fields(self, observations: Iterable[Mapping[str, Any]]) -> list[Fields]:
        return [
            self._fields(each.get("text"), {name: said for name, said in each.items() if name != "text"})
            for each in observations
        ]

    def _fields(self, text: str | None, said: Fields) -> Fields:
        """Checked, with session and order.

        Raises:
            ValueError: names the field, and what it must be.
        """
        if self._session is None:
            return observing.fields(text, **said)
        stamped: Fields = {"session": self._session, "seq": self._seq, **said}
        fields = observing.fields(text, **stamped)
        if fields.get("s") == self._session:
            self._seq += 1
        return fields
