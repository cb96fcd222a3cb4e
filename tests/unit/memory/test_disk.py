"""A file and its name, brought to the disk."""

import os
from pathlib import Path

import pytest

from memory.disk import copy_tree, sync, write_synced


def test_a_file_and_a_directory_are_synced_and_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "letters"
    file.write_text("kept")
    synced: list[int] = []
    let_go: list[int] = []
    close = os.close
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    monkeypatch.setattr(os, "close", lambda descriptor: (let_go.append(descriptor), close(descriptor)))
    sync(file)
    sync(tmp_path)
    assert synced == [file.stat().st_ino, tmp_path.stat().st_ino]
    assert len(let_go) == 2


def test_what_is_written_is_on_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    file = tmp_path / "current"
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(file.read_text()))
    write_synced(file, "g2")
    assert synced == ["g2"]


@pytest.mark.parametrize("ends_in_a_hole", [True, False])
def test_a_folder_is_copied_with_its_holes(tmp_path: Path, *, ends_in_a_hole: bool) -> None:
    (tmp_path / "from" / "below").mkdir(parents=True)
    file = tmp_path / "from" / "below" / "mapped"
    with file.open("wb") as out:
        out.write(b"begin")
        out.seek(50_000_001)
        out.write(b"" if ends_in_a_hole else b"end")
        out.truncate(50_000_001 if ends_in_a_hole else None)
    file.chmod(0o600)
    copy_tree(tmp_path / "from", tmp_path / "to")
    copied = tmp_path / "to" / "below" / "mapped"
    assert copied.read_bytes() == file.read_bytes()
    assert copied.stat().st_blocks * 512 < 1_000_000
    assert copied.stat().st_mode == file.stat().st_mode


def test_a_disk_that_fails_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        sync(tmp_path)
