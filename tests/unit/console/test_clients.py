"""Options that Mosquitto's clients know. That they work: tests/broker/test_tls.py."""

import pytest

from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.url import BrokerUrl
from console.clients import to_mosquitto

PLAIN = BrokerUrl("house", 1883)
SECURE = BrokerUrl("house", 8883, "ana", "secret", tls=True)
WHERE = ["-h", "house", "-p", "8883", "-u", "ana", "-P", "secret"]


@pytest.mark.parametrize(
    ("broker", "trust", "options"),
    [
        (PLAIN, SYSTEM, ["-h", "house", "-p", "1883"]),
        (PLAIN, Trust("/ca.pem"), ["-h", "house", "-p", "1883"]),
        (SECURE, SYSTEM, [*WHERE, "--tls-use-os-certs"]),
        (SECURE, Trust("/ca.pem"), [*WHERE, "--cafile", "/ca.pem"]),
        (
            SECURE,
            Trust("/ca", "/me.pem", "/me.key"),
            [*WHERE, *["--cafile", "/ca", "--cert", "/me.pem", "--key", "/me.key"]],
        ),
        (
            SECURE,
            Trust("/ca", "/me.pem"),
            [*WHERE, *["--cafile", "/ca", "--cert", "/me.pem", "--key", "/me.pem"]],
        ),
    ],
)
def test_where_as_whom_and_trusting_whom(broker: BrokerUrl, trust: Trust, options: list[str]) -> None:
    assert to_mosquitto(broker, trust) == options
