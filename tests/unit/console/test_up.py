"""What a newcomer reads first works as it is."""

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.url import BrokerUrl
from console.up import greeting, lines_to_paste
from workers.settings import Settings
from workers.stack import Stack

OWNER = BrokerUrl("127.0.0.1", 11883, "owner", "p-w_1")


def test_three_lines_each_with_a_command_and_the_account() -> None:
    lines = [shlex.split(line) for line in lines_to_paste(OWNER)]
    assert [line[0] for line in lines] == ["mosquitto_sub", "mosquitto_pub", "mosquitto_rr"]
    for line in lines:
        assert line[1:9] == ["-h", "127.0.0.1", "-p", "11883", "-u", "owner", "-P", "p-w_1"]


def test_a_broker_without_accounts_asks_for_none() -> None:
    for line in lines_to_paste(BrokerUrl("broker", 1883)):
        assert "-u" not in shlex.split(line)


def test_what_is_observed_is_what_is_asked_for() -> None:
    watch, observe, ask = (shlex.split(line) for line in lines_to_paste(OWNER))
    assert "spare key" in json.loads(observe[-1])["text"]
    assert "spare key" in json.loads(ask[-1])["text"]
    assert observe[observe.index("-t") + 1] == "mem/v1/home/obs/phone/kitchen"
    assert watch[-1] == "mem/v1/home/receipt/phone/#"
    reply = ask[ask.index("-e") + 1]
    assert ask[ask.index("-t") + 1].replace("/query/", "/reply/") == reply


def test_the_greeting_says_where_and_never_the_operators_password() -> None:
    operator = BrokerUrl("127.0.0.1", 11883, "operator", "secret")
    text = greeting(Settings(data=Path("/somewhere")), Stack(operator, OWNER, []))
    assert "For membroker's other commands, in another terminal:\n  export MEMBROKER_DATA=/somewhere" in text
    assert text.splitlines()[0] == "membroker is up: mqtt://127.0.0.1:11883, data in /somewhere"
    assert all(line in text for line in lines_to_paste(OWNER))
    assert "secret" not in text


def test_where_others_come_in_is_said_once_there_are_certificates(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, tls_port=8884)
    assert "with TLS" not in greeting(settings, Stack(OWNER, OWNER, []))
    folder = CertificateFolder(settings.certificates)
    folder.begin([], datetime.now(UTC), 100)
    said = greeting(settings, Stack(OWNER, OWNER, [])).splitlines()[1]
    assert said == f"with TLS: mqtts://127.0.0.1:8884, and its clients trust {folder.authority}"


def test_the_lines_for_a_broker_with_tls_trust_what_we_trust() -> None:
    settings = Settings(broker="mqtts://house", broker_ca=Path("/house.pem"))
    house = BrokerUrl("house", 8883, tls=True)
    text = greeting(settings, Stack(house, house, []))
    assert text.count("--cafile /house.pem") == 3
    assert "export MEMBROKER_BROKER=mqtts://house MEMBROKER_BROKER_CA=/house.pem" in text
