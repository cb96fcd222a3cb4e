"""Clients that load a memory and time it: plain paho-mqtt, so that no code of ours is measured twice."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from socket import IPPROTO_TCP, TCP_NODELAY
from types import TracebackType
from typing import Any, Self

import msgpack
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge.url import BrokerUrl

TENANT = "home"
WAIT_S_MAX = 120.0


class Client:
    """One paho client of the tenant, with its network thread."""

    def __init__(self, broker: BrokerUrl, name: str) -> None:
        self.name = name
        self._mqtt = paho.Client(CallbackAPIVersion.VERSION2, f"bench-{name}", protocol=paho.MQTTv5)
        self._mqtt.username_pw_set(broker.username, broker.password)
        self._mqtt.max_inflight_messages_set(1000)
        self._mqtt.on_message = self._received
        self._subscribed = threading.Event()
        self._mqtt.on_subscribe = lambda *_: self._subscribed.set()
        # What a client that minds its milliseconds does: else Nagle's algorithm and the broker's delayed TCP
        # acknowledgement hold a publication that follows a PUBACK for 40 ms.
        self._mqtt.on_socket_open = lambda _client, _data, sock: sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self._mqtt.connect(broker.host, broker.port)
        self._mqtt.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def _subscribe(self, verb: str) -> None:
        self._mqtt.subscribe(f"mem/v1/{TENANT}/{verb}/{self.name}/#", qos=1)
        if not self._subscribed.wait(WAIT_S_MAX):
            raise TimeoutError("no SUBACK")

    def _received(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        raise NotImplementedError


class Observer(Client):
    """Publishes observations, bounded by those without a receipt, and counts receipts by status."""

    def __init__(self, broker: BrokerUrl, name: str = "observer") -> None:
        self.statuses: dict[str, int] = {}
        self.counted: defaultdict[str, set[str]] = defaultdict(set)
        """By memory: the ids of the observations that are counted in it."""
        self.last_receipt = 0.0
        self._told = 0
        self._change = threading.Condition()
        super().__init__(broker, name)
        self._subscribe("receipt")

    def observe(
        self,
        entities: Sequence[str],
        observations: Iterable[dict[str, object]],
        *,
        batch: int,
        outstanding_max: int = 4096,
        rate_max: float | None = None,
    ) -> float:
        """Publishes all, `batch` in a message, entities in turn; returns the seconds until the last receipt.

        `rate_max`, observations a second, spaces the messages out.
        """
        started = time.perf_counter()
        told_before, sent, turn = self._told, 0, 0
        source = iter(observations)
        while some := list(islice(source, batch)):
            if rate_max is not None:
                time.sleep(max(0.0, started + sent / rate_max - time.perf_counter()))
            self._wait_until_told(told_before + sent - outstanding_max)
            self._mqtt.publish(
                f"mem/v1/{TENANT}/obs/{self.name}/{entities[turn % len(entities)]}",
                msgpack.packb(some if batch > 1 else some[0]),
                qos=1,
            )
            sent += len(some)
            turn += 1
        self._wait_until_told(told_before + sent)
        return self.last_receipt - started

    def _wait_until_told(self, count: int) -> None:
        with self._change:
            if not self._change.wait_for(lambda: self._told >= count, WAIT_S_MAX):
                raise TimeoutError(f"{count - self._told} receipts did not come")

    def _received(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        receipts = msgpack.unpackb(message.payload)["rs"]
        with self._change:
            self.last_receipt = time.perf_counter()
            self._told += len(receipts)
            for receipt in receipts:
                self.statuses[receipt["s"]] = self.statuses.get(receipt["s"], 0) + 1
                self.counted[receipt.get("m", "")].add(str(receipt.get("i")))
            self._change.notify()


class Asker(Client):
    """Asks one question after the other, and takes the time of each, publish to answer."""

    def __init__(self, broker: BrokerUrl, name: str = "asker") -> None:
        self._answer: dict[str, Any] = {}
        self._answered = threading.Event()
        super().__init__(broker, name)
        self._subscribe("reply")

    def ask(self, entity: str, request: dict[str, object]) -> tuple[dict[str, Any], float]:
        """The answer, under short keys, and the milliseconds it took."""
        self._answered.clear()
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = b"bench"
        started = time.perf_counter()
        self._mqtt.publish(
            f"mem/v1/{TENANT}/query/{self.name}/{entity}",
            msgpack.packb(request),
            qos=1,
            properties=properties,
        )
        if not self._answered.wait(WAIT_S_MAX):
            raise TimeoutError("no answer")
        return self._answer, (self._arrived - started) * 1000

    def _received(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._arrived = time.perf_counter()
        self._answer = msgpack.unpackb(message.payload)
        self._answered.set()
