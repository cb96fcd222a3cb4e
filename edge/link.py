"""A device's connection: made, kept, and made again with full jitter. Over paho, on any loop.

It keeps nothing that matters: what was published and not acknowledged when a connection ends is told as lost,
and comes again out of the outbox. So the MQTT session ends with the connection, and nothing is sent twice
that was not meant to be.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from broker_bridge import tls
from broker_bridge.backoff import Backoff
from broker_bridge.loops import Loop, Timer
from broker_bridge.messages import Will
from broker_bridge.paho_client import PACKET_BYTES_MAX, Client, publish_properties
from broker_bridge.publish_packet import Publication
from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.url import BrokerUrl

RECONNECT_S_FIRST: Final = 0.5
RECONNECT_S_MAX: Final = 60.0
"""The longest wait between two attempts; each is drawn anew below the doubling bound (full jitter)."""
CONNECT_S_MAX: Final = 10.0
"""For each of TCP, TLS and the broker's word; a radio link is slower than a LAN."""
TEND_S: Final = 1.0
"""How often paho looks whether a ping is due."""
RECEIVE_MAX: Final = 50
ALIASES_MAX: Final = 8
"""Topics that get a number in place of their name, where the broker allows as many."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Connection:
    """What holds for one connection alone."""

    up: bool = False
    aliases: dict[str, int] = field(default_factory=dict)
    aliases_max: int = 0
    told: dict[int, Callable[[int | None], None]] = field(default_factory=dict)
    asked: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Subscriptions that are not answered, by packet id."""


