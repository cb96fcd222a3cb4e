"""A budget over the deaths of its process; each pace here is of another one."""

import logging
from pathlib import Path

import pytest

from edge.lasting_pace import FILE, LastingPace
from edge.pacing import LOW_SHARE, Priority

BOOT = "boot-1"
BUDGET = 1000
LOW = int(BUDGET * LOW_SHARE)


def pace_of(folder: Path, now_s: float, boot: str = BOOT) -> LastingPace:
    return LastingPace(folder, boot, now_s, rate_per_s=None, burst=10, bytes_per_hour=BUDGET)


def test_a_process_that_comes_back_has_what_is_left(tmp_path: Path) -> None:
    pace_of(tmp_path, 0.0).spent(LOW - 100, Priority.LOW, 0.0)
    pace = pace_of(tmp_path, 10.0)
    assert pace.allow(100, Priority.LOW, 10.0)
    assert not pace.allow(101, Priority.LOW, 10.0)
    pace.spent(100, Priority.LOW, 10.0)
    again = pace_of(tmp_path, 20.0)
    assert not again.allow(1, Priority.LOW, 20.0)
    assert again.allow(LOW, Priority.LOW, 3700.0), "the hour is over"


def test_another_boot_renews_it_no_more_than_a_death(tmp_path: Path) -> None:
    pace_of(tmp_path, 5000.0).spent(LOW, Priority.LOW, 5000.0)
    assert not pace_of(tmp_path, 3.0, "boot-2").allow(1, Priority.LOW, 3.0)


@pytest.mark.parametrize("there", [b"", b"\xc1", b"torn", b"\x81\xa4boot\xa6boot-1", b"\x90"])
def test_what_cannot_be_read_begins_anew_and_says_so(
    tmp_path: Path, there: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(there)
    with caplog.at_level(logging.WARNING):
        pace = pace_of(tmp_path, 0.0)
    assert "begins anew" in caplog.text
    assert pace.allow(LOW, Priority.LOW, 0.0)
    pace.spent(LOW, Priority.LOW, 0.0)
    assert not pace_of(tmp_path, 1.0).allow(1, Priority.LOW, 1.0)


def test_a_disk_that_does_not_take_it_is_counted_and_costs_nothing_else(tmp_path: Path) -> None:
    pace = pace_of(tmp_path / "away", 0.0)
    pace.spent(LOW, Priority.LOW, 0.0)
    assert pace.counts["budget_not_kept"] == 1
    assert not pace.allow(1, Priority.LOW, 0.0)
