"""Bytes on the wire of one observation: by a device, and of the same fact as HTTP with JSON."""

import json
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from tempfile import TemporaryDirectory
from unittest.mock import patch

import httpx  # the embedding model's download and Qdrant's client bring it

from bench.client import TENANT
from bench.relay import Relay, packets
from bench.stack import Running
from broker_bridge.url import BrokerUrl
from edge import Device, Limits, Options
from edge.link import ALIASES_MAX

TEXT = "The kitchen window was opened and the radiator below it was turned down by the morning's routine now"
ENTITY = "home7/kitchen"
CLIENT = "sensor-1"
BATCH = 32
MESSAGES = 20
WAIT_S_MAX = 60.0
PUBLISH, PUBACK = 3, 4
"""Types of packets (MQTT 5 §2.1.2)."""


@dataclass(frozen=True, slots=True)
class Crossed:
    """Bytes for one observation."""

    observation: float
    """PUBLISH and its PUBACK."""
    receipt: float
    """The receipt's PUBLISH, and its PUBACK."""


def of_device(running: Running, *, batch: int, aliased: bool) -> Crossed:
    """What a device sends and gets in messages of `batch`; aliased: of a connection's later messages.

    The digest, presence, CONNECT, SUBSCRIBE and PING are not of any one observation, and are left out.
    """
    options = Options(batches=Limits(count_max=batch), digest=False, presence=False)
    with (
        Relay(running.broker.port) as relay,
        TemporaryDirectory() as folder,
        # A broker that allows no aliases would do the same.
        patch("edge.link.ALIASES_MAX", ALIASES_MAX if aliased else 0),
        Device(_through(relay, running), tenant=TENANT, client=CLIENT, entity=ENTITY, folder=folder,
               options=options) as device,
    ):  # fmt: skip
        if aliased:
            _observe(device, 1)  # its message names the topic
        before = _counted(relay)
        for _ in range(MESSAGES):
            _observe(device, batch)
        crossed = _counted(relay) - before
    count = MESSAGES * batch
    return Crossed(
        (crossed["up", PUBLISH] + crossed["down", PUBACK]) / count,
        (crossed["down", PUBLISH] + crossed["up", PUBACK]) / count,
    )


def _observe(device: Device, count: int) -> None:
    device.observe_all([{"text": TEXT}] * count)
    assert device.drain(WAIT_S_MAX)


def _through(relay: Relay, running: Running) -> BrokerUrl:
    return BrokerUrl("127.0.0.1", relay.port, running.broker.username, running.broker.password)


def _counted(relay: Relay) -> Counter[tuple[str, int]]:
    counted: Counter[tuple[str, int]] = Counter()
    for way, stream in (("up", relay.up), ("down", relay.down)):
        for kind, size in packets(bytes(stream)):
            counted[way, kind] += size
    return counted


class _Answering(BaseHTTPRequestHandler):
    """Takes observations and answers with their receipts, as a memory over HTTP would."""

    protocol_version = "HTTP/1.1"  # kept alive

    def do_POST(self) -> None:
        observations = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        memory = "6d656d62-726f-5b65-8000-000000000001"
        receipts = [{"id": each["id"], "status": "stored", "memory": memory} for each in observations]
        answer = json.dumps({"receipts": receipts}, separators=(",", ":")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def of_http(*, batch: int) -> float:
    """The same, receipt included: httpx with the headers it sends by itself, on one connection kept alive.

    Without a token, which a real service would want; Python's own server answers, with few headers.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Relay(server.server_port) as relay, httpx.Client(trust_env=False) as client:
        path = f"/v1/{TENANT}/obs/{CLIENT}/{ENTITY}"
        for n in range(MESSAGES):
            told = [{"id": 2**62 + n, "text": TEXT, "at": 1_795_000_000.123} for _ in range(batch)]
            client.post(f"http://127.0.0.1:{relay.port}{path}", json=told).raise_for_status()
        crossed = len(relay.up) + len(relay.down)
    server.shutdown()
    server.server_close()
    return crossed / MESSAGES / batch
