"""examples/shell, as it is: Mosquitto's own clients against a memory behind accounts."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES, Example, program

SCRIPT = EXAMPLES / "shell" / "observe-and-ask.sh"


@pytest.fixture
def shell(account: dict[str, str], tmp_path: Path) -> Example:
    for each in ("mosquitto_pub", "mosquitto_rr"):
        program(each)
    return Example((str(SCRIPT),), account, tmp_path)


def test_what_it_tells_has_a_receipt_and_is_found(shell: Example) -> None:
    text = 'Ana said "the spare key\tis in the blue drawer" \\ twice'
    ended = shell.run(text, "where is the spare key?")
    assert ended.returncode == 0, ended.stderr
    told, answer = map(json.loads, ended.stdout.splitlines())
    assert [receipt["status"] for receipt in told["receipts"]] == ["stored"]
    assert answer["ok"] is True
    assert answer["matches"][0]["text"] == text.replace("\t", " ")
    assert answer["matches"][0]["id"] == told["receipts"][0]["id"]


def test_it_trusts_the_brokers_certificate(shell: Example, tls: dict[str, object]) -> None:
    ended = shell.run("The window was left open", "what about the window?", **tls)
    assert ended.returncode == 0, ended.stderr


def test_shellcheck_finds_nothing() -> None:
    for script in (*EXAMPLES.rglob("*.sh"), EXAMPLES.parent / "mosquitto" / "install.sh"):
        checked = subprocess.run([program("shellcheck"), script], capture_output=True, text=True, check=False)
        assert not checked.stdout, checked.stdout
