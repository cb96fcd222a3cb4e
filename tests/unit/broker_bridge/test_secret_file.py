"""Secrets are written whole, for our eyes alone."""

import os
import stat
from pathlib import Path

import pytest

from broker_bridge.secret_file import write_secret


def test_it_is_readable_for_us_alone_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        write_secret(tmp_path / "accounts.json", "{}")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "accounts.json").stat().st_mode) == 0o600


def test_it_takes_the_place_of_what_was_there_and_of_what_a_crash_left(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text("old")
    (tmp_path / "accounts.part").write_text("half")
    write_secret(file, "new")
    assert file.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["accounts.json"]


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "accounts.json"
    write_secret(file, "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_secret(file, "new")
    assert file.read_text() == "old"
