"""Which errors are expected: said in one line, with the next step, and no traceback."""

import sys

from broker_bridge.broker import BrokerFault
from memory.errors import MemoryFault


def expected() -> tuple[type[Exception], ...]:
    """Ours, and those of the clients that happen to be loaded."""
    found: list[type[Exception]] = [BrokerFault, MemoryFault]
    if "aiomqtt" in sys.modules:
        from aiomqtt import MqttError  # noqa: PLC0415 - loaded already

        found.append(MqttError)
    if "edge.client" in sys.modules:
        from edge.client import NoAnswer  # noqa: PLC0415 - loaded already

        found.append(NoAnswer)
    return tuple(found)
