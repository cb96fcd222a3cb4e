"""A whole client of the memory that needs no more of MQTT 3.1.1 than topic and payload: no properties.

`TinyClient` calls nothing of its link but six verbs of MicroPython's umqtt.simple; here paho-mqtt plays them.
So it can be carried to any language and board with an MQTT client (for MicroPython it is written out in
../micropython/main.py). Two rules are all there is to it:

- keep an observation until its receipt, and send it again if none comes: with the same id that is harmless;
- give every question an id, and find the answer by it.

Example:  python tiny_client.py "The window was left open" "what about the window?"
"""

import json
import os
import random
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

BATCH_MAX = 32
"""Observations in a message; the memory takes 256."""
RESEND_S = 5.0
"""Receipts share a flush to disk, and may wait a second for it."""
RECONNECT_S_MAX = 4.0
POLL_S = 0.02

Heard = Callable[[bytes, bytes], None]


class MQTTException(Exception):
    """The broker refuses: trying again changes nothing."""


class Link(Protocol):
    """What umqtt.simple's `MQTTClient` offers, and nothing beyond it.

    Each of its verbs raises OSError when the network is away, MQTTException when the broker refuses.
    """

    def set_callback(self, heard: Heard) -> None: ...
    def connect(self, clean_session: bool = True) -> bool: ...  # noqa: FBT001, FBT002 - as it is there
    def subscribe(self, topic: bytes, qos: int = 0) -> None: ...
    def publish(self, topic: bytes, msg: bytes, retain: bool = False, qos: int = 0) -> None: ...  # noqa: FBT001, FBT002
    def check_msg(self) -> None: ...
    def disconnect(self) -> None: ...


class TinyClient:
    """Observes and asks, for one entity; what waits for its receipt is in a file."""

    def __init__(self, link: Link, account: str, entity: str, outbox: Path) -> None:
        client, tenant = account.split("@")
        self._link = link
        self._outbox = outbox
        self._mine = f"mem/v1/{tenant}/%s/{client}/"
        self._entity = entity
        self._waiting: dict[str, dict[str, Any]] = json.loads(outbox.read_text()) if outbox.exists() else {}
        self._answers: dict[str, Any] = {}
        self._connected = False
        self.receipts: list[dict[str, Any]] = []
        link.set_callback(self._heard)

    @property
    def waiting(self) -> int:
        """How many observations have no receipt yet."""
        return len(self._waiting)

    def observe(self, **fields: Any) -> str:
        """Keeps an observation; when this returns it is on disk, whatever the network does."""
        made = secrets.token_hex(8)  # once: what is sent again under one id is stored once
        self._waiting[made] = {"id": made, "at": time.time(), **fields}
        self._save()
        return made

    def flush(self, deadline_s: float) -> bool:
        """Sends until everything has its receipt; False if the time is over before."""
        end, again_at = time.monotonic() + deadline_s, 0.0
        while self._waiting and time.monotonic() < end:
            try:
                if not self._connected or time.monotonic() >= again_at:
                    self._connect()
                    self._send()
                    again_at = time.monotonic() + RESEND_S
                self._listen()
            except OSError:
                self._connected = False
                # By chance, so that a thousand devices don't come back in one instant.
                left_s = max(0.0, end - time.monotonic())
                time.sleep(random.uniform(0, min(RECONNECT_S_MAX, left_s)))  # noqa: S311
        return not self._waiting

    def ask(self, text: str, deadline_s: float, **filters: Any) -> dict[str, Any] | None:
        """The answer, or None: without one in time a device goes on with what it knows."""
        made = secrets.token_hex(8)
        request = {"id": made, "text": text, "deadline_ms": round(deadline_s * 1000), **filters}
        end = time.monotonic() + deadline_s
        try:
            self._connect()
            self._link.publish(self._topic("query"), json.dumps(request).encode(), qos=1)
            while made not in self._answers and time.monotonic() < end:
                self._listen()
        except OSError:
            self._connected = False
        answer: dict[str, Any] | None = self._answers.pop(made, None)
        self._answers.clear()  # of questions that were given up
        return answer

    def _connect(self) -> None:
        """Where it is not yet. What was lost is sent again, so the broker need keep no session for us."""
        if self._connected:
            return
        self._link.connect()
        for verb in ("receipt", "reply"):
            self._link.subscribe((self._mine % verb + "#").encode(), 1)
        self._connected = True

    def _topic(self, verb: str) -> bytes:
        return (self._mine % verb + self._entity).encode()

    def _send(self) -> None:
        """An acknowledgement of the broker's settles nothing: only a receipt says that it is stored."""
        all_of_it = list(self._waiting.values())
        for start in range(0, len(all_of_it), BATCH_MAX):
            batch = json.dumps(all_of_it[start : start + BATCH_MAX])
            self._link.publish(self._topic("obs"), batch.encode(), qos=1)

    def _listen(self) -> None:
        self._link.check_msg()
        time.sleep(POLL_S)

    def _heard(self, topic: bytes, msg: bytes) -> None:
        """Is called from within `check_msg` and `publish`: so it notes, and does nothing else."""
        if not msg.startswith(b"{"):
            return  # of another program with our account, which spoke msgpack
        told = json.loads(msg)
        if topic.startswith((self._mine % "reply").encode()):
            self._answers[told.get("id", "")] = told
            return
        for receipt in told["receipts"]:
            # A refused one never will be stored: its receipt says what to change, and it is kept no longer.
            if self._waiting.pop(receipt.get("id"), None) is not None:
                self.receipts.append(receipt)
        self._save()

    def _save(self) -> None:
        """Whole or not at all: a power cut leaves the old file or the new one."""
        new = self._outbox.with_suffix(".new")
        with new.open("w") as file:
            json.dump(self._waiting, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._outbox)


