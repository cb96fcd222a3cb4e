"""broker_bridge/broker_config.py. That the real Mosquitto takes it: tests/broker/test_broker_config.py."""

import itertools
from pathlib import Path

import pytest

from broker_bridge import broker_config
from broker_bridge.broker_config import TlsListener
from broker_bridge.session import SessionOptions
from schemas.limits import MESSAGE_BYTES_MAX, TOPIC_BYTES_MAX

LOCAL = broker_config.local(
    port=11883, directory=Path("/data/broker"), plugin=Path("/usr/lib/dynsec.so"), user="ana"
)
CONTAINER = broker_config.container()


def settings(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition(" ") for line in lines)]


def reasons(text: str) -> list[str]:
    lines = text.splitlines()
    return [before for before, line in itertools.pairwise(lines) if not line.startswith("#")]


both = pytest.mark.parametrize("text", [LOCAL, CONTAINER], ids=["local", "container"])


@both
def test_every_setting_stands_below_its_reason(text: str) -> None:
    assert len(reasons(text)) == len(settings(text))
    assert all(reason.startswith("# ") and len(reason) > 10 for reason in reasons(text))


@both
def test_nobody_comes_in_without_an_account(text: str) -> None:
    assert dict(settings(text))["allow_anonymous"] == "false"
    plugins = [value for name, value in settings(text) if name in {"plugin", "global_plugin"}]
    assert any("dynsec" in each or "dynamic_security" in each for each in plugins)
    assert any(name == "plugin_opt_config_file" for name, _ in settings(text))


@both
def test_a_slow_ingest_loses_nothing_that_the_default_would_drop(text: str) -> None:
    said = dict(settings(text))
    assert int(said["max_queued_messages"]) >= 100_000
    assert int(said["max_queued_bytes"]) >= 100 * 1024 * 1024


@both
def test_more_messages_may_be_under_way_than_ingest_asks_for(text: str) -> None:
    assert int(dict(settings(text))["max_inflight_messages"]) >= SessionOptions("any").receive_max


@both
def test_what_is_too_large_for_the_contract_still_reaches_ingest_which_can_say_so(text: str) -> None:
    # A dead letter holds the largest payload in base64, with its topic and a hint.
    bound = int(dict(settings(text))["max_packet_size"])
    assert bound > MESSAGE_BYTES_MAX * 4 / 3 + TOPIC_BYTES_MAX + 4096


@both
def test_no_setting_is_said_twice(text: str) -> None:
    said = [name for name, _ in settings(text) if not name.startswith("plugin_opt")]
    assert len(set(said)) == len(said)


def test_our_own_broker_listens_on_loopback_alone_and_keeps_everything_in_its_folder() -> None:
    said = settings(LOCAL)
    assert [value for name, value in said if name == "listener"] == ["11883 127.0.0.1"]
    assert ("persistence", "true") in said
    assert ("persistence_location", "/data/broker/") in said
    assert ("plugin_opt_config_file", "/data/broker/dynamic-security.json") in said
    assert ("user", "ana") in said


def test_an_options_line_follows_the_plugin_it_is_for() -> None:
    names = [name for name, _ in settings(CONTAINER)]
    values = [value for _, value in settings(CONTAINER)]
    for option, plugin in (
        ("plugin_opt_flush_period", "persist_sqlite"),
        ("plugin_opt_config_file", "dynamic_sec"),
    ):
        before = [value for name, value in zip(names, values, strict=True)][: names.index(option)]
        loaded = [value for value in before if value.endswith(".so")]
        assert plugin in loaded[-1]


def test_a_broker_that_writes_each_change_is_not_told_to_write_snapshots() -> None:
    said = dict(settings(CONTAINER))
    assert "persist_sqlite" in said["global_plugin"]
    assert not {"persistence", "autosave_interval"} & said.keys()


FOLDER = Path("/data/certs")
BEYOND = {
    by_certificate: broker_config.local(
        port=11883,
        directory=Path("/data/broker"),
        plugin=Path("/usr/lib/dynsec.so"),
        user="ana",
        beyond=TlsListener("0.0.0.0", 8883, FOLDER, by_certificate),
    )
    for by_certificate in (False, True)
}
either_way = pytest.mark.parametrize("by_certificate", [False, True])


def of_second_listener(text: str) -> dict[str, str]:
    """What follows it: Mosquitto takes a listener's settings from below its line."""
    said = settings(text)
    begins = said.index(("listener", "8883 0.0.0.0"))
    return dict(said[begins + 1 :])


@either_way
def test_others_come_in_by_tls_alone(*, by_certificate: bool) -> None:
    text = BEYOND[by_certificate]
    assert [value for name, value in settings(text) if name == "listener"] == [
        "11883 127.0.0.1",
        "8883 0.0.0.0",
    ]
    second = of_second_listener(text)
    assert (second["certfile"], second["keyfile"]) == ("/data/certs/server.pem", "/data/certs/server.key")
    assert second["tls_version"] == "tlsv1.2"


@either_way
def test_its_settings_stand_below_their_reasons_too(*, by_certificate: bool) -> None:
    test_every_setting_stands_below_its_reason(BEYOND[by_certificate])


def test_by_certificate_the_common_name_is_account_and_client_id() -> None:
    second = of_second_listener(BEYOND[True])
    for name in ("require_certificate", "use_identity_as_username", "use_username_as_clientid"):
        assert second[name] == "true"
    assert (second["cafile"], second["crlfile"]) == ("/data/certs/ca.pem", "/data/certs/crl.pem")


def test_by_password_no_certificate_is_asked_for() -> None:
    assert (
        not {"require_certificate", "use_identity_as_username", "cafile"}
        & of_second_listener(BEYOND[False]).keys()
    )
