"""console/policies.py"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.faults import Refused
from console.policies import command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policies.yaml"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(command, ["check", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_it_says_what_holds_and_which_part_of_the_file_says_so(file: Path) -> None:
    file.write_text(
        "defaults: {raw: 1 day}\ntenants: {acme: {hourly: 30 days, kinds: {event: {merge: false}}}}"
    )
    lines = [
        " ".join(line.split()) for line in run(str(file), "--tenant", "acme", "--kind", "event").splitlines()
    ]
    assert lines[0] == "event of acme:"
    assert "raw 1 day defaults" in lines
    assert "merge no tenants.acme.kinds.event" in lines
    assert "all of acme:" in lines
    assert "hourly 30 days tenants.acme" in lines
    assert "daily forever built in" in lines


def test_for_programs_it_is_json(file: Path) -> None:
    file.write_text("defaults: {raw: 1 day}")
    said = json.loads(run(str(file), "--json"))
    assert {"field": "raw", "value": "1 day", "said_by": "defaults"} in said["kind"]
    assert {"field": "daily", "value": "forever", "said_by": "built in"} in said["tenant"]


def test_what_is_wrong_is_refused_with_its_line(file: Path) -> None:
    file.write_text("defaults:\n  raw: 7\n")
    with pytest.raises(Refused, match=r"policies\.yaml:2: defaults\.raw: 7 of what\?"):
        run(str(file))


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(Refused, match=r"policies\.yaml cannot be read: No such file"):
        run(str(file))


def test_without_a_file_it_is_that_of_the_settings(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEMBROKER_POLICIES", raising=False)
    assert "built in.kinds.reading" in run()
    file.write_text("defaults: {raw: 3 days}")
    monkeypatch.setenv("MEMBROKER_POLICIES", str(file))
    assert "3 days" in run()
