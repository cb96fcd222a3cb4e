"""examples/node: MQTT.js and msgpack as npm has them, in the versions that package-lock.json pins."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.broker.guarded import Guarded
from tests.examples.conftest import ENTITY, EXAMPLES, Example, Node, installed

FACT = "Ana is allergic to peanuts"


@pytest.fixture
def kiosk(account: dict[str, str], tmp_path: Path) -> Example:
    folder = installed(EXAMPLES / "node", tmp_path)
    return Example((str(Node.found().node), str(folder / "kiosk.mjs")), account, folder)


def printed(output: str) -> list[tuple[str, dict[str, Any]]]:
    return [next(iter(json.loads(line).items())) for line in output.splitlines()]


def test_it_observes_asks_and_has_its_digest_the_next_time(
    kiosk: Example, guarded: Guarded, tenant: str
) -> None:
    with guarded.client(f"display@{tenant}", "kiosk", ("summary", ENTITY)) as display:
        display.subscribe(f"mem/v1/{tenant}/summary/latest/{ENTITY}")
        ended = kiosk.run(said=f"fact: {FACT}\nwhat must Ana not eat?\n")
        assert ended.returncode == 0, ended.stderr
        told = dict(printed(ended.stdout))
        assert told["receipt"]["s"] == "stored"
        assert [match["t"] for match in told["answer"]["m"]] == [FACT]
        display.messages.get(timeout=20)  # its digest is retained now
    later = printed(kiosk.run(said="is there anything to know?\n").stdout)
    assert [what for what, _ in later] == ["digest", "answer"]
    assert later[0][1]["entity"] == ENTITY
    assert later[0][1]["f"] == [FACT]


@pytest.mark.usefixtures("_others")
def test_what_is_for_others_harms_nothing(kiosk: Example) -> None:
    ended = kiosk.run(said=f"{FACT}\nwhat must Ana not eat?\n")
    assert ended.returncode == 0, ended.stderr
    assert [what for what, _ in printed(ended.stdout) if what != "digest"] == ["receipt", "answer"]


def test_it_trusts_the_brokers_certificate(kiosk: Example, tls: dict[str, object]) -> None:
    ended = kiosk.run(said="what must Ana not eat?\n", **tls)
    assert ended.returncode == 0, ended.stderr
    assert [what for what, _ in printed(ended.stdout)] == ["answer"]


def test_the_lock_names_no_registry() -> None:
    for folder in (EXAMPLES / "node", Path(__file__).parent / "board"):
        assert "resolved" not in (folder / "package-lock.json").read_text()


def test_a_wrong_password_is_said(kiosk: Example) -> None:
    ended = kiosk.run(MQTT_PASSWORD="wrong")
    assert ended.returncode == 1
    assert "Not authorized" in ended.stderr
