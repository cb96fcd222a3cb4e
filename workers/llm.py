"""A language model writes summaries of texts, where a tenant's policies name one and it says what was said.

    portion's texts → what is told in its own words, set apart → worth it, and none instructs?
      → server there? → tokens left today? → ask → of the form? → stands on what was observed?
      → the text of the summary, behind what was set apart

Whatever the answer to one of these is: the summary without a model is made already. A server is asked once at
a time, and within the policy's `timeout_s`. Texts and keys are in no log.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from memory.condensing import Condensed
from memory.errors import MemoryFault
from memory.grounding import can_be_checked, objection
from memory.policy_file import Llm
from memory.portions import Portion
from memory.records import Memory
from memory.token_book import TokenBook, day_of
from memory.writing import Draft, drafted, speaks_to_a_model, written
from workers.breaker import Breaker
from workers.llm_server import LlmAway, LlmServer, Reply
from workers.llm_words import ANSWER_TOKENS_MAX, AnswerWrong, answered, asked, tokens_of
from workers.report import Report

SERVERS_MAX = 64
"""That are known: tenants have few, and policies that change leave some behind."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Named:
    """What a policy names."""

    server: LlmServer
    breaker: Breaker = field(default_factory=Breaker)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A small machine's model has a request at a time, and others would time out behind it."""


class LlmWriter:
    """The `memory.writing.Writer` of all tenants whose policies name a language model."""

    def __init__(
        self,
        book: TokenBook,
        llm_of: Callable[[str], Llm | None],
        report: Report,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`llm_of` says what a tenant's policies name; `wall` which day it is, `steady` when one rests."""
        self._book = book
        self._llm_of = llm_of
        self._report = report
        self._wall = wall
        self._steady = steady
        self._known: dict[Llm, _Named] = {}
        self._over: dict[str, str] = {}
        """The day of which it is said already, by tenant, that its tokens are spent."""
        self._troubles: set[str] = set()
        self.counters: Counter[str] = Counter()
        self.waited_s: defaultdict[str, float] = defaultdict(float)
        """For servers, by tenant: time that was nobody's work here."""

    def is_for(self, portion: Portion) -> bool:
        """Whether a language model may be asked about a portion, and so be waited for."""
        return not portion.is_series and self._llm_of(portion.tenant) is not None

    async def gist(self, portion: Portion, memories: Sequence[Memory], told: Condensed) -> Condensed | None:
        """See memory.writing.Writer."""
        llm = self._llm_of(portion.tenant)
        if llm is None:
            self._is_well(portion.tenant)
            return None
        draft = await asyncio.to_thread(drafted, portion, memories, told)
        if not self._is_for_a_model(draft):
            return None
        named, began = self._named(llm), self._steady()
        try:
            async with named.turn:
                self.waited_s[portion.tenant] += self._steady() - began
                return await self._written(llm, named, portion, draft, told)
        except MemoryFault as fault:  # the book's: what is spent cannot be counted, so nothing is
            self._is_unwell(portion.tenant, str(fault))
        except LlmAway as away:
            self._is_unwell(portion.tenant, str(away))
        self.counters["llm_failures"] += 1
        return None

    def close(self) -> None:
        """Lets go of the book."""
        self._book.close()

    def _is_for_a_model(self, draft: Draft) -> bool:
        texts = [memory.text for memory in (*draft.shown, *draft.apart.memories)]
        if not draft.is_worth_writing or not all(map(can_be_checked, texts)):
            return False
        if any(speaks_to_a_model(memory.text) for memory in draft.shown):
            self.counters["llm_instructed"] += 1
            return False
        return True

    async def _written(
        self, llm: Llm, named: _Named, portion: Portion, draft: Draft, told: Condensed
    ) -> Condensed | None:
        if not named.breaker.may_try(self._steady()):
            self.counters["llm_not_tried"] += 1
            return None
        reply = await self._asked(llm, portion.tenant, named, asked(draft.shown, draft.room))
        if reply is None:
            return None
        self._is_well(portion.tenant)
        try:
            sentences = answered(reply.content, draft.shown)
        except AnswerWrong as wrong:
            self.counters["llm_failures"] += 1
            log.warning("%s answered wrongly: %s", named.server.name, wrong, extra={"action": "llm_answer"})
            return None
        reason = await asyncio.to_thread(objection, sentences, draft.apart, portion.entity, draft.room)
        if reason is not None:
            self.counters["llm_refused"] += 1
            log.info(
                "what %s wrote is not proven: %s", named.server.name, reason,
                extra={"action": "llm_refused", "portion": portion.key},
            )  # fmt: skip
            return None
        return written(sentences, draft, told)

    async def _asked(
        self, llm: Llm, tenant: str, named: _Named, messages: Sequence[dict[str, str]]
    ) -> Reply | None:
        """The reply, paid for; None: there are not tokens enough for it."""
        day = day_of(self._wall())
        prompt = tokens_of(*(message["content"] for message in messages))
        taken = prompt + ANSWER_TOKENS_MAX
        if not await asyncio.to_thread(self._book.take, tenant, day, taken, llm.tokens_a_day_max):
            self._is_over(tenant, day)
            return None
        spent, began = taken, self._steady()
        try:
            reply = await named.server.ask(messages)
            named.breaker.succeeded()
            spent = reply.tokens or prompt + tokens_of(reply.content)
            return reply
        except LlmAway as away:
            named.breaker.failed(self._steady())
            spent = taken if away.is_spent else 0
            raise
        finally:
            self.waited_s[tenant] += self._steady() - began
            # Cut short in between, all stays taken that was.
            self.counters["llm_tokens"] += spent
            await asyncio.to_thread(self._book.correct, tenant, day, spent - taken)

    def _named(self, llm: Llm) -> _Named:
        if llm not in self._known:
            if len(self._known) >= SERVERS_MAX:
                del self._known[next(iter(self._known))]
            self._known[llm] = _Named(LlmServer(llm, self.counters))
        return self._known[llm]

    def _is_over(self, tenant: str, day: str) -> None:
        self.counters["llm_over_budget"] += 1
        if self._over.get(tenant) != day:
            self._over[tenant] = day
            log.warning(
                "the language model's tokens of %s are spent for %s", tenant, day,
                extra={"action": "llm_over_budget", "tenant": tenant},
            )  # fmt: skip

    def _is_unwell(self, tenant: str, trouble: str) -> None:
        said = f"summaries of {tenant} are made without the language model: {trouble}"
        if tenant not in self._troubles:
            log.warning("%s", said, extra={"action": "llm_away", "tenant": tenant})
        self._troubles.add(tenant)
        self._report(f"llm of {tenant}", said)

    def _is_well(self, tenant: str) -> None:
        if tenant in self._troubles:
            self._troubles.remove(tenant)
            self._report(f"llm of {tenant}", None)
