"""Answers that fit: whole entries only (matches, attributes, memories), up to a number of bytes. Pure."""

from collections.abc import Callable
from typing import Any, Self

from pydantic import PrivateAttr

from broker_bridge.codec import Encoding, encode
from schemas.limits import MESSAGE_BYTES_MAX
from schemas.replies import (
    AuditReply,
    ContextReply,
    ExportReply,
    HistoryReply,
    MatchesReply,
    ProfileReply,
    Reply,
    StateReply,
)

PROFILE_LISTS = ("preferences", "facts", "routines")


class Recounted(ContextReply):
    """A context that can tell fewer memories: its text cites them, so it is another text then."""

    _shorter: Callable[[int], ContextReply] = PrivateAttr()

    def shortened_by(self, shorter: Callable[[int], ContextReply]) -> Self:
        """Says how: a context of the first so many memories."""
        self._shorter = shorter
        return self

    def with_first(self, count: int) -> Self:
        """The same answer, of the first `count` memories."""
        shorter = self._shorter(count)
        told = {name: getattr(shorter, name) for name in ("context", "tokens", "matches")}
        return self.model_copy(update={**told, "more": True})


LISTS: dict[type[Reply], str] = {
    MatchesReply: "matches",
    Recounted: "matches",
    StateReply: "state",
    HistoryReply: "versions",
    ExportReply: "memories",
    AuditReply: "entries",
}
"""Where each answer that can be long has its entries."""


def fit(reply: Reply, encoding: Encoding, max_bytes: int | None) -> bytes:
    """The payload of an answer: cut to the whole entries that fit, with `more` set if cut.

    No answer is larger than a request may be, asked for or not.
    """
    bound = min(max_bytes or MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX)
    payload = _encode(reply, encoding)
    if len(payload) <= bound or not _length(reply):
        return payload
    payload = _encode(cut := _cut(reply, encoding, bound), encoding)
    if len(payload) > bound and isinstance(cut, MatchesReply) and cut.readings:
        return _encode(cut.model_copy(update={"readings": None}), encoding)
    return payload


def _length(reply: Reply) -> int:
    """How many entries it has; of several lists, the longest's."""
    if isinstance(reply, ProfileReply):
        return max(len(getattr(reply, name)) for name in PROFILE_LISTS)
    return len(getattr(reply, LISTS[type(reply)])) if type(reply) in LISTS else 0


def _cut(reply: Reply, encoding: Encoding, bound: int) -> Reply:
    """The longest beginning that fits; sizes grow with the entries, so by bisection."""
    fits, too_many = 0, _length(reply)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(_encode(_with_first(reply, middle), encoding)) <= bound:
            fits = middle
        else:
            too_many = middle
    if fits == 0 and isinstance(reply, ExportReply):
        return _without_history(reply)
    return _with_first(reply, fits)


def _with_first(reply: Reply, count: int) -> Reply:
    if isinstance(reply, ExportReply):
        return _page_of_first(reply, count)
    if isinstance(reply, Recounted):
        return reply.with_first(count)
    if isinstance(reply, ProfileReply):
        lists = {name: getattr(reply, name)[:count] for name in PROFILE_LISTS}
        return reply.model_copy(update={**lists, "more": True})
    name = LISTS[type(reply)]
    entries = getattr(reply, name)
    kept: Any = dict(list(entries.items())[:count]) if isinstance(entries, dict) else entries[:count]
    return reply.model_copy(update={name: kept, "more": True})


def _page_of_first(reply: ExportReply, count: int) -> ExportReply:
    """A shorter page is a page: its cursor leads on."""
    kept = reply.memories[:count]
    return reply.model_copy(update={"memories": kept, "cursor": kept[-1].memory if kept else None})


def _without_history(reply: ExportReply) -> ExportReply:
    """A memory too large to export with its history comes alone and without: `history` answers it."""
    alone = _page_of_first(reply, 1) if len(reply.memories) > 1 else reply
    first = alone.memories[0].model_copy(update={"versions": None})
    return alone.model_copy(update={"memories": [first], "more": True})


def _encode(reply: Reply, encoding: Encoding) -> bytes:
    return encode(reply.dump(short=encoding is Encoding.MSGPACK), encoding)
