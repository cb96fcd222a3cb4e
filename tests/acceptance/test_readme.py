"""The README's commands, word for word, as a newcomer types them, and the output that it shows."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker.conftest import clean_environment, read_until
from tests.conftest import free_port, mosquitto_program

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMAND_S_MAX = 60

VARYING = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"[0-9a-f-]{36}"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"),
    (r"\d+ [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC", r"\d+ [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC"),
    (r"127\.0\.0\.1:\d+", r"127\.0\.0\.1:\d+"),
    (r"-p \d+", r"-p \d+"),
    (r"data in \S+", r"data in \S+"),
    (r"0\.\d{3}", r"0\.\d{3}"),
    (r"until \d{4}-\d\d-\d\d", r"until \d{4}-\d\d-\d\d"),
    (r"need \S+/certs/ca\.pem", r"need \S+/certs/ca\.pem"),
    (r"…", r"\S+"),
]
"""What differs between any two runs, and what it has to look like."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the README and what it shows for it."""

    command: str
    output: str


def steps(block: str) -> list[Step]:
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Step(*part.partition("\n")[::2]) for part in parts]


def pattern(shown: str) -> str:
    """The output shown, as a regular expression in which only what must vary may vary."""
    places = re.compile("|".join(f"({found})" for found, _ in VARYING))

    def allowed(match: re.Match[str]) -> str:
        return next(like for found, like in VARYING if re.fullmatch(found, match[0]))

    made, end = "", 0
    for match in places.finditer(shown.strip()):
        made += re.escape(shown.strip()[end : match.start()]) + allowed(match)
        end = match.end()
    return made + re.escape(shown.strip()[end:])


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who has typed the README's first command."""

    env: dict[str, str]
    greeting: str

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command], env=self.env, cwd=ROOT, capture_output=True, text=True,
            timeout=COMMAND_S_MAX, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """`make up`, as the README has it; only data and port are of the test's own."""
    mosquitto_program()
    env = clean_environment(data=tmp_path_factory.mktemp("readme"), port=free_port(), log_level="error")
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    [first] = steps(BLOCKS[0])
    assert first.command == "make up"
    process = subprocess.Popen(
        first.command.split(), env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        yield Newcomer(env, read_until(process.stdout, "keeps what it remembers.", 300))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)


def test_the_first_command_greets_as_the_readme_shows(newcomer: Newcomer) -> None:
    [first] = steps(BLOCKS[0])
    # The test's own data and port are not the defaults: the greeting says so in a paragraph more.
    more = re.compile(
        r"For membroker's other commands.*?\n  export MEMBROKER_DATA=\S+ MEMBROKER_PORT=\d+\n\n"
    )
    greeting, paragraphs = more.subn("", newcomer.greeting)
    assert paragraphs == 1
    assert re.fullmatch(pattern(first.output), greeting.strip()), newcomer.greeting


def test_the_three_lines_work_as_they_are_printed(newcomer: Newcomer) -> None:
    lines = [line.strip() for line in newcomer.greeting.splitlines() if line.startswith("  mosquitto_")]
    watching = subprocess.Popen(
        ["stdbuf", "-oL", "bash", "-c", f"exec {lines[0]} -d"],
        env=newcomer.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert watching.stdout is not None
        read_until(watching.stdout, "SUBACK", COMMAND_S_MAX)
        assert newcomer.types(lines[1]).returncode == 0
        heard = read_until(watching.stdout, '"status":"stored"', COMMAND_S_MAX)
        assert "mem/v1/home/receipt/phone/kitchen" in heard
    finally:
        watching.kill()
        watching.communicate()
    answered = newcomer.types(lines[2])
    reply = json.loads(answered.stdout)
    assert reply["matches"][0]["text"] == "The spare key is in the blue drawer"
    [shown] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert set(json.loads(shown)["matches"][0]) == set(reply["matches"][0])


@pytest.mark.parametrize(
    "step", [each for block in BLOCKS[1:4] for each in steps(block)], ids=lambda step: step.command[:50]
)
def test_the_operators_commands_show_what_the_readme_shows(newcomer: Newcomer, step: Step) -> None:
    finished = newcomer.types(step.command)
    assert finished.returncode == 0, finished.stderr
    assert re.fullmatch(pattern(step.output), finished.stdout.strip()), finished.stdout


def test_the_readme_has_the_blocks_that_are_run_here() -> None:
    assert [len(steps(block)) for block in BLOCKS] == [1, 6, 4, 1, 0]
    assert BLOCKS[4].strip() == "docker compose up --build --detach --wait"


def test_every_verb_of_the_readme_is_in_help(newcomer: Newcomer) -> None:
    shown = newcomer.types("membroker --help").stdout
    for verb in set(re.findall(r"`membroker ([a-z]+)", README)):
        assert re.search(rf"^  {verb} ", shown, re.MULTILINE), verb
