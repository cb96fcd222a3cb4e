"""Paho's client on our own loop: we say when its socket is read, and a packet is read at a time."""

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, Final, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from broker_bridge.loops import Loop
from broker_bridge.messages import Will
from broker_bridge.publish_packet import BadPacket, Publication, read_publish
from broker_bridge.tls import Trust
from broker_bridge.url import BrokerUrl

KEEPALIVE_S: Final = 60
PACKET_BYTES_MAX: Final = 2 * 1024 * 1024
"""What any broker may send us; our own lets less in (broker_config)."""
READS_PER_WAKE: Final = 64
"""Packets read before the loop's other tasks get their turn."""

_PACKET_ID_BYTES: Final = 2
_TAKEN: Final = ReasonCode(PacketTypes.PUBACK)
"""MQTT 5 §3.4.2.1: success where no reason stands. Nobody changes it, nor these."""
_NO_PROPERTIES: Final = Properties(PacketTypes.PUBACK)

log = logging.getLogger(__name__)


def publish_properties(
    correlation: bytes | None = None, expiry_s: int | None = None, alias: int | None = None
) -> Properties | None:
    """Of a PUBLISH: those that are given. Where none is, none are made: that takes as long as the rest."""
    if correlation is None and expiry_s is None and alias is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)
    if correlation is not None:
        properties.CorrelationData = correlation
    if expiry_s is not None:
        properties.MessageExpiryInterval = max(1, expiry_s)
    if alias is not None:
        properties.TopicAlias = alias
    return properties


class Client(paho.Client):
    """Paho with manual acknowledgement, but for what `broker_bridge.publish_packet` and `read_packet` say.

    `reads` says whether packets are read now; whoever changes what it says calls `watch_reads`.
    """

    on_publication: Callable[[Publication], None]

    def __init__(self, client_id: str, reads: Callable[[], bool]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5, manual_ack=True)
        self._reads = reads
        self._our_loop: Loop
        self._leaving = False
        self._dialled: Any = None
        """A socket that the loop has not taken up yet."""
        self._handing_over = threading.Lock()
        self.on_socket_open = self._socket_opened
        self.on_socket_close = self._socket_closed
        self.on_socket_register_write = self._watch_writes
        self.on_socket_unregister_write = self._unwatch_writes

    def introduce(self, broker: BrokerUrl, trust: Trust, will: Will | None) -> None:
        """Before the first connection: as whom we come, how we know the broker, and what it says for us."""
        if broker.username is not None:
            self.username_pw_set(broker.username, broker.password)
        if broker.tls:
            self.tls_set_context(trust.context())
        if will is not None:
            self.will_set(will.topic, will.payload, qos=1, retain=True)

    def run_on(self, loop: Loop) -> None:
        """Before the first connection: the loop that reads and writes."""
        self._our_loop = loop

    def dial(self, host: str, port: int, *, receive_max: int, expiry_s: int) -> None:
        """Blocks for the TCP and TLS handshakes, so in a thread; all else is done on the loop."""
        properties = Properties(PacketTypes.CONNECT)
        properties.ReceiveMaximum = receive_max
        properties.MaximumPacketSize = PACKET_BYTES_MAX
        properties.SessionExpiryInterval = expiry_s
        # Always clean_start false: Mosquitto 2.0.11 never saves a session that began clean.
        self.connect_async(host, port, KEEPALIVE_S, clean_start=False, properties=properties)
        sock = super()._create_socket()
        with self._handing_over:
            if self._leaving:
                sock.close()
                return
            self._dialled = sock
        self._our_loop.call_soon_threadsafe(self._take_up)

    def _take_up(self) -> None:
        if self._dialled is not None:
            self.reconnect()

    def _create_socket(self) -> Any:
        """In place of paho's, which would dial on the loop: what is dialled already."""
        sock, self._dialled = self._dialled, None
        return sock

    def leave(self) -> None:
        """From now on a connection that is being made is closed, whether the loop goes on or not."""
        with self._handing_over:
            self._leaving = True
            sock, self._dialled = self._dialled, None
        if sock is not None:
            sock.close()

    @property
    def unacknowledged(self) -> int:
        """Publications that the broker has not acknowledged."""
        return len(self._out_messages)

    def forget_ping(self) -> None:
        """Waits for no answer to a ping: not reading, we would not see it, and take the broker for dead."""
        self._ping_t = 0.0

    def watch_reads(self) -> None:
        """Has the loop tell us of packets, or no longer, as `reads` says."""
        sock = self.socket()
        if sock is None:
            return
        if self._reads():
            self._our_loop.add_reader(sock, self.read)
        else:
            self._our_loop.remove_reader(sock)

    def read(self) -> None:
        """Reads until nothing comes, nothing is to be read, or the other tasks are due."""
        for _ in range(READS_PER_WAKE):
            if not self._reads() or not self._read_packet():
                return
        # TLS may hold decrypted bytes that no selector sees: come back by ourselves.
        self._our_loop.call_soon(self.read)

    def _read_packet(self) -> bool:
        """Reads one packet; False if no whole one is there, or the connection is gone.

        Paho's own `loop_read` reads as many as it has publications under way: past any bound.
        """
        if self._sock is None:
            return False
        code = self._packet_read()
        if code > 0:
            self._loop_rc_handle(code)
        return code == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _update_inflight(self) -> MQTTErrorCode:
        """Sends what waits. Paho looks for it through all that is under way, at each acknowledgement."""
        if self._inflight_messages >= len(self._out_messages):
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._update_inflight()

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        """Most say no more than which publication was taken; paho takes three times as long for these."""
        packet = self._in_packet["packet"]
        if len(packet) != _PACKET_ID_BYTES:
            return super()._handle_pubackcomp(cmd)
        mid = int.from_bytes(packet)
        with self._out_message_mutex:
            if mid in self._out_messages:
                return self._do_on_publish(mid, _TAKEN, _NO_PROPERTIES)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_publish(self) -> MQTTErrorCode:
        """In place of paho's: called when a whole PUBLISH packet has been read."""
        try:
            publication = read_publish(self._in_packet["command"], bytes(self._in_packet["packet"]))
        except BadPacket:
            log.exception("a broker sent what is no PUBLISH packet", extra={"action": "read"})
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self.on_publication(publication)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _socket_opened(self, _client: Any, _data: Any, sock: Any) -> None:
        # Answers in milliseconds: without this, Nagle's algorithm may hold a reply for 40.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.watch_reads()

    def _socket_closed(self, _client: Any, _data: Any, sock: Any) -> None:
        self._our_loop.remove_reader(sock)

    def _watch_writes(self, _client: Any, _data: Any, sock: Any) -> None:
        self._our_loop.add_writer(sock, self.loop_write)

    def _unwatch_writes(self, _client: Any, _data: Any, sock: Any) -> None:
        self._our_loop.remove_writer(sock)