class Link:
    """Listeners are set before `start`; all of them, and all methods, are called on the loop alone."""

    def __init__(
        self,
        broker: BrokerUrl,
        loop: Loop,
        *,
        client_id: str,
        trust: Trust = SYSTEM,
        will: Will | None = None,
    ) -> None:
        self._broker = broker
        self._loop = loop
        self._trust = trust
        self.on_up: Callable[[], None] = lambda: None
        self.on_down: Callable[[], None] = lambda: None
        self.on_begun: Callable[[], None] = lambda: None
        self.on_publication: Callable[[Publication], None] = lambda _publication: None
        self.reason: str | None = "not connected yet"
        """Why there is no connection, in words; None while there is one."""
        self.unheard: dict[str, str] = {}
        """Why the broker does not let us hear something, by topic filter."""
        self.packet_bytes_max = PACKET_BYTES_MAX
        self._filters: dict[str, bool] = {}
        self._connection = _Connection()
        self._begins = True
        self._backoff = Backoff(RECONNECT_S_FIRST, RECONNECT_S_MAX)
        self._patience: Timer | None = None
        self._why: str | None = None
        """What ended this attempt, where the broker or we said it."""
        self._answered = False
        """The broker has said yes or no to this attempt."""
        self._attempt = 0
        """Numbers connections, so that nothing heard late of an old one is taken for news of this one."""
        self._closing = False
        self._client = self._make_client(broker.client_id or client_id, will)

    @property
    def up(self) -> bool:
        """Whether the broker has accepted us, and what we have to hear."""
        return self._connection.up

    @property
    def is_beginning(self) -> bool:
        """Whether the first attempt to connect is under way; `on_begun` tells of its end."""
        return self._begins

    def start(self) -> None:
        """Connects, and stays so; from any thread."""
        self._client.run_on(self._loop)
        self._loop.call_soon_threadsafe(self._dial)
        self._loop.call_soon_threadsafe(self._tend)

    def close(self) -> None:
        """Says goodbye; the last will is not published, and nothing is tried again."""
        self._closing = True
        self._client.leave()
        self._client.disconnect()
        self._client.loop_write()

    def hang_up(self, said: str) -> None:
        """Ends the connection, for a reason; it is made again.

        Not here and now: paho calls us holding a lock that it takes again to tell of the end.
        """
        self._loop.call_soon(self._give_up, self._attempt, said)

    def hear(self, topic_filter: str, *, needed: bool = False) -> None:
        """Subscribes, now and at each connection; without what is `needed` there is none."""
        self._filters[topic_filter] = needed
        if self._client.is_connected():  # even if not yet up: what was asked for then was asked without it
            self._subscribe([topic_filter])

    def unhear(self, topic_filter: str) -> None:
        """No longer."""
        if self._filters.pop(topic_filter, None) is not None and self._client.is_connected():
            self._client.unsubscribe(topic_filter)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
        retain: bool = False,
        alias: bool = False,
        told: Callable[[int | None], None] = lambda _reason: None,
    ) -> bool:
        """Publishes at QoS 1 if there is a connection; `told` hears the reason code, or None: it ended.

        Returns whether its topic was sent as a number alone. Without a connection, `told` hears so at once.
        """
        if not self._client.is_connected():
            told(None)
            return False
        name, number = self._alias(topic) if alias else (topic, None)
        properties = publish_properties(correlation, expiry_s, number)
        made = self._client.publish(name, payload, qos=1, retain=retain, properties=properties)
        if made.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._connection.told[made.mid] = told
        else:
            told(None)
        return not name

    def _alias(self, topic: str) -> tuple[str, int | None]:
        """The topic to send, and its number: the name goes along the first time."""
        aliases = self._connection.aliases
        if topic in aliases:
            return "", aliases[topic]
        if len(aliases) >= self._connection.aliases_max:
            return topic, None
        aliases[topic] = len(aliases) + 1
        return topic, aliases[topic]

    def _make_client(self, client_id: str, will: Will | None) -> Client:
        client = Client(client_id, reads=lambda: True)
        client.connect_timeout = CONNECT_S_MAX
        client.introduce(self._broker, self._trust, will)
        client.on_connect = self._accepted
        client.on_disconnect = self._ended
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_publication = self._received
        return client

    def _dial(self) -> None:
        if self._closing:
            return
        self._attempt += 1
        self._why = None
        self._answered = False
        self._patience = self._loop.call_later(2 * CONNECT_S_MAX, self.hang_up, "no answer")
        self._aside("dial", self._handshake, f"{self._broker} cannot be dialled")

    def _aside(self, name: str, blocks: Callable[[], str | None], otherwise: str) -> None:
        """Does what blocks in a thread of its own; what that says ended this attempt, the loop hears.

        Where there is no room for a thread the attempt has ended, too: nobody else would ever try again.
        """
        attempt = self._attempt

        def run() -> None:
            try:
                said = blocks()
                if said is not None:
                    self._loop.call_soon_threadsafe(self._away, attempt, said)
            except RuntimeError:
                if not self._closing:  # else the loop is gone, and nobody wants to hear
                    raise

        try:
            threading.Thread(target=run, name=f"membroker {name}", daemon=True).start()
        except RuntimeError as error:
            self._loop.call_soon_threadsafe(self._away, attempt, f"{otherwise}: {error}")

    def _handshake(self) -> str | None:
        """Why the broker cannot be reached, in words."""
        try:
            self._client.dial(self._broker.host, self._broker.port, receive_max=RECEIVE_MAX, expiry_s=0)
        except (OSError, ValueError) as error:
            return f"{self._broker} cannot be reached: {tls.in_words(error, self._broker)}"
        return None

    def _give_up(self, attempt: int, said: str) -> None:
        if attempt == self._attempt:  # else it has ended meanwhile
            self._why = f"{self._broker} cannot be used: {said}"
            self._client.disconnect()
            self._client.loop_write()

    def _accepted(self, _client: Any, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
        self._answered = True
        if reason.is_failure:
            self._why = f"{self._broker} refused us: {reason}"
            return
        allowed = getattr(properties, "TopicAliasMaximum", 0)
        self._connection = _Connection(aliases_max=min(allowed, ALIASES_MAX))
        self.packet_bytes_max = getattr(properties, "MaximumPacketSize", PACKET_BYTES_MAX)
        self.unheard = {}
        if self._filters:
            self._subscribe(list(self._filters))
        else:
            self._is_up()

    def _subscribe(self, filters: list[str]) -> None:
        asked = [(topic_filter, SubscribeOptions(qos=1, retainAsPublished=True)) for topic_filter in filters]
        _, mid = self._client.subscribe(asked)
        if mid is not None:
            self._connection.asked[mid] = tuple(filters)

    def _subscribed(self, _client: Any, _data: Any, mid: int, reasons: Any, _properties: Any) -> None:
        asked = self._connection.asked.pop(mid, ())
        for topic_filter, reason in zip(asked, reasons, strict=False):
            if reason.is_failure:
                self.unheard[topic_filter] = f"this account may not hear {topic_filter}: {reason}"
        if self._connection.up:
            return
        missing = [self.unheard[each] for each in asked if self._filters.get(each) and each in self.unheard]
        if missing:
            self.hang_up(missing[0])  # rights can change while the broker runs: come back and try again
        else:
            self._is_up()

    def _is_up(self) -> None:
        self.reason = None
        self._backoff.reset()
        self._connection.up = True
        self._calm()
        log.info("connected to %s", self._broker, extra={"action": "connect"})
        self.on_up()
        self._has_begun()

    def _ended(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        said = self._why or f"{self._broker} closed the connection: {reason}"
        if self._broker.tls and not self._answered and not self._closing:
            self._aside("look", partial(self._look_closer, said), said)
        else:
            self._loop.call_soon_threadsafe(self._away, self._attempt, said)

    def _look_closer(self, said: str) -> str:
        """It hung up without a word, as where our certificate is refused."""
        cause = tls.look(self._broker, self._trust)
        return said if cause is None else f"{self._broker} cannot be reached: {cause}"

    def _away(self, attempt: int, said: str) -> None:
        """There is no connection: tells so, and tries again later."""
        if attempt != self._attempt:
            return
        self._attempt += 1
        self.reason = said
        ended, self._connection = self._connection, _Connection()
        self._calm()
        self._client.drop_out_messages()
        for told in ended.told.values():
            told(None)
        if ended.up:
            self.on_down()
        self._has_begun()
        if self._closing:
            return
        wait_s = self._backoff.draw()
        log.warning("%s", said, extra={"action": "reconnect", "wait_s": round(wait_s, 2)})
        self._loop.call_later(wait_s, self._dial)

    def _has_begun(self) -> None:
        if self._begins:
            self._begins = False
            self.on_begun()

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _published(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        told = self._connection.told.pop(mid, None)
        if told is not None:
            # paho calls back within `publish`, or holding its locks.
            self._loop.call_soon(partial(told, reason.value))

    def _received(self, publication: Publication) -> None:
        try:
            self.on_publication(publication)
        except Exception:  # else paho hands us the same packet again for ever, and never the next
            log.exception("what was heard was not understood", extra={"action": "hear"})
        if publication.qos:
            self._client.ack(publication.mid, publication.qos)

    def _tend(self) -> None:
        self._client.loop_misc()
        if not self._closing:
            self._loop.call_later(TEND_S, self._tend)
