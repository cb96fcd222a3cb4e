"""How findings are shown."""

from console.doctor import line_of
from console.findings import fail, ok


def test_a_finding_is_its_level_its_subject_and_what_was_found() -> None:
    assert line_of(ok("model", "is there")) == "ok    model     is there"


def test_the_next_step_stands_below() -> None:
    line = line_of(fail("broker", "away", "membroker up"))
    assert line == "FAIL  broker    away\n      → membroker up"
