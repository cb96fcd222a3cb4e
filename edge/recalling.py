"""The question half: what to ask, and what to answer when the memory did, or did not. Loads pydantic.

A device that only observes never loads this.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from edge import prompt
from edge.answers import FRESH, Answer, Context
from edge.core import Core
from edge.kept import answer_key
from edge.knowing import Known, know
from edge.merging import read
from edge.own import Who
from edge.prompt import Telling
from edge.querying import NotGranted, Raw
from edge.recollecting import recollect
from edge.scopes import root
from edge.token_estimate import estimate
from schemas.limits import BUDGET_TOKENS_DEFAULT
from schemas.replies import Failure
from schemas.requests import Listing, Recall, Recent
from schemas.wire import Invalid, unknown_fields

FORBIDDEN: Final = 403
"""After this, what is known here is not shown either: a right was taken back."""
MISTAKEN: Final = frozenset({400, 413, 422})
"""The question was wrong, and would be with the next try."""
AWAY: Final = 503


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about whom, checked."""

    path: str
    """The entity, with `/_all` if all below it are meant."""
    request: Listing
    forgotten: int = 0
    """How often something was forgotten on this device, when it was asked."""

    @property
    def fields(self) -> Raw:
        """As it is sent."""
        return self.request.dump(short=True)


class Recollection:
    """Of one device. Its methods take milliseconds (SQLite) and may be called from any thread."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def question(self, path: str, text: str | None, filters: Mapping[str, Any]) -> Question:
        """A question in words or, without a text, for what was last.

        Raises:
            Invalid: a filter is wrong, or none of the contract's; names it.
        """
        model, said = (Recent, dict(filters)) if text is None else (Recall, {"text": text, **filters})
        if unknown_fields(model, said):
            known = ", ".join(sorted(model.model_fields.keys() - {"op", "id", "deadline_ms"}))
            raise Invalid("", f"no such filter in {', '.join(sorted(filters))}: there are {known}")
        return Question(path, model.load(said), self._core.forgotten)

    def answer(self, asked: Question, outcome: Raw | Exception) -> Answer:
        """What the memory said, which is kept for worse times; or what is known here.

        Raises:
            Invalid: the memory says that the question is wrong.
        """
        if isinstance(outcome, NotGranted):
            return Answer((), FRESH, failure=_failure(FORBIDDEN, str(outcome)))
        if isinstance(outcome, Exception):
            return self._known_here(asked, _failure(AWAY, str(outcome)))
        try:
            reply = read(outcome)
        except Invalid as error:
            return self._known_here(asked, _failure(AWAY, f"an answer came that is none: {error}"))
        if isinstance(reply, Failure):
            if reply.code in MISTAKEN:
                raise Invalid("", f"{reply.error}; {reply.hint}")
            if reply.code == FORBIDDEN:
                return Answer((), FRESH, failure=reply)
            return self._known_here(asked, reply)
        self._keep(asked, outcome)
        return Answer(
            tuple(reply.matches),
            FRESH,
            readings=tuple(reply.readings or ()),
            time=tuple(reply.time or ()),
            more=bool(reply.more),
        )

    def context(
        self,
        asked: Question,
        answer: Answer,
        *,
        session: str | None,
        budget: int = BUDGET_TOKENS_DEFAULT,
        count: Callable[[str], int] | None = None,
    ) -> Context:
        """Text for a prompt: of what was answered, and of what is known here beside it."""
        now = self._core.epoch_s
        known = (
            Known(asked.path) if answer.failure and answer.failure.code == FORBIDDEN else self._known(asked)
        )
        return prompt.context(known, answer, Telling(now, session, count=count or estimate), budget=budget)

    def _known_here(self, asked: Question, failure: Failure) -> Answer:
        return recollect(asked.request, self._known(asked), now=self._core.epoch_s, failure=failure)

    def _known(self, asked: Question) -> Known:
        cache, path, now = self._core.cache, asked.path, self._core.epoch_s
        return know(
            Who(self._core.address.tenant, self._core.address.client, path),
            self._core.notes.known_of(path),
            now=now,
            digest=cache.digest(root(path), now),
            answers=cache.answers(path, now),
            before=cache.answer(path, asked.request.op, answer_key(asked.request.op, asked.fields), now),
        )

    def _keep(self, asked: Question, reply: Raw) -> None:
        op = asked.request.op
        key = answer_key(op, asked.fields)
        self._core.keep_answer(asked.path, op, key, msgpack.packb(reply), forgotten=asked.forgotten)


def _failure(code: int, why: str) -> Failure:
    hint = "membroker access show" if code == FORBIDDEN else "it is asked again by asking again"
    return Failure.load({"ok": False, "code": code, "error": why, "hint": hint})
