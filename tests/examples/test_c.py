"""examples/c, compiled by its Makefile with every warning an error."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Mosquitto
from tests.examples.conftest import EXAMPLES, Example, missing, program

SOURCE = EXAMPLES / "c"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `publish` is built."""
    look = [program("gcc"), "-E", "-"]
    found = subprocess.run(look, input=b"#include <mosquitto.h>", capture_output=True, check=False)
    if found.returncode:
        missing("libmosquitto's headers", "./mosquitto/install.sh tests")
    out = tmp_path_factory.mktemp("c")
    subprocess.run(["make", "-s", "-C", SOURCE, f"OUT={out}"], check=True)
    return out


@pytest.fixture
def publish(folder: Path, account: dict[str, str]) -> Example:
    return Example((str(folder / "publish"),), account, folder)


def test_readings_have_their_receipts(publish: Example) -> None:
    ended = publish.run(said="temperature 21.5 Cel\nhumidity 40 %\nload 0.25\n")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["temperature", "stored", "humidity", "stored", "load", "stored"]


@pytest.mark.usefixtures("_others")
def test_what_is_for_others_harms_nothing(publish: Example) -> None:
    ended = publish.run(said="load 0.25\n")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["load", "stored"]


def test_it_trusts_the_brokers_certificate(publish: Example, tls: dict[str, object]) -> None:
    ended = publish.run(said="load 0.25\n", **tls)
    assert ended.stdout.split() == ["load", "stored"], ended.stderr


def test_a_full_message_is_written_and_its_receipts_read(publish: Example) -> None:
    lines = [f"{'a' * 60}{n:03} {n / 7} {'u' * 32}" for n in range(256)]
    ended = publish.run(said="\n".join(lines))
    assert ended.returncode == 0, ended.stderr
    assert len(re.findall(r"(?m) stored $", ended.stdout)) == 256


def test_what_is_refused_says_why_and_is_not_sent_again(publish: Example) -> None:
    ended = publish.run(said="temperature nan\n")
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"temperature refused \S.*\n", ended.stdout)


def test_without_a_memory_it_says_that_nobody_took_it(publish: Example, own_mosquitto: Mosquitto) -> None:
    ended = publish.run(said="load 1\n", MQTT_PORT=own_mosquitto.port, WAIT_S=1)
    assert ended.returncode == 1
    assert "not accepted: No matching subscribers" in ended.stderr
    assert "1 of 1 without a receipt" in ended.stderr


def test_a_wrong_password_ends_it_at_once(publish: Example) -> None:
    ended = publish.run(said="load 1\n", MQTT_PASSWORD="wrong")
    assert ended.returncode == 1
    assert "the broker refuses us: Not authorized" in ended.stderr
