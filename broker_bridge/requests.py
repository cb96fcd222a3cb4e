"""A request as it reached us: who asks, in which encoding, where the answer goes, until when. Pure."""

from dataclasses import dataclass
from typing import Any

from broker_bridge import topics
from broker_bridge.codec import Encoding, Malformed, decode
from broker_bridge.messages import Message
from broker_bridge.topics import BadTopic, Topic
from schemas.limits import DEADLINE_MS_DEFAULT, ID_CHARACTERS_MAX, MESSAGE_BYTES_MAX
from schemas.replies import Failure
from schemas.wire import Raw


class Unanswerable(ValueError):
    """A request from nobody we could name: its topic has no valid tenant or client."""


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where and how the answer goes. Never where a payload says."""

    topic: str
    encoding: Encoding
    correlation: bytes | None
    id: str | None
    client: tuple[str, str]
    """Tenant and client: whose requests are counted together."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose envelope is in order; its fields are not yet checked."""

    topic: Topic
    fields: Raw


class Refused(Exception):
    """A request that is answered with an error before it is looked into."""

    def __init__(self, reply_to: ReplyTo, code: Any, error: str, hint: str) -> None:
        self.reply_to = reply_to
        self.failure = Failure(id=reply_to.id, code=code, error=error, hint=hint)
        super().__init__(error)


def read_ask(message: Message) -> tuple[ReplyTo, Asked]:
    """The envelope of a request.

    Raises:
        Unanswerable: nobody can be told.
        Refused: the answer, an error, is ready.
    """
    client = topics.speaker(message.topic)
    if client is None:
        raise Unanswerable("topic: no valid tenant and client in it")
    fields, malformed = _fields(message)
    reply_to = ReplyTo(
        topic=topics.mirror(message.topic, topics.REPLY),
        encoding=Encoding.of(message.payload),
        correlation=message.correlation,
        id=_echo(fields),
        client=client,
    )
    if message.retain:
        raise Refused(reply_to, 400, "a request must not be retained", "publish it with retain off")
    try:
        topic = Topic.parse(message.topic)
    except BadTopic as error:
        raise Refused(reply_to, 400, str(error), "docs/wire.md lists the topics") from None
    if message.response_topic is not None:
        reply_to = _honoured(reply_to, message.response_topic)
    if malformed is not None:
        raise Refused(reply_to, *malformed)
    return reply_to, Asked(topic, fields)


def deadline(message: Message, deadline_ms: int | None) -> float:
    """time.monotonic() past which no answer goes out: `deadline_ms`, else Message Expiry, else 10 s."""
    if deadline_ms is None:
        expiry_s = message.expiry_s
        deadline_ms = DEADLINE_MS_DEFAULT if expiry_s is None else expiry_s * 1000
    return message.arrived + deadline_ms / 1000


def _fields(message: Message) -> tuple[Raw, tuple[int, str, str] | None]:
    """The decoded map, and, where there is none, the error to answer with."""
    if len(message.payload) > MESSAGE_BYTES_MAX:
        return {}, (413, f"payload: {len(message.payload)} bytes", f"send at most {MESSAGE_BYTES_MAX} bytes")
    try:
        value = decode(message.payload)
    except Malformed as error:
        return {}, (400, str(error), "send one JSON or msgpack map")
    if not isinstance(value, dict):
        return {}, (400, "payload: not a map", 'send a map, such as {"op": "recall", "text": "…"}')
    return value, None


def _echo(fields: Raw) -> str | None:
    sent = fields.get("id", fields.get("i"))
    return sent if isinstance(sent, str) and len(sent) <= ID_CHARACTERS_MAX else None


def _honoured(reply_to: ReplyTo, response_topic: str) -> ReplyTo:
    """The caller's Response Topic, if it lies within the caller's own replies; else the answer is 403."""
    tenant, client = reply_to.client
    own = f"{topics.ROOT}/{tenant}/{topics.REPLY}/{client}/"
    try:
        Topic.parse(response_topic)
    except BadTopic:
        inside = False
    else:
        inside = response_topic.startswith(own)
    if not inside:
        raise Refused(
            reply_to, 403, "Response Topic: not yours", f"ask for the answer below {own}, or leave it out"
        )
    return ReplyTo(response_topic, reply_to.encoding, reply_to.correlation, reply_to.id, reply_to.client)
