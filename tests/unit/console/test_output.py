"""How verbs speak."""

import json

import pytest

from console.output import moment, print_json, say


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "1970-01-01 00:00:00Z"),
        (1_767_225_599.9, "2025-12-31 23:59:59Z"),
        (1_782_864_000, "2026-07-01 00:00:00Z"),
    ],
)
def test_a_moment_is_utc_to_the_second(at: float, said: str) -> None:
    assert moment(at) == said


def test_json_is_one_line_and_keeps_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "Käse\n"})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "Käse" in out
    assert json.loads(out) == {"text": "Käse\n"}


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("fetching")
    assert capsys.readouterr() == ("", "fetching\n")
