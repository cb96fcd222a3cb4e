"""One observation message taken apart: what is to be stored, what is refused and why. Pure."""

from collections.abc import Sequence
from typing import Any

from broker_bridge.codec import Encoding, Malformed, decode, encode
from broker_bridge.topics import Address, BadTopic, Topic
from memory import wording
from memory.keep_times import FOREVER
from memory.policies import NO_FILE, Policies
from memory.records import Memory
from schemas import identity
from schemas.fixed import fixed
from schemas.limits import AT_AHEAD_S_MAX, MESSAGE_BYTES_MAX, OBSERVATIONS_PER_MESSAGE_MAX
from schemas.observation import Observation
from schemas.reading_words import reading_words
from schemas.receipt import Reason, Receipt, TimeRequest
from schemas.wire import Invalid, unknown_fields
from workers.faults import Doing, Refuse, WrongForEver, decide


@fixed
class Accepted:
    """An observation to store."""

    memory: Memory
    is_plain: bool
    """Whether its text is what we made of its value."""
    raw: Any
    """As it was sent."""

    @property
    def words(self) -> str:
        """What is embedded for it."""
        return wording.embedded_words(self.memory, plain_reading=self.is_plain)


@fixed
class Refusal:
    """An observation, or a whole message, that never will be stored."""

    reason: Reason
    hint: str
    payload: bytes
    """What to keep as a dead letter: the one observation, or the message where it is wrong as a whole."""
    observation_id: str | int | None = None
    traceback: str | None = None

    @property
    def receipt(self) -> Receipt:
        """What its sender is told."""
        return Receipt(id=self.observation_id, status="refused", reason=self.reason, hint=self.hint)


@fixed
class Intake:
    """A message, observation by observation, in its order."""

    encoding: Encoding
    observations: Sequence[Accepted | Refusal]
    unknown_fields: int = 0
    asked_at: float | None = None
    """Of a time request: when it came. Nothing is observed, nothing stored."""


def take_in(
    topic: str,
    payload: bytes,
    *,
    retain: bool,
    now: float,
    latest: float | None = None,
    policies: Policies = NO_FILE,
) -> Intake:
    """Takes a message apart; `now` (epoch seconds) is when it came, `latest` (default: now) when it may have.

    Never raises for what was sent.
    """
    encoding = Encoding.of(payload)
    try:
        address = Topic.parse(topic).address
        observations = _observations(payload, retain=retain)
    except (WrongForEver, BadTopic, Malformed) as fault:
        return Intake(encoding, [_refuse(fault, payload)])
    if len(observations) == 1 and TimeRequest.is_in(observations[0]):
        return Intake(encoding, [], asked_at=now)
    ahead_max = max(now, latest or now) + AT_AHEAD_S_MAX
    taken = [_take_one(address, raw, encoding, now, ahead_max, policies=policies) for raw in observations]
    unknown = sum(unknown_fields(Observation, raw) for raw in observations if isinstance(raw, dict))
    return Intake(encoding, taken, unknown)


def _observations(payload: bytes, *, retain: bool) -> list[Any]:
    if retain:
        raise WrongForEver("retained", "publish observations with retain off")
    if len(payload) > MESSAGE_BYTES_MAX:
        raise WrongForEver(
            "too_large", f"payload: {len(payload)} bytes; send at most {MESSAGE_BYTES_MAX} in a message"
        )
    decoded = decode(payload)
    observations = decoded if isinstance(decoded, list) else [decoded]
    if not observations:
        raise WrongForEver("invalid", "payload: an empty array; send at least one observation")
    if len(observations) > OBSERVATIONS_PER_MESSAGE_MAX:
        raise WrongForEver(
            "too_many",
            f"payload: {len(observations)} observations; send at most {OBSERVATIONS_PER_MESSAGE_MAX}",
        )
    return observations


def _take_one(
    address: Address, raw: Any, encoding: Encoding, now: float, ahead_max: float, *, policies: Policies
) -> Accepted | Refusal:
    try:
        observation = Observation.load(raw)
    except Invalid as fault:
        return _refuse(fault, encode_one(raw, encoding), _sent_id(raw))
    if observation.at is not None and observation.at > ahead_max:
        hint = "`at`: must be at most a day ahead of now; set the device's clock, or leave it out"
        return _refuse(WrongForEver("invalid", hint), encode_one(raw, encoding), observation.id)
    return _accept(address, observation, raw, now, policies)


def _refuse(fault: Exception, payload: bytes, observation_id: str | int | None = None) -> Refusal:
    decision = decide(fault, Doing.TAKING_IN)
    if not isinstance(decision, Refuse):
        raise fault
    return Refusal(decision.reason, str(fault), payload, observation_id)


def encode_one(raw: Any, encoding: Encoding) -> bytes:
    """The one observation in its message's encoding, so that a dead letter can be replayed alone."""
    try:
        return encode(raw, encoding)
    except (ValueError, TypeError, OverflowError):  # what JSON or msgpack let in and do not let out
        return repr(raw).encode(errors="replace")


def _sent_id(raw: Any) -> str | int | None:
    sent = raw.get("id", raw.get("i")) if isinstance(raw, dict) else None
    try:
        return Observation(id=sent, text="-").id
    except ValueError:
        return None


def _accept(address: Address, observation: Observation, raw: Any, now: float, policies: Policies) -> Accepted:
    at = now if observation.at is None else observation.at
    kind = observation.kind_or_default
    ttl_s = observation.ttl or policies.of_kind(address.tenant, kind).ttl_s
    text = observation.text
    if text is None:
        text = reading_words(address.entity, observation.attribute, observation.value, observation.unit)
    memory = Memory(
        id=_memory_id(address, observation, at),
        tenant=address.tenant,
        entity=address.entity,
        device=address.client,
        kind=kind,
        text=text,
        at=at,
        received=now,
        observation_id=observation.id,
        value=observation.value,
        unit=observation.unit,
        attribute=observation.attribute,
        session=observation.session,
        seq=observation.seq,
        tags=observation.tags or [],
        importance=observation.importance,
        expires=None if ttl_s == FOREVER else at + ttl_s,
        meta=observation.meta,
    )
    return Accepted(memory, observation.text is None, raw)


def _memory_id(address: Address, observation: Observation, at: float) -> str:
    whose = address.tenant, address.entity, address.client
    if observation.id is not None:
        return identity.by_observation_id(*whose, observation.id)
    content = observation.dump(short=True)
    content.pop("a", None)
    return identity.by_content(*whose, at, content)
