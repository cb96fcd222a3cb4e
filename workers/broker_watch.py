"""What a broker says of its own queues, and when that is trouble. Pure.

Mosquitto publishes these below `$SYS`, retained, every `sys_interval` and only when they change. Another
broker may not have them: then nothing is known, and nothing is said.
"""

from collections.abc import Mapping

from broker_bridge.access import BROKER_DROPPED, BROKER_QUEUED

TOPICS = (BROKER_DROPPED, BROKER_QUEUED)

_GAUGES = {BROKER_DROPPED: "broker_messages_dropped", BROKER_QUEUED: "broker_messages_held"}
CALM_REPORTS = 6
"""Reports without another loss until it is over: a minute, with stats and `$SYS` every 10 s."""
PAYLOAD_BYTES_MAX = 20
"""A number of 64 bits; what is longer is none of Mosquitto's."""


class BrokerWatch:
    """Hears the broker's numbers; at each report, decides whether messages are being lost.

    The first number is where counting begins: what was dropped before we came may have been anybody's, long
    ago. A number that fell is of a broker that started anew.
    """

    def __init__(self) -> None:
        self._said: dict[str, int] = {}
        self._reported: int | None = None
        self._lost = 0
        self._calm_reports = 0

    def hear(self, topic: str, payload: bytes) -> None:
        """Takes one number; passes over what is none."""
        if topic in TOPICS and len(payload) <= PAYLOAD_BYTES_MAX and payload.isdigit():
            self._said[topic] = int(payload)
            if topic == BROKER_DROPPED and self._reported is None:
                self._reported = int(payload)

    @property
    def gauges(self) -> Mapping[str, int]:
        """For the stats: only what the broker has said."""
        return {_GAUGES[topic]: number for topic, number in self._said.items()}

    def report(self) -> str | None:
        """Called at each report: the trouble, with the next step, or None while there is none."""
        dropped = self._said.get(BROKER_DROPPED, 0)
        more = dropped - self._reported if self._reported is not None else 0
        self._reported = dropped if self._reported is not None else None
        if more > 0:
            self._lost += more
            self._calm_reports = 0
        elif self._lost:
            self._calm_reports += 1
            if self._calm_reports >= CALM_REPORTS:
                self._lost = 0
        return _trouble(self._lost) if self._lost else None


def _trouble(lost: int) -> str:
    return (
        f"the broker: it dropped {lost} messages, because a reader's queue was full: raise its"
        " max_queued_messages and max_queued_bytes (mosquitto/mosquitto.conf has ours; membroker doctor says"
        " more). What has no receipt, devices send again"
    )
