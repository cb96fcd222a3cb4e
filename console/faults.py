"""Which errors are expected: said in one line, with the next step, and no traceback."""

import sys

from broker_bridge.faults import BrokerFault
from broker_bridge.tls import TlsFault
from broker_bridge.topics import BadTopic
from memory.errors import MemoryFault
from schemas.wire import Invalid
from workers.settings import ConfigFault


class Refused(Exception):
    """What was asked for cannot be: said by the memory, or by a verb that looked first."""


def expected() -> tuple[type[Exception], ...]:
    """Ours, and those of the clients that happen to be loaded."""
    found: list[type[Exception]] = [BrokerFault, TlsFault, MemoryFault, ConfigFault]
    found += [Refused, Invalid, BadTopic]
    if "aiomqtt" in sys.modules:
        from aiomqtt import MqttError  # noqa: PLC0415 - loaded already

        found.append(MqttError)
    if "edge.client" in sys.modules:
        from edge.client import NoAnswer, NotAllowed  # noqa: PLC0415 - loaded already

        found += [NoAnswer, NotAllowed]
    return tuple(found)
