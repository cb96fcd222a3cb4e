"""One MQTT 5 connection of a service: paho-mqtt with manual acknowledgement, driven by the asyncio loop.

Why paho, and why by hand: it is the client that lets us acknowledge *after* the work is safe, and on our
own loop we can stop reading its socket, which is the one back-pressure that holds against every broker.
An acknowledgement belongs to the connection its message came by: after a reconnect the broker sends the
message again, so acknowledgements for an older connection are dropped.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from broker_bridge import tls
from broker_bridge.backlog import UNACKNOWLEDGED_MAX, Backlog, Due
from broker_bridge.backoff import Backoff
from broker_bridge.messages import Message, Will
from broker_bridge.paho_client import Client, publish_properties
from broker_bridge.publish_packet import Publication
from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.url import BrokerUrl

RECONNECT_S_MAX: Final = 30.0
"""The longest wait between two attempts; each is drawn anew below the doubling bound (full jitter)."""
RECONNECT_S_FIRST: Final = 0.2
CONNECT_TIMEOUT_S: Final = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a service is known to the broker, and what it hears."""

    client_id: str
    subscriptions: tuple[str, ...] = ()
    hears_also: tuple[str, ...] = ()
    """At QoS 0, their retained messages first; a broker that refuses or has none of them is lived with."""
    will: Will | None = None
    expiry_s: int = 0
    """How long the broker keeps our subscriptions and unacknowledged messages while we are away."""
    receive_max: int = 1000
    """QoS 1 messages the broker may have under way to us, unacknowledged."""
    trust: Trust = SYSTEM


class SessionRefused(Exception):
    """The broker is not there, or does not let us in, or not subscribe."""


@dataclass(slots=True)
class _Link:
    """The connection as it stands."""

    number: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)
    down: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """An attempt has come to its end: connected and subscribed, or refused."""
    refusal: str | None = None
    answered: bool = False
    """The broker has said yes or no to this attempt."""
    served: bool = False
    """It was subscribed, too: the next attempt may come soon."""


