"""What a broker says of itself when asked, and what it does with messages nobody acknowledges.

By paho alone: aiomqtt shows neither the limits in CONNACK nor lets an acknowledgement wait.
"""

import queue
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge import tls, topics
from broker_bridge.tls import Trust
from broker_bridge.url import BrokerUrl

ANSWER_S_MAX = 5.0
QUIET_S = 0.5
"""Without a message this long, no more come."""
IN_FLIGHT_ASKED = 64
"""Messages we send ourselves and leave unacknowledged: three times what Mosquitto lets through by default."""
QUEUED_ASKED = 1100
"""Messages behind IN_FLIGHT_ASKED unacknowledged ones: more than it queues by default."""
VERSION = "$SYS/broker/version"
DROPPED = "$SYS/broker/publish/messages/dropped"


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """A broker, as its operator finds it."""

    broker: str
    refusal: str | None = None
    """What is wrong where we are not let in, in words that follow its name."""
    hint: str | None = None
    """What to do about that, where the fault itself says it."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """What its CONNACK limits, by MQTT's names without spaces; what is absent is not limited."""
    version: str | None = None
    dropped: int | None = None
    """Messages it has dropped since it started."""
    denied: tuple[str, ...] = ()
    """What an operator has to be allowed, and is not."""
    in_flight: int | None = None
    """How many of IN_FLIGHT_ASKED came before any was acknowledged."""
    queued: int | None = None
    """How many of QUEUED_ASKED came at all, to a reader who was slow to acknowledge."""


_LIMITS = (
    "ReceiveMaximum", "MaximumQoS", "RetainAvailable", "MaximumPacketSize",
    "SharedSubscriptionAvailable", "WildcardSubscriptionAvailable",
)  # fmt: skip


def probe(broker: BrokerUrl, trust: Trust, client_id: str) -> BrokerFacts:
    """Asks; takes two seconds. Publishes 1,200 tiny messages to a topic of our own."""
    facts = _Probe(broker, trust, client_id).run()
    if facts.refusal is not None or facts.denied:
        return facts
    # A connection of its own: what is in flight does not queue, and only a client can ask for little of it.
    return replace(facts, queued=_Probe(broker, trust, client_id, receive_max=IN_FLIGHT_ASKED).run().queued)


class _Probe:
    """One connection; paho's thread hears, and we read what it heard from queues."""

    def __init__(
        self, broker: BrokerUrl, trust: Trust, client_id: str, receive_max: int | None = None
    ) -> None:
        """With `receive_max` it looks at the queue behind so many, and without at how many there can be."""
        self._receive_max = receive_max
        self._broker = broker
        self._trust = trust
        self._own = topics.service("doctor", client_id, "probe")
        self._answers: queue.Queue[tuple[Any, Any]] = queue.Queue()
        self._messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self._puback: queue.Queue[Any] = queue.Queue()
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            protocol=paho.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = ANSWER_S_MAX
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            client.tls_set_context(trust.context())
        client.on_connect = lambda _c, _d, _f, reason, properties: self._answers.put((reason, properties))
        client.on_subscribe = lambda _c, _d, _m, reasons, _p: self._answers.put((reasons, None))
        client.on_publish = lambda _c, _d, _m, reason, _p: self._puback.put(reason)
        client.on_message = lambda _c, _d, message: self._messages.put(message)
        self._client = client

    def run(self) -> BrokerFacts:
        try:
            properties = Properties(PacketTypes.CONNECT)
            if self._receive_max is not None:
                properties.ReceiveMaximum = self._receive_max
            self._client.connect(self._broker.host, self._broker.port, properties=properties)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "no answer"
            return self._refused(tls.cause(error) if self._broker.tls else None, reason)
        self._client.loop_start()
        try:
            return self._ask()
        except queue.Empty:
            cause = tls.look(self._broker, self._trust)
            return self._refused(cause, f"no answer within {ANSWER_S_MAX:g} s")
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _refused(self, cause: tls.Cause | None, reason: str) -> BrokerFacts:
        what, hint = (reason, None) if cause is None else (cause.what, cause.hint)
        return BrokerFacts(str(self._broker), refusal=f"cannot be reached: {what}", hint=hint)

    def _ask(self) -> BrokerFacts:
        reason, properties = self._answers.get(timeout=ANSWER_S_MAX)
        if reason.is_failure:
            return BrokerFacts(str(self._broker), refusal=f"does not let us in: {reason}")
        if self._receive_max is not None:
            self._subscribe()
            return BrokerFacts(str(self._broker), queued=self._count_queued())
        limits = {name: getattr(properties, name) for name in _LIMITS if hasattr(properties, name)}
        denied = self._subscribe()
        statistics = self._statistics()
        denied += self._publish()
        return BrokerFacts(
            str(self._broker),
            limits=limits,
            version=statistics.get(VERSION),
            dropped=_number(statistics.get(DROPPED)),
            denied=tuple(denied),
            in_flight=None if denied else self._count_unacknowledged(),
        )

    def _subscribe(self) -> list[str]:
        wanted = [(self._own, 1), (VERSION, 0), (DROPPED, 0)]
        self._client.subscribe(wanted)
        reasons, _ = self._answers.get(timeout=ANSWER_S_MAX)
        return [
            f"subscribe {topic_filter}: {reason}"
            for (topic_filter, _), reason in zip(wanted, reasons, strict=False)
            if reason.is_failure
        ]

    def _statistics(self) -> dict[str, str]:
        """They are retained, so they come at once; a broker of another make has none."""
        found: dict[str, str] = {}
        with suppress(queue.Empty):
            while len(found) < len((VERSION, DROPPED)):
                message = self._messages.get(timeout=QUIET_S)
                found[message.topic] = bytes(message.payload).decode(errors="replace")
        return found

    def _publish(self) -> list[str]:
        self._client.publish(self._own, b"", qos=1)
        reason = self._puback.get(timeout=ANSWER_S_MAX)
        return [f"publish {self._own}: {reason}"] if reason.is_failure else []

    def _count_unacknowledged(self) -> int:
        for _ in range(IN_FLIGHT_ASKED - 1):  # the first was sent to learn whether we may
            self._client.publish(self._own, b"", qos=1)
        return len(self._arrived(IN_FLIGHT_ASKED))

    def _count_queued(self) -> int:
        """How many come behind the first, of those that it accepted: what it refuses, it loses not."""
        asked = IN_FLIGHT_ASKED + QUEUED_ASKED
        for _ in range(asked):
            self._client.publish(self._own, b"", qos=1)
        # Only when it has answered for all of them has it dropped what it drops.
        refused = [self._puback.get(timeout=ANSWER_S_MAX).is_failure for _ in range(asked)].count(True)
        came = 0
        while some := self._arrived(min(IN_FLIGHT_ASKED, asked - refused - came)):
            for message in some:
                self._client.ack(message.mid, message.qos)
            came += len(some)
        return max(0, came + refused - IN_FLIGHT_ASKED)

    def _arrived(self, most: int) -> list[paho.MQTTMessage]:
        """Of our own messages, what comes until nothing more does."""
        found: list[paho.MQTTMessage] = []
        until = time.monotonic() + ANSWER_S_MAX
        with suppress(queue.Empty):
            while len(found) < most and time.monotonic() < until:
                message = self._messages.get(timeout=QUIET_S)
                found += [message] if message.topic == self._own else []
        return found


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
