"""Devices as docs/wire.md wants them: they keep what has no receipt, and send it again. Plain paho-mqtt."""

import itertools
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import msgpack
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker_bridge.url import BrokerUrl
from tests.faults.ledger import Ledger, Observed

SILENCE_S = 3.0
"""Without a receipt for this long, everything that has none is sent again."""
UNDER_WAY_MAX = 1500
"""Observations of one device sent and without a receipt; a flood knows no such bound."""
WAIT_S_MAX = 30.0
BATCHES = (1, 1, 7, 32, 32, 64)
"""Observations in a message: one of these, drawn."""
SHORT_RECEIPT = {"i": "id", "s": "status", "m": "memory", "r": "reason", "h": "hint"}

_SEEN = ("the cat", "a courier", "Ana", "nobody", "the neighbour", "a technician")
_DID = (
    "left the blue bicycle",
    "asked for the spare key",
    "reported a leak",
    "fed the fish",
    "came home late",
)
_WHERE = ("in the kitchen", "by the window", "in hall 3", "on the terrace", "upstairs")
_READINGS = (("temperature", "Cel", 18, 24), ("humidity", "%", 40, 60), ("brightness", "lx", 90, 99))


def observations(seed: str) -> Iterator[Observed]:
    """Readings and short texts that repeat themselves, as sensors do; no two with one id or time."""
    rng = random.Random(seed)
    as_text = rng.random() < 0.5
    entity = ""
    for number in itertools.count():
        if number % 40 == 0:
            entity = f"home/{rng.choice(('hall', 'kitchen', 'attic'))}/{rng.randrange(3)}"
        body: dict[str, Any] = {"id": f"n-{number}" if as_text else number, "at": 1_760_000_000 + number}
        if rng.random() < 0.5:
            body["text"] = f"{rng.choice(_SEEN)} {rng.choice(_DID)} {rng.choice(_WHERE)}"
        else:
            attribute, unit, low, high = rng.choice(_READINGS)
            body |= {"value": rng.randint(low, high), "unit": unit, "attribute": attribute}
        yield Observed(entity, body)


