"""A device for asyncio: the verbs of `Device`, awaited; the connection is kept by the running loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from edge.noting import Noted
from edge.querying import NotGranted, Raw, Unanswered
from edge.scopes import path_of
from edge.speaking import DEADLINE_S, DRAIN_S_MAX, SLACK_S, Speaking
from schemas.limits import BUDGET_TOKENS_DEFAULT

if TYPE_CHECKING:
    from edge.answers import Answer, Context
    from edge.recalling import Question


class AsyncDevice(Speaking):
    """Observes and recalls for one client of one tenant. Made, and used, on a running loop.

    async with AsyncDevice("mqtt://gateway", tenant="acme", client="kiosk", entity="hall", folder="x") as it:
        await it.observe("the window was left open")
        print((await it.recall("what about the window?")).matches)
    """

    async def __aenter__(self) -> Self:
        """Begins to connect, whether there is a network or not."""
        self._core.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says goodbye. What has no receipt stays in the outbox; who wants to wait calls `drain` before."""
        self._core.leave()
        await asyncio.to_thread(self._core.shut)

    async def observe(self, text: str | None = None, **said: Any) -> Noted:
        """As `Device.observe`."""
        return (await asyncio.to_thread(self._core.note, self.entity, [self._fields(text, said)]))[0]

    async def observe_all(self, observations: Iterable[Mapping[str, Any]]) -> list[Noted]:
        """As `Device.observe_all`."""
        return await asyncio.to_thread(self._core.note, self.entity, self._all_fields(observations))

    async def recall(
        self, text: str, *, deadline_s: float = DEADLINE_S, below: bool = False, **filters: Any
    ) -> Answer:
        """As `Device.recall`."""
        return (await self._ask(path_of(self.entity, below=below), text, deadline_s, filters))[1]

    async def recent(self, *, deadline_s: float = DEADLINE_S, below: bool = False, **filters: Any) -> Answer:
        """As `Device.recent`."""
        return (await self._ask(path_of(self.entity, below=below), None, deadline_s, filters))[1]

    async def context(
        self,
        text: str,
        *,
        budget: int = BUDGET_TOKENS_DEFAULT,
        deadline_s: float = DEADLINE_S,
        count: Callable[[str], int] | None = None,
        **filters: Any,
    ) -> Context:
        """As `Device.context`."""
        session = self._session
        asked, answer = await self._ask(self.entity, text, deadline_s, filters)
        return await asyncio.to_thread(
            self._recollection.context, asked, answer, session=session, budget=budget, count=count
        )

    async def drain(self, timeout_s: float = DRAIN_S_MAX) -> bool:
        """As `Device.drain`."""
        done: Future[bool] = Future()
        self._core.drain(done)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(done), timeout_s)
        except TimeoutError:
            return False

    def _loop_of(self, _client: str) -> AbstractContextManager[asyncio.AbstractEventLoop]:
        return nullcontext(asyncio.get_running_loop())

    async def _ask(
        self, path: str, text: str | None, deadline_s: float, filters: Mapping[str, Any]
    ) -> tuple[Question, Answer]:
        asked = self._recollection.question(path, text, filters)
        answer = asyncio.wrap_future(self._core.ask(asked.path, asked.fields, deadline_s))
        outcome: Raw | Exception
        try:
            outcome = await asyncio.wait_for(answer, deadline_s + SLACK_S)
        except (Unanswered, NotGranted, TimeoutError) as why:
            outcome = why.with_traceback(None)  # else it and this call hold each other
        return asked, await asyncio.to_thread(self._recollection.answer, asked, outcome)
