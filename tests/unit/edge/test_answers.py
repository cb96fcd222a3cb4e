"""edge/answers.py"""

import subprocess
import sys

import pytest

from edge.answers import FRESH, LOCAL, Answer, Freshness, known_until

LIGHT = "edge.answers, edge.working_set, edge.cache"


@pytest.mark.parametrize(
    ("freshness", "said"),
    [
        (FRESH, "fresh"),
        (LOCAL, "local only"),
        (Freshness("stale", 1_795_370_580.0), "stale since 2026-11-22 18:03 UTC"),
        (Freshness("stale"), "stale"),
    ],
)
def test_how_fresh_an_answer_is_can_be_read(freshness: Freshness, said: str) -> None:
    assert str(freshness) == said


def test_what_the_memory_never_told_is_local() -> None:
    assert known_until(None) is LOCAL
    assert known_until(0.0) == Freshness("stale", 0.0)
    assert Answer((), LOCAL).readings == ()


def test_what_is_needed_before_anything_is_asked_is_light() -> None:
    loaded = (
        f"import sys, {LIGHT}; print(*sorted({{'pydantic', 'asyncio', 'uuid', 'numpy'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
