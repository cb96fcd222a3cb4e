"""broker_bridge/url.py"""

import pytest

from broker_bridge.url import BrokerUrl


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://host", BrokerUrl("host", 1883)),
        ("mqtts://host", BrokerUrl("host", 8883, tls=True)),
        ("mqtt://127.0.0.1:11883", BrokerUrl("127.0.0.1", 11883)),
        ("mqtt://ana@host", BrokerUrl("host", 1883, "ana")),
        ("mqtt://ana:secret@host:1", BrokerUrl("host", 1, "ana", "secret")),
        ("mqtt://an%40a:p%40ss%2F%3A%25@host", BrokerUrl("host", 1883, "an@a", "p@ss/:%")),
        ("mqtt://[::1]:1884", BrokerUrl("::1", 1884)),
        ("mqtt://HOST/", BrokerUrl("host", 1883)),
        ("mqtt://host?client_id=kiosk-1%40acme", BrokerUrl("host", 1883, client_id="kiosk-1@acme")),
        ("mqtt://kiosk-1@acme:secret@host", BrokerUrl("host", 1883, "kiosk-1@acme", "secret")),
    ],
)
def test_a_url_says_where_and_as_whom(url: str, broker: BrokerUrl) -> None:
    assert BrokerUrl.parse(url) == broker


@pytest.mark.parametrize(
    "url",
    [
        "", "host", "host:1883", "http://host", "mqtt://", "mqtt:///path", "mqtt://:1883", "mqtt://host:port",
        "mqtt://host:65536", "mqtt://host:-1", "mqtt://[::1", "ws://host:9001",
    ],
)  # fmt: skip
def test_what_is_no_brokers_url_is_told_what_one_looks_like(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"^broker: .* must be like mqtt://127\.0\.0\.1:1883 or mqtts://host$"
    ):
        BrokerUrl.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://ana:hunter2@host",
        "mqtt://ana:hunter2@",
        "mqtt://ana:hunter2/x@host",
        "mqtt://ana:hunter2#x@host",
        "mqtt://ana:hunter2@host:port",
        "mqtt://ana:hunter2@[host",
    ],
)
def test_no_error_holds_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="must be like") as refused:
        BrokerUrl.parse(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_broker_is_shown_without_its_account() -> None:
    broker = BrokerUrl.parse("mqtts://ana:hunter2@host:8884")
    assert str(broker) == "mqtts://host:8884"
    assert "hunter2" not in repr(broker)


@pytest.mark.parametrize("url", ["mqtt://host:1883", "mqtts://host:8883", "mqtt://[fe80::1]:1883"])
def test_what_is_shown_can_be_read_again(url: str) -> None:
    assert str(BrokerUrl.parse(url)) == url


@pytest.mark.parametrize("query", ["clientid=x", "client_id=", "client_id=a&client_id=b", "client_id=a&x=1"])
def test_a_parameter_that_is_not_known_is_not_ignored(query: str) -> None:
    with pytest.raises(ValueError, match=r"^broker: a URL's one parameter is \?client_id="):
        BrokerUrl.parse(f"mqtt://host?{query}")


@pytest.mark.parametrize(
    "broker",
    [
        BrokerUrl("host", 1883),
        BrokerUrl("::1", 8883, "kiosk-1@acme", "p@ss/:%?", tls=True, client_id="kiosk-1@acme-5 &="),
    ],
)
def test_what_is_spelled_out_is_read_again(broker: BrokerUrl) -> None:
    assert BrokerUrl.parse(broker.spelled()) == broker


def test_a_password_can_be_spelled_as_stars() -> None:
    broker = BrokerUrl("host", 1, "ana", "hunter2", client_id="x")
    assert broker.spelled(password="***") == "mqtt://ana:***@host:1?client_id=x"
