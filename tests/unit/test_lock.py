"""requirements.lock pins all that a container installs, and what these tests run with."""

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text())
}


def needed(requirement: Requirement, found: dict[str, str]) -> dict[str, str]:
    """Everything that a requirement installs here, by name; and its version."""
    name = canonicalize_name(requirement.name)
    key = f"{name}{sorted(requirement.extras)}"
    if key in found:
        return found
    distribution = metadata.distribution(name)
    found[key] = distribution.version
    for each in map(Requirement, distribution.requires or ()):
        extras = requirement.extras or {""}
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
            needed(each, found)
    return found


def test_every_line_is_a_pin() -> None:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line[:1] != "#"]
    assert len(lines) == len(PINS)


def test_all_that_the_container_installs_is_pinned_at_the_version_that_was_tested() -> None:
    installed = {
        key.split("[")[0]: version
        for key, version in needed(Requirement("membroker[server,llm]"), {}).items()
    }
    ours = installed.pop("membroker")
    assert ours
    assert len(installed) > 30
    assert {name: PINS.get(name) for name in installed} == installed


def test_the_container_installs_by_it() -> None:
    assert "pip install --constraint requirements.lock '.[server,llm]'" in (ROOT / "Dockerfile").read_text()
