"""Answers that fit: whole matches or attributes only, up to a number of bytes. Pure."""

from collections.abc import Sequence

from broker_bridge.codec import Encoding, encode
from schemas.limits import MESSAGE_BYTES_MAX
from schemas.replies import MatchesReply, Reply, StateReply


def fit(reply: Reply, encoding: Encoding, max_bytes: int | None) -> bytes:
    """The payload of an answer: cut to the whole matches (or attributes) that fit, with `more` set if cut.

    No answer is larger than a request may be, asked for or not.
    """
    bound = min(max_bytes or MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX)
    payload = _encode(reply, encoding)
    if len(payload) <= bound or not isinstance(reply, MatchesReply | StateReply):
        return payload
    return _encode(_cut(reply, encoding, bound), encoding)


def _cut(reply: MatchesReply | StateReply, encoding: Encoding, bound: int) -> Reply:
    """The longest beginning that fits; sizes grow with the entries, so by bisection."""
    fits, too_many = 0, len(_entries(reply))
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(_encode(_with_first(reply, middle), encoding)) <= bound:
            fits = middle
        else:
            too_many = middle
    return _with_first(reply, fits)


def _entries(reply: MatchesReply | StateReply) -> Sequence[object]:
    return reply.matches if isinstance(reply, MatchesReply) else list(reply.state)


def _with_first(reply: MatchesReply | StateReply, count: int) -> Reply:
    kept: dict[str, object]
    if isinstance(reply, MatchesReply):
        kept = {"matches": reply.matches[:count]}
    else:
        kept = {"state": dict(list(reply.state.items())[:count])}
    return reply.model_copy(update={**kept, "more": True})


def _encode(reply: Reply, encoding: Encoding) -> bytes:
    return encode(reply.dump(short=encoding is Encoding.MSGPACK), encoding)
