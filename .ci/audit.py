"""Asks for known vulnerabilities of what requirements.lock pins. `make audit` runs it; it needs a network.

pip-audit has no offline mode, and where its service does not know a package it skips it and reports that
nothing was found. So what counts here is what was really looked up. Exit codes: 0 nothing known; 1 a
vulnerability; 2 not audited. It is no part of `make test`: no build should fail for want of a network.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
AUDIT_S_MAX = 300.0
COMMAND = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--no-deps", "--disable-pip", "-f", "json"]


def verdict(report: str) -> tuple[int, list[str]]:
    """The exit code and what to say of pip-audit's report, which is empty where it had no answer."""
    try:
        found: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 2, [
            "NOT AUDITED: the advisory service cannot be reached; run make audit where there is a network"
        ]
    skipped = [each["name"] for each in found if "skip_reason" in each]
    lines = [_of(each, vulnerability) for each in found for vulnerability in each.get("vulns", ())]
    if lines:
        return 1, lines
    if skipped or not found:
        unknown = f"{len(skipped)} of {len(found)} packages are unknown to the advisory service"
        return 2, [f"NOT AUDITED: {unknown}: {', '.join(skipped[:5])} …; is its index PyPI's own?"]
    return 0, [f"{len(found)} packages audited, no known vulnerability"]


def _of(package: dict[str, Any], vulnerability: dict[str, Any]) -> str:
    mended = ", ".join(vulnerability["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']}: {vulnerability['id']}, mended in {mended}"


def main() -> int:
    """Runs pip-audit, and says what it found."""
    try:
        ran = subprocess.run(  # noqa: S603 - our own command
            COMMAND, stdout=subprocess.PIPE, text=True, timeout=AUDIT_S_MAX, check=False
        )
        code, lines = verdict(ran.stdout)
    except subprocess.TimeoutExpired:
        code, lines = verdict("")
    print("\n".join(lines))  # noqa: T201 - a command's answer
    return code


if __name__ == "__main__":
    sys.exit(main())
