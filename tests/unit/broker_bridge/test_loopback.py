"""Only what nobody else can reach is loopback; whatever is in doubt is not."""

import pytest

from broker_bridge.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST", "localhost."])
def test_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "::",
        "192.168.1.2",
        "fe80::1",
        "house.local",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "128.0.0.1",
        "",
    ],
)
def test_others_reach_it_too(host: str) -> None:
    assert not is_loopback(host)
