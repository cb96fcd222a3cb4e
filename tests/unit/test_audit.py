"""The audit never says that all is well when nothing was looked up."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

verdict = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "audit.py"))["verdict"]

CLEAN = {"name": "paho-mqtt", "version": "2.2.0", "vulns": []}
SICK = {"name": "rich", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "anyio", "skip_reason": "Dependency not found on PyPI and could not be audited"}


def judged(*dependencies: dict[str, Any]) -> tuple[int, str]:
    code, lines = verdict(json.dumps({"dependencies": dependencies, "fixes": []}))
    return code, "\n".join(lines)


def test_what_was_looked_up_and_is_clean() -> None:
    assert judged(CLEAN) == (0, "1 packages audited, no known vulnerability")


def test_a_vulnerability_is_named_with_the_version_that_mends_it() -> None:
    assert judged(CLEAN, SICK, UNKNOWN) == (1, "rich 1.0: PYSEC-1, mended in 1.1")


@pytest.mark.parametrize("dependencies", [[UNKNOWN], [CLEAN, UNKNOWN], []])
def test_what_was_not_looked_up_is_not_audited(dependencies: list[dict[str, Any]]) -> None:
    code, said = judged(*dependencies)
    assert code == 2
    assert said.startswith("NOT AUDITED: ")


@pytest.mark.parametrize("report", ["", "Traceback", "[]", "{}"])
def test_no_answer_is_no_audit(report: str) -> None:
    code, lines = verdict(report)
    assert code == 2
    assert "make audit where there is a network" in lines[0]