class Told:
    """How many observations of all devices have a receipt."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self, count: int) -> None:
        with self._changed:
            self._count += count
            self._changed.notify_all()

    @property
    def count(self) -> int:
        return self._count

    def wait_for(self, count: int, stuck_s_max: float) -> bool:
        """Whether it came so far, without ever standing still for so long."""
        with self._changed:
            while self._count < count:
                before = self._count
                self._changed.wait_for(lambda before=before: self._count > before, stuck_s_max)
                if self._count == before:
                    return False
        return True


class Device:
    """One client with its outbox, a thread that sends, and paho's, that hears."""

    def __init__(
        self,
        broker: BrokerUrl,
        tenant: str,
        ledger: Ledger,
        world: Iterator[Observed],
        told: Told,
        *,
        keeps_session: bool,
    ) -> None:
        """Observes the world as far as it is told to.

        With `keeps_session`, receipts published while it is away wait for it at the broker.
        """
        self.ledger = ledger
        self._tenant = tenant
        self._world = world
        self._told = told
        self._rng = random.Random(ledger.device)
        self._to_send = deque(ledger.kept.values())
        self._under_way: set[Any] = set()
        self._flooding = 0
        self._again = False
        self._off = False
        self._heard = time.monotonic()
        self._changed = threading.Condition()
        self._broker = broker
        self._client = self._make_client(keeps_session=keeps_session)
        self._sending = threading.Thread(target=self._send, name=f"{ledger.device} sends", daemon=True)

    def on(self) -> None:
        """Connects, and sends until everything has its receipt."""
        self._client.connect(
            self._broker.host, self._broker.port, clean_start=False, properties=self._session
        )
        self._client.loop_start()
        self._sending.start()

    def off(self) -> None:
        """Power off: nothing is sent or heard from now on."""
        with self._changed:
            self._off = True
            self._changed.notify_all()
        self._sending.join()
        self.cut()
        self._client.disconnect()
        self._client.loop_stop()

    def cut(self) -> None:
        """Its connection breaks; it comes back by itself."""
        sock: Any = self._client.socket()
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def observe(self, count: int) -> None:
        """Observes so many more, and sends them as it likes."""
        with self._changed:
            self._observe(count)
            self._changed.notify_all()

    def observe_until(self, count: int) -> None:
        """Observes until it has made so many."""
        self.observe(count - len(self.ledger.made))

    def flood(self, count: int) -> None:
        """Observes so many more, sends them singly, and waits for nothing."""
        with self._changed:
            self._observe(count)
            self._flooding = len(self._to_send)
            self._changed.notify_all()

    def wait_sent(self) -> None:
        """Returns when there is nothing that it has not handed to its client."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._to_send, WAIT_S_MAX)

    def _observe(self, count: int) -> None:
        for observed in itertools.islice(self._world, max(0, count)):
            self.ledger.observe(observed)
            self._to_send.append(observed)

    def _make_client(self, *, keeps_session: bool) -> paho.Client:
        name = self.ledger.device
        client = paho.Client(CallbackAPIVersion.VERSION2, f"{self._tenant}-{name}", protocol=paho.MQTTv5)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        client.max_inflight_messages_set(200)
        client.reconnect_delay_set(0.1, 1)  # type: ignore[arg-type] # seconds, of any kind
        self._session = Properties(PacketTypes.CONNECT)
        self._session.SessionExpiryInterval = 3600 if keeps_session else 0
        client.on_connect = self._connected
        client.on_message = self._received
        return client

    def _connected(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"mem/v1/{self._tenant}/receipt/{self.ledger.device}/#", qos=1)
        with self._changed:
            self._again = True
            self._changed.notify_all()

    def _received(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            first = 0
            for short in msgpack.unpackb(message.payload)["rs"]:
                receipt = {SHORT_RECEIPT[key]: value for key, value in short.items()}
                first += self.ledger.tell(receipt)
                self._under_way.discard(receipt.get("id"))
            self._heard = time.monotonic()
            self._changed.notify_all()
        self._told.add(first)

    def _send(self) -> None:
        while True:
            with self._changed:
                while not self._off and not self._has_to_send():
                    self._changed.wait(SILENCE_S)
                    self._mind_silence()
                if self._off:
                    return
                batch = self._next_batch()
                self._changed.notify_all()
            if batch:
                topic = f"mem/v1/{self._tenant}/obs/{self.ledger.device}/{batch[0].entity}"
                self._client.publish(topic, msgpack.packb([each.body for each in batch]), qos=1)

    def _has_to_send(self) -> bool:
        if self._again:
            self._send_all_again()
        return bool(self._to_send) and (self._flooding > 0 or len(self._under_way) < UNDER_WAY_MAX)

    def _mind_silence(self) -> None:
        if self.ledger.kept and time.monotonic() - self._heard >= SILENCE_S:
            self._heard = time.monotonic()
            self._again = True

    def _send_all_again(self) -> None:
        """What was sent and has no receipt comes first, as it was made; the rest was never sent."""
        self._again = False
        self._to_send = deque(self.ledger.kept.values())
        self._under_way.clear()

    def _next_batch(self) -> list[Observed]:
        """Some of one entity, without those that had their receipt meanwhile."""
        count = 1 if self._flooding else self._rng.choice(BATCHES)
        self._flooding = max(0, self._flooding - 1)
        batch: list[Observed] = []
        while self._to_send and len(batch) < count:
            if batch and self._to_send[0].entity != batch[0].entity:
                break
            observed = self._to_send.popleft()
            if observed.id in self.ledger.kept:
                batch.append(observed)
                self._under_way.add(observed.id)
        return batch


@contextmanager
def switched_on(
    broker: BrokerUrl,
    tenant: str,
    ledgers: Mapping[str, Ledger],
    worlds: Mapping[str, Iterator[Observed]],
    told: Told,
) -> Iterator[list[Device]]:
    """Devices that send until the block ends; every second one keeps its session at the broker."""
    devices = [
        Device(broker, tenant, ledger, worlds[name], told, keeps_session=number % 2 == 1)
        for number, (name, ledger) in enumerate(ledgers.items())
    ]
    for device in devices:
        device.on()
    try:
        yield devices
    finally:
        for device in devices:
            device.off()
