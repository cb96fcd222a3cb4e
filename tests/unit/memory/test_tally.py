"""memory/tally.py: a loss that the store itself does not notice is noticed."""

from pathlib import Path

import pytest

from memory.errors import StoreFailed
from memory.tally import FILE, Tally


def test_fewer_than_there_were_is_a_loss_and_its_next_step_is_said(tmp_path: Path) -> None:
    Tally(tmp_path).write(220)
    with pytest.raises(StoreFailed, match="has 111 memories and had 220") as lost:
        Tally(tmp_path).check(111)
    assert "membroker restore" in lost.value.hint
    assert str(tmp_path / FILE) in lost.value.hint


@pytest.mark.parametrize("points", [220, 221])
def test_as_many_or_more_is_none(tmp_path: Path, points: int) -> None:
    Tally(tmp_path).write(220)
    Tally(tmp_path).check(points)


@pytest.mark.parametrize("torn", [None, b"", b"2x", bytes(3)])
def test_what_says_nothing_proves_nothing(tmp_path: Path, torn: bytes | None) -> None:
    if torn is not None:
        (tmp_path / FILE).write_bytes(torn)
    Tally(tmp_path).check(0)
