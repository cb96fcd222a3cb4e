"""A client that tries whatever it likes, and is told what the broker thinks of it. Over paho's own thread."""

import contextlib
import json
import queue
import socket
from collections.abc import Iterator
from typing import Any, Self

import msgpack
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge.url import BrokerUrl

ANSWER_S_MAX = 20.0
GRANTED = "Granted QoS 1"
DENIED = "Not authorized"
OK = "Success"
NOBODY = "No matching subscribers"
"""The broker took it, and nobody wanted it."""


class Attacker:
    """One connection, with MQTT 5's reason for everything."""

    def __init__(
        self,
        url: BrokerUrl,
        *,
        client_id: str | None = None,
        clean: bool = True,
        will: str | None = None,
        protocol: int = paho.MQTTv5,
    ) -> None:
        self.url = url
        self._answers: queue.Queue[str] = queue.Queue()
        self.messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self.cut: queue.Queue[str] = queue.Queue()
        """Why the broker ended the connection."""
        self._clean = clean
        self.mqtt = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id or url.client_id or "",
            protocol=protocol,
            clean_session=None if protocol == paho.MQTTv5 else clean,
            reconnect_on_failure=False,
        )
        if will is not None:
            self.mqtt.will_set(will, b'{"text": "my last will"}', qos=1)
        if url.username is not None:
            self.mqtt.username_pw_set(url.username, url.password)
        self.mqtt.on_connect = lambda _c, _d, _f, reason, _p: self._answers.put(str(reason))
        self.mqtt.on_subscribe = lambda _c, _d, _m, reasons, _p: self._answers.put(str(reasons[0]))
        self.mqtt.on_publish = lambda _c, _d, _m, reason, _p: self._answers.put(str(reason))
        self.mqtt.on_message = lambda _c, _d, message: self.messages.put(message)
        self.mqtt.on_disconnect = lambda _c, _d, _f, reason, _p: self.cut.put(str(reason))

    @classmethod
    @contextlib.contextmanager
    def connected(cls, url: BrokerUrl, **options: Any) -> Iterator[Self]:
        attacker = cls(url, **options)
        try:
            assert attacker.connect() == OK
            yield attacker
        finally:
            attacker.close()

    def connect(self) -> str:
        """What the broker answers."""
        if self.mqtt.protocol != paho.MQTTv5:
            self.mqtt.connect(self.url.host, self.url.port)
            self.mqtt.loop_start()
            return self._answers.get(timeout=ANSWER_S_MAX)
        keep = Properties(PacketTypes.CONNECT)
        keep.SessionExpiryInterval = 0 if self._clean else 60
        self.mqtt.connect(self.url.host, self.url.port, clean_start=self._clean, properties=keep)
        self.mqtt.loop_start()
        return self._answers.get(timeout=ANSWER_S_MAX)

    def break_off(self) -> None:
        """The connection ends without a word, so that the broker tells the last will."""
        found = self.mqtt.socket()
        assert found is not None
        found.shutdown(socket.SHUT_RDWR)
        self.cut.get(timeout=ANSWER_S_MAX)

    def close(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def subscribe(self, topic_filter: str) -> str:
        self.mqtt.subscribe(topic_filter, qos=1)
        return self._answers.get(timeout=ANSWER_S_MAX)

    def publish(
        self, topic: str, value: Any = None, *, retain: bool = False, response_topic: str | None = None
    ) -> str:
        """JSON of a value, or bytes as they are; returns what the broker answers."""
        properties = Properties(PacketTypes.PUBLISH)
        if response_topic is not None:
            properties.ResponseTopic = response_topic
        payload = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.mqtt.publish(topic, payload, qos=1, retain=retain, properties=properties)
        return self._answers.get(timeout=ANSWER_S_MAX)

    def next(self) -> tuple[str, Any]:
        """The topic and value of the next message that reaches us."""
        message = self.messages.get(timeout=ANSWER_S_MAX)
        return message.topic, decoded(message.payload)

    def heard(self) -> list[str]:
        """The topics of what has reached us by now."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self.messages.get_nowait().topic)
        return found

    def ask(self, topic: str, request: Any, **more: Any) -> Any:
        """Publishes a request, which the broker must take; returns the next message's value."""
        assert self.publish(topic, request, **more) == OK
        return self.next()[1]


def decoded(payload: bytes) -> Any:
    return json.loads(payload) if payload[:1] in (b"{", b"[") else msgpack.unpackb(payload)
