"""Answers that fit: whole matches only, up to a number of bytes. Pure."""

from broker_bridge.codec import Encoding, encode
from schemas.limits import MESSAGE_BYTES_MAX
from schemas.replies import MatchesReply, Reply


def fit(reply: Reply, encoding: Encoding, max_bytes: int | None) -> bytes:
    """The payload of an answer: cut to as many whole matches as fit in `max_bytes`, with `more` set if cut.

    No answer is larger than a request may be, asked for or not.
    """
    bound = min(max_bytes or MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX)
    payload = _encode(reply, encoding)
    if len(payload) <= bound or not isinstance(reply, MatchesReply):
        return payload
    return _encode(_cut(reply, encoding, bound), encoding)


def _cut(reply: MatchesReply, encoding: Encoding, bound: int) -> MatchesReply:
    """The longest beginning that fits; sizes grow with the matches, so by bisection."""
    fits, too_many = 0, len(reply.matches)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(_encode(_with_first(reply, middle), encoding)) <= bound:
            fits = middle
        else:
            too_many = middle
    return _with_first(reply, fits)


def _with_first(reply: MatchesReply, count: int) -> MatchesReply:
    return reply.model_copy(update={"matches": reply.matches[:count], "more": True})


def _encode(reply: Reply, encoding: Encoding) -> bytes:
    return encode(reply.dump(short=encoding is Encoding.MSGPACK), encoding)