class PahoAsUmqtt:
    """paho-mqtt in MQTT 3.1.1, under the names of umqtt.simple: no thread, no property, no reason code."""

    ANSWER_S_MAX = 10.0

    def __init__(self, client_id: str, server: str, port: int, user: str, password: str) -> None:
        self._mqtt = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv311)
        self._mqtt.username_pw_set(user, password)
        self._server, self._port = server, port
        self._refused = ""
        self._answered: set[int] = set()
        self._mqtt.on_connect = lambda _c, _d, _f, reason, _p: self._noted(0, reason.is_failure, str(reason))
        self._mqtt.on_subscribe = lambda _c, _d, mid, reasons, _p: self._noted(
            mid, reasons[0].is_failure, str(reasons[0])
        )
        self._mqtt.on_publish = lambda _c, _d, mid, _r, _p: self._answered.add(mid)

    def trust(self, ca: str) -> None:
        """TLS, with the broker's certificate checked by this one."""
        self._mqtt.tls_set(ca)

    def set_callback(self, heard: Heard) -> None:
        self._mqtt.on_message = lambda _c, _d, message: heard(message.topic.encode(), bytes(message.payload))

    def connect(self, clean_session: bool = True) -> bool:  # noqa: FBT001, FBT002 - as it is there
        assert clean_session  # noqa: S101 - a session that the broker keeps is more than we need
        self._answered.clear()
        self._mqtt.connect(self._server, self._port)
        self._wait_for(0)
        return False

    def subscribe(self, topic: bytes, qos: int = 0) -> None:
        _, mid = self._mqtt.subscribe(topic.decode(), qos)
        self._wait_for(mid or 0)

    def publish(self, topic: bytes, msg: bytes, retain: bool = False, qos: int = 0) -> None:  # noqa: FBT001, FBT002
        sent = self._mqtt.publish(topic.decode(), msg, qos, retain)
        if qos:
            self._wait_for(sent.mid)

    def check_msg(self) -> None:
        self._turn(0)

    def disconnect(self) -> None:
        self._mqtt.disconnect()

    def _noted(self, mid: int, failed: bool, reason: str) -> None:  # noqa: FBT001
        self._answered.add(mid)
        self._refused = reason if failed else ""

    def _wait_for(self, mid: int) -> None:
        end = time.monotonic() + self.ANSWER_S_MAX
        while mid not in self._answered:
            if time.monotonic() > end:
                raise OSError("the broker does not answer")
            self._turn(0.1)
        self._answered.discard(mid)

    def _turn(self, timeout_s: float) -> None:
        code = self._mqtt.loop(timeout_s)
        if self._refused:
            raise MQTTException(f"the broker refuses: {self._refused}; see membroker access show")
        if code != paho.MQTT_ERR_SUCCESS:
            raise OSError(f"the connection is gone: {paho.error_string(code)}")


def main() -> int:
    """Observes, waits for receipts, asks; prints both as JSON. Exit code 1: something has no receipt yet."""
    text, question = sys.argv[1:]
    env = os.environ
    link = PahoAsUmqtt(
        env["MQTT_CLIENT_ID"], env.get("MQTT_HOST", "127.0.0.1"), int(env.get("MQTT_PORT", "11883")),
        env["MQTT_USER"], env["MQTT_PASSWORD"],
    )  # fmt: skip
    if "MQTT_CA" in env:
        link.trust(env["MQTT_CA"])
    outbox = Path(env.get("OUTBOX", "outbox.json"))
    device = TinyClient(link, env["MQTT_USER"], env.get("ENTITY", "kitchen"), outbox)
    wait_s = float(env.get("WAIT_S", "20"))
    device.observe(text=text)
    done = device.flush(wait_s)
    for receipt in device.receipts:
        print(json.dumps(receipt))
    if not done:
        print(f"{device.waiting} without a receipt; they wait in {outbox} for the next run", file=sys.stderr)
        return 1
    print(json.dumps(device.ask(question, wait_s)))
    link.disconnect()
    return 0


if __name__ == "__main__":
    sys.exit(main())
