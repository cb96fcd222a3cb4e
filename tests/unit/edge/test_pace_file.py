"""The budget over restarts; times are given."""

from pathlib import Path

import pytest

from edge.pace_file import FILE, PaceFile
from edge.pacing import Pace, Priority

SIZE = 600
ABSURD = '{"boot": "boot-1", "now_s": 99, "rest_s": 1e300, "minutes": [[99999999, 1000]]}'
ENDLESS = '{"boot": "boot-1", "now_s": 99, "rest_s": 0, "minutes": [[1, 1000]], "x": "' + "x" * 10_000 + '"}'


def run(folder: Path, *, boot: str = "boot-1") -> tuple[Pace, PaceFile]:
    pace = Pace(bytes_per_hour=1000)
    file = PaceFile(folder, pace)
    file.load(boot, 100.0)
    return pace, file


def may_go(pace: Pace, size: int, priority: Priority, now_s: float) -> bool:
    return pace.when(size, priority, now_s) <= now_s


@pytest.mark.parametrize("boot", ["boot-1", "boot-2"])
def test_what_was_spent_is_spent_after_a_restart_too(tmp_path: Path, boot: str) -> None:
    pace, file = run(tmp_path)
    assert may_go(pace, SIZE, Priority.NORMAL, 100.0)
    pace.spent(SIZE, Priority.NORMAL, 100.0)
    file.keep("boot-1", 100.0)
    again, _ = run(tmp_path, boot=boot)
    assert not may_go(again, SIZE, Priority.NORMAL, 100.0)


def test_it_is_written_where_more_was_spent_and_not_without_a_budget(tmp_path: Path) -> None:
    pace, file = run(tmp_path)
    file.keep("boot-1", 100.0)
    assert not (tmp_path / FILE).exists()
    pace.spent(SIZE, Priority.NORMAL, 101.0)
    file.keep("boot-1", 101.0)
    first = (tmp_path / FILE).read_text()
    file.keep("boot-1", 102.0)
    assert (tmp_path / FILE).read_text() == first
    unbound = Pace()
    unbound.spent(SIZE, Priority.NORMAL, 103.0)
    PaceFile(tmp_path, unbound).keep("boot-1", 103.0)
    assert (tmp_path / FILE).read_text() == first


@pytest.mark.parametrize("nonsense", ["", "{", "[]", '{"boot": 1}', ABSURD, ENDLESS, "[" * 4000])
def test_a_file_that_cannot_be_read_is_done_without(tmp_path: Path, nonsense: str) -> None:
    (tmp_path / FILE).write_text(nonsense)
    pace, _ = run(tmp_path)
    assert may_go(pace, SIZE, Priority.NORMAL, 100.0)


def test_a_folder_that_takes_no_file_harms_nothing(tmp_path: Path) -> None:
    pace, file = run(tmp_path / "nowhere")
    pace.spent(1, Priority.NORMAL, 100.0)
    file.keep("boot-1", 100.0)
    assert may_go(pace, SIZE, Priority.NORMAL, 100.0)
    assert file.counts == {"budget_not_kept": 1}
