"""examples/README.md, word for word: an account made by `membroker access`, then every example by hand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker.conftest import clean_environment
from tests.broker.guarded import Guarded
from tests.examples.conftest import EXAMPLES, Node, program

README = (EXAMPLES / "README.md").read_text()
ACCOUNT, *COMMANDS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
SHOWN = {
    "shell": ['"status":"stored"', '"text":"Ana put the spare key into the blue drawer"'],
    "mqtt311": ['"status": "stored"', '"text": "The window was left open"'],
    "c": ["temperature stored", "humidity stored"],
    "node": ['{"receipt":', '"t":"Ana is allergic to peanuts"'],
}
"""What each prints, among other things."""


@pytest.fixture(scope="module")
def folder(guarded: Guarded, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A copy of the examples, and an environment in which the account's variables are set."""
    place = tmp_path_factory.mktemp("by-hand")
    shutil.copytree(EXAMPLES, place / "examples", ignore=shutil.ignore_patterns("node_modules", "publish"))
    env = clean_environment(data=guarded.settings.data, port=guarded.settings.port)
    tools = place / "tools"
    tools.mkdir()
    (tools / "node").symlink_to(Node.found().node)
    (tools / "npm").symlink_to(Node.found().npm)
    env["PATH"] = f"{Path(sys.executable).parent}:{tools}:{os.environ['PATH']}"
    made = typed(f"{ACCOUNT}\nexport -p | grep MQTT_", place, env)
    return place, env | dict(re.findall(r'(MQTT_\w+)="(.*)"', made))


def typed(commands: str, place: Path, env: dict[str, str]) -> str:
    ended = subprocess.run(
        ["bash", "-ec", commands], cwd=place, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("commands", COMMANDS, ids=SHOWN)
def test_its_commands_work_as_they_are_written(
    commands: str, folder: tuple[Path, dict[str, str]], request: pytest.FixtureRequest
) -> None:
    language = request.node.callspec.id
    assert f"examples/{language}" in commands
    for tool in {"c": ("gcc", "make"), "shell": ("mosquitto_pub", "mosquitto_rr")}.get(language, ()):
        program(tool)
    printed = typed(commands, *folder)
    for each in SHOWN[language]:
        assert each in printed


@pytest.mark.parametrize("row", re.findall(r"(?m)^\| \[.*$", README))
def test_the_table_says_how_long_each_is(row: str) -> None:
    files = [EXAMPLES / name for name in re.findall(r"\(([\w/.-]+)\)", row)]
    lines = sum(len(file.read_text().splitlines()) for file in files)
    [said] = re.findall(r"(\d+) lines", row)
    assert abs(int(said) - lines) <= lines // 10


def test_every_example_has_its_row() -> None:
    kept = {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()}
    assert kept - {"__pycache__"} == set(re.findall(r"\]\((\w+)/[\w.-]+\) \|", README))
