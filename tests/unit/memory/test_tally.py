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


def test_an_earlier_versions_number_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("220")
    with pytest.raises(StoreFailed, match="has 111 memories and had 220"):
        Tally(tmp_path).check(111)
    assert Tally(tmp_path).removed == 0


def test_what_is_removed_is_no_loss_at_any_moment(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    tally.write(3_000)
    there = 3_000
    for _ in range(40):
        tally.remove(64, there)
        there -= 64
        Tally(tmp_path).check(there)  # as the next start would, after a kill right now


def test_what_more_is_lost_than_was_removed_is_missed(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    tally.write(10_000)
    tally.remove(64, 10_000)
    tally.write(9_936)
    with pytest.raises(StoreFailed, match="has 9000 memories and had 9936"):
        Tally(tmp_path).check(9_000)


def test_not_every_removal_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def write_synced(file: Path, text: str) -> None:
        written.append(text)
        file.write_text(text)

    monkeypatch.setattr("memory.tally.write_synced", write_synced)
    tally = Tally(tmp_path)
    tally.write(10_000)
    for turn in range(16):
        tally.remove(64, 10_000 - 64 * turn)
    assert len(written) == 1


def test_how_many_were_removed_is_known_after_a_restart(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    tally.write(1_000)
    tally.remove(100, 1_000)
    tally.write(900)
    assert Tally(tmp_path).removed == 100