class Session:
    """Connects, stays connected, subscribes, reads, publishes and acknowledges. A context manager.

    The `on_…` attributes are its listeners, set before it is entered; they must neither block nor raise.
    """

    def __init__(self, broker: BrokerUrl, options: SessionOptions) -> None:
        self._broker = broker
        self._options = options
        self.on_message: Callable[[Message], None] = lambda _message: None
        self.on_connect: Callable[[], None] = lambda: None
        self.on_disconnect: Callable[[], None] = lambda: None
        self.on_subscribed: Callable[[], None] = lambda: None
        self.on_refused: Callable[[], None] = lambda: None
        self.counters: Counter[str] = Counter()
        self._link = _Link()
        self._backlog = Backlog()
        self._stopped = False
        self._room = asyncio.Event()
        self._room.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._client = self._make_client()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._client.run_on(self._loop)
        name = self._options.client_id
        self._tasks = [
            asyncio.create_task(self._stay_connected(), name=f"{name} connection"),
            asyncio.create_task(self._keep_alive(), name=f"{name} keepalive"),
        ]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def tasks(self) -> "tuple[asyncio.Task[None], ...]":
        """What keeps it alive; should one ever end with an error, the session is no more."""
        return tuple(self._tasks)

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and is there."""
        return self._link.up.is_set()

    @property
    def unacknowledged(self) -> int:
        """Our publications that the broker has not acknowledged."""
        return self._client.unacknowledged

    @property
    def refusal(self) -> str | None:
        """Why the last attempt to connect failed, in words; None while connected."""
        return self._link.refusal

    async def wait_connected(self) -> None:
        """Returns once the broker has accepted us, and what we subscribe.

        Raises:
            SessionRefused: it has not, or it is not there; says why. The session goes on trying.
        """
        await self._link.settled.wait()
        if self._link.refusal is not None:
            raise SessionRefused(self._link.refusal)

    def pause(self) -> None:
        """Stops reading: the broker, and past it the publishers, feel that we are full."""
        if not self._backlog.paused:
            self._backlog.paused = True
            self.counters["pauses"] += 1
            self._client.watch_reads()
            self._mind_room()

    def resume(self) -> None:
        """Reads again."""
        if self._backlog.paused and not self._stopped:
            self._backlog.paused = False
            self._client.watch_reads()
            self._mind_room()
            # TLS may have decrypted what no selector sees.
            self._loop.call_soon(self._client.read)

    def stop_reading(self) -> None:
        """Stops reading for good: from now on there is only what was read before to finish."""
        self._stopped = True
        self.pause()

    def acknowledge(self, message: Message) -> None:
        """Tells the broker that a message is dealt with. The one place where a promise is kept or broken."""
        if message.qos == 0:
            return
        if message.connection != self._link.number or not self.connected:
            self.counters["acks_of_old_connections"] += 1
            return
        self._client.ack(message.mid, message.qos)

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
    ) -> None:
        """Hands a publication to the client, which sends it now or, at QoS 1, when connected again.

        Waits while too many are unacknowledged; see `broker_bridge/backlog.py`.
        """
        await self._room.wait()
        properties = publish_properties(correlation, expiry_s)
        try:
            made = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
            self.counters["publications_dropped"] += made.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE
        except ValueError:
            # A topic that MQTT has no room for: that of a reply may be longer than that of its request.
            log.exception("cannot be published", extra={"action": "publish", "topic": topic[:100]})
            self.counters["publications_impossible"] += 1
        self._mind_room()

    async def close(self) -> None:
        """Sends what is queued, says goodbye, and forgets the connection; the session stays at the broker."""
        self._client.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.connected:
            self._client.disconnect()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    await self._link.down.wait()

    def _make_client(self) -> Client:
        options = self._options
        client = Client(options.client_id, reads=lambda: self._backlog.reads)
        client.max_inflight_messages_set(UNACKNOWLEDGED_MAX)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.introduce(self._broker, options.trust, options.will)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_publication = self._received
        client.on_publish = self._published
        return client

    async def _stay_connected(self) -> None:
        backoff = Backoff(RECONNECT_S_FIRST, RECONNECT_S_MAX)
        while True:
            self._link.down.clear()
            self._link.answered = False
            try:
                await asyncio.to_thread(self._dial)
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    await self._either_way()
                if not self._link.answered:
                    await self._look_closer()
            except (OSError, TimeoutError, ValueError) as error:
                self._refuse(f"{self._broker} cannot be reached: {tls.in_words(error, self._broker)}")
                self._hang_up()
            if self.connected:
                await self._link.down.wait()
            if self._link.served:
                backoff.reset()
                self._link.served = False
            wait_s = backoff.draw()
            said = {"action": "reconnect", "reason": self._link.refusal, "wait_s": round(wait_s, 2)}
            log.warning("broker away", extra=said)
            await asyncio.sleep(wait_s)

    async def _look_closer(self) -> None:
        """It hung up without a word, as where TLS meets a plain listener, or our certificate is refused."""
        cause = await asyncio.to_thread(tls.look, self._broker, self._options.trust)
        if cause is not None:
            self._refuse(f"{self._broker} cannot be reached: {cause}")

    def _hang_up(self) -> None:
        """Closes what got no answer; else it would stay open until the next dial."""
        self._client.disconnect()
        self._client.loop_write()

    def _dial(self) -> None:
        """Blocks for the TCP and TLS handshakes; so in a thread."""
        options = self._options
        self._client.dial(
            self._broker.host, self._broker.port, receive_max=options.receive_max, expiry_s=options.expiry_s
        )

    async def _either_way(self) -> None:
        """Until the broker accepts us or hangs up."""
        waits = [asyncio.create_task(event.wait()) for event in (self._link.up, self._link.down)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(1)
            if self._backlog.paused:
                self._client.forget_ping()
            self._client.loop_misc()
            self._mind_room()

    def _connected(self, client: Any, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        self._link.answered = True
        if reason.is_failure:
            self._refuse(f"{self._broker} refused {self._options.client_id}: {reason}")
            return
        self._link.number += 1
        self._link.refusal = None
        self._link.up.set()
        said = {"action": "connect", "broker": str(self._broker), "session_present": flags.session_present}
        log.info("connected as %s", self._options.client_id, extra=said)
        if self._options.subscriptions:
            # Retained messages are no requests (2: never send them); keep the flag to refuse live ones by.
            wanted = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=2)
            asked = [(topic_filter, wanted) for topic_filter in self._options.subscriptions]
            asked += [(topic, SubscribeOptions(qos=0)) for topic in self._options.hears_also]
            client.subscribe(asked)
        else:
            self._link.served = True
            self._link.settled.set()
        self.on_connect()

    def _subscribed(self, _client: Any, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        needed = len(self._options.subscriptions)
        refused = [reason for reason in reasons[:needed] if reason.is_failure]
        self.counters["subscriptions_done_without"] += sum(each.is_failure for each in reasons[needed:])
        if not refused:
            self._link.served = True
            self._link.settled.set()
            self.on_subscribed()
            return
        wanted = ", ".join(self._options.subscriptions)
        self._refuse(
            f"{self._broker} does not let {self._options.client_id} subscribe {wanted}: {refused[0]}"
        )
        # Rights can change while the broker runs: come back and try again.
        self._client.disconnect()

    def _refuse(self, why: str) -> None:
        self._link.refusal = why
        self._link.settled.set()
        self.on_refused()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if self._link.refusal is None:
            self._link.refusal = f"{self._broker} closed the connection: {reason}"
        was_up = self.connected
        self._backlog.passing_over = False
        self._link.up.clear()
        self._link.down.set()
        if was_up:
            self.counters["disconnects"] += 1
            self.on_disconnect()

    def _received(self, publication: Publication) -> None:
        if self._backlog.passing_over:
            self.counters["messages_passed_over"] += 1
            return
        try:
            topic = publication.topic.decode()
        except UnicodeDecodeError:  # no broker should let it through; unacknowledged, it would come for ever
            self.counters["topics_not_utf8"] += 1
            self._client.ack(publication.mid, publication.qos)
            return
        self.on_message(
            Message(
                topic=topic,
                payload=publication.payload,
                qos=publication.qos,
                retain=publication.retain,
                mid=publication.mid,
                connection=self._link.number,
                arrived=time.monotonic(),
                response_topic=publication.response_topic,
                correlation=publication.correlation,
                expiry_s=publication.expiry_s,
                again=publication.again,
            )
        )

    def _published(self, _client: Any, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.counters[f"publications_refused: {reason}"] += 1
        self._loop.call_soon(self._mind_room)

    def _mind_room(self) -> None:
        waiting = self._client.unacknowledged
        match self._backlog.due(waiting):
            case Due.PASS_OVER if self.connected:
                self._backlog.passing_over = True
                self.counters["passings_over"] += 1
                self._client.watch_reads()
            case Due.CONNECT_ANEW if self._client.is_connected():
                self._client.disconnect()
        if self._backlog.has_room(waiting):
            self._room.set()
        else:
            self._room.clear()
