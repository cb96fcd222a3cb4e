"""examples/mqtt311: what waits is kept until its receipt, over restarts, and stored once."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import Mosquitto
from tests.examples.conftest import EXAMPLES, Example

CLIENT = EXAMPLES / "mqtt311" / "tiny_client.py"
WINDOW = "The window was left open"
ASKED = "what about the window?"


@pytest.fixture
def tiny(account: dict[str, str], tmp_path: Path) -> Example:
    return Example((sys.executable, "-W", "error", str(CLIENT)), account, tmp_path)


def test_it_observes_and_finds_the_answer_by_its_id(tiny: Example) -> None:
    ended = tiny.run(WINDOW, ASKED)
    assert ended.returncode == 0, ended.stderr
    receipt, answer = map(json.loads, ended.stdout.splitlines())
    assert receipt["status"] == "stored"
    [match] = answer["matches"]
    assert (match["id"], match["text"]) == (receipt["id"], WINDOW)
    assert json.loads((tiny.folder / "outbox.json").read_text()) == {}


@pytest.mark.usefixtures("_others")
def test_what_is_for_others_harms_nothing(tiny: Example) -> None:
    ended = tiny.run(WINDOW, ASKED)
    assert ended.returncode == 0, ended.stderr
    receipt, answer = map(json.loads, ended.stdout.splitlines())
    assert answer["matches"][0]["id"] == receipt["id"]


def test_what_has_no_receipt_waits_for_the_next_run_and_is_stored_once(
    tiny: Example, own_mosquitto: Mosquitto
) -> None:
    outbox = tiny.folder / "outbox.json"
    unheard = tiny.run("The door was left open", ASKED, MQTT_PORT=own_mosquitto.port, WAIT_S=0.2)
    assert unheard.returncode == 1
    assert "1 without a receipt" in unheard.stderr
    waiting = outbox.read_text()

    both = tiny.run(WINDOW, ASKED)
    assert both.returncode == 0, both.stderr
    assert [each["status"] for each in map(json.loads, both.stdout.splitlines()[:2])] == ["stored"] * 2

    outbox.write_text(waiting)  # as if the power had gone before the receipt was noted
    again = tiny.run(WINDOW, ASKED)
    statuses = [json.loads(line)["status"] for line in again.stdout.splitlines()[:2]]
    assert statuses[0] == "duplicate"


def test_it_trusts_the_brokers_certificate(tiny: Example, tls: dict[str, object]) -> None:
    ended = tiny.run(WINDOW, ASKED, **tls)
    assert ended.returncode == 0, ended.stderr


def test_without_a_network_it_is_kept_all_the_same(tiny: Example, own_mosquitto: Mosquitto) -> None:
    own_mosquitto.kill()
    ended = tiny.run(WINDOW, ASKED, MQTT_PORT=own_mosquitto.port, WAIT_S=0.1)
    assert ended.returncode == 1
    assert "1 without a receipt; they wait in outbox.json" in ended.stderr
    [kept] = json.loads((tiny.folder / "outbox.json").read_text()).values()
    assert kept["text"] == WINDOW


def test_a_refusal_is_said_and_is_no_outage(tiny: Example) -> None:
    ended = tiny.run(WINDOW, ASKED, MQTT_PASSWORD="wrong")
    assert ended.returncode == 1
    assert "MQTTException: the broker refuses: Not authorized" in ended.stderr
