"""A device for plain scripts: a thread of its own keeps the connection, and every verb returns soon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from edge.noting import Noted
from edge.querying import NotGranted, Raw, Unanswered
from edge.scopes import path_of
from edge.speaking import DEADLINE_S, DRAIN_S_MAX, SLACK_S, Speaking
from edge.thread_loop import ThreadLoop
from schemas.limits import BUDGET_TOKENS_DEFAULT

if TYPE_CHECKING:
    from edge.answers import Answer, Context
    from edge.recalling import Question

LEAVE_S_MAX: Final = 2.0


class Device(Speaking):
    """Observes and recalls for one client of one tenant. Use as a context manager.

    with Device("mqtt://gateway", tenant="acme", client="sensor-1", entity="hall", folder="/var/lib/x") as it:
        it.observe("the window was left open")
        print(it.recall("what about the window?").matches)
    """

    def __enter__(self) -> Self:
        """Begins to connect, whether there is a network or not."""
        self._loop.start()
        self._core.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Says goodbye. What has no receipt stays in the outbox; who wants to wait calls `drain` before."""
        self._loop.call_soon_threadsafe(self._core.leave)
        self._loop.stop(LEAVE_S_MAX)
        self._core.shut()

    def observe(self, text: str | None = None, **said: Any) -> Noted:
        """Keeps one observation, to be sent; on disk when it returns (`Options.durability`).

        `said`: any of the contract's fields by their names: `value`, `unit`, `attribute`, `kind`, `tags`,
        `importance`, `ttl`, `meta`, `session`, `seq`, `id`.

        Raises:
            ValueError: names the field, and what it must be.
        """
        return self._core.note(self.entity, [self._fields(text, said)])[0]

    def observe_all(self, observations: Iterable[Mapping[str, Any]]) -> list[Noted]:
        """Keeps several in one write, which is as durable as one and many times as fast.

        Each is a map of the fields that `observe` takes, `text` among them.

        Raises:
            ValueError: one of them is wrong; none is kept.
        """
        return self._core.note(self.entity, self._all_fields(observations))

    def recall(
        self, text: str, *, deadline_s: float = DEADLINE_S, below: bool = False, **filters: Any
    ) -> Answer:
        """What is remembered of this: by the memory or, if it does not answer in time, by the device.

        `filters`: the contract's (`limit`, `since`, `kinds`, …); `below`: of all below the entity, too.

        Raises:
            Invalid: a filter is wrong; names it.
        """
        return self._ask(path_of(self.entity, below=below), text, deadline_s, filters)[1]

    def recent(self, *, deadline_s: float = DEADLINE_S, below: bool = False, **filters: Any) -> Answer:
        """What was last observed, newest first; raises as `recall` does."""
        return self._ask(path_of(self.entity, below=below), None, deadline_s, filters)[1]

    def context(
        self,
        text: str,
        *,
        budget: int = BUDGET_TOKENS_DEFAULT,
        deadline_s: float = DEADLINE_S,
        count: Callable[[str], int] | None = None,
        **filters: Any,
    ) -> Context:
        """Text for a prompt, of at most `budget` tokens: the running session, what is recalled, the digest.

        `count` says how many tokens a text costs; by default an estimate on the high side. Raises as `recall`
        does.
        """
        asked, answer = self._ask(self.entity, text, deadline_s, filters)
        return self._recollection.context(asked, answer, session=self._session, budget=budget, count=count)

    def drain(self, timeout_s: float = DRAIN_S_MAX) -> bool:
        """Waits until the memory has all that was observed; False if it has not by then."""
        done: Future[bool] = Future()
        self._loop.call_soon_threadsafe(self._core.drain, done)
        try:
            return done.result(timeout_s)
        except TimeoutError:
            return not done.cancel()

    @contextmanager
    def _loop_of(self, client: str) -> Iterator[ThreadLoop]:
        self._loop = ThreadLoop(f"membroker {client}")
        try:
            yield self._loop
        except BaseException:
            self._loop.close()
            raise

    def _ask(
        self, path: str, text: str | None, deadline_s: float, filters: Mapping[str, Any]
    ) -> tuple[Question, Answer]:
        asked = self._recollection.question(path, text, filters)
        answer = self._core.ask(asked.path, asked.fields, deadline_s)
        outcome: Raw | Exception
        try:
            outcome = answer.result(deadline_s + SLACK_S)
        except (Unanswered, NotGranted, TimeoutError) as why:
            answer.cancel()
            outcome = why.with_traceback(None)  # else it and this call hold each other
        return asked, self._recollection.answer(asked, outcome)
