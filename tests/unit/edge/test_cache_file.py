"""edge/cache_file.py"""

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from edge.cache_file import CacheFile, NotErased

SCHEMA = "CREATE TABLE IF NOT EXISTS told (text TEXT)"


def opened(file: Path, version: int = 1) -> CacheFile:
    return CacheFile(file, SCHEMA, version)


def tell(file: CacheFile, text: str) -> bool:
    def work(connection: sqlite3.Connection) -> bool:
        connection.execute("INSERT INTO told VALUES (?)", (text,))
        return True

    return file.run(work, False)


def told(file: CacheFile) -> list[str]:
    return file.run(lambda kept: [text for (text,) in kept.execute("SELECT text FROM told")], [])


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "told").touch(0o644)
    file = opened(tmp_path / "told")
    assert tell(file, "a secret")
    modes = {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert (modes, len(list(tmp_path.iterdir()))) == ({0o600}, 3)
    file.close()


@pytest.mark.parametrize(
    "damage", [b"no database at all, but some text", b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_file_is_begun_anew_and_counted(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "told").write_bytes(damage)
    file = opened(tmp_path / "told")
    assert tell(file, "hello")
    assert (told(file), file.counts["begun_anew"]) == (["hello"], 1)
    file.close()


def test_a_page_torn_in_the_middle_of_its_life_is_begun_anew(tmp_path: Path) -> None:
    file = opened(tmp_path / "told")
    for n in range(200):
        tell(file, f"{n}" * 100)
    file.close()
    content = bytearray((tmp_path / "told").read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    (tmp_path / "told").write_bytes(content)
    assert told(file) == []
    assert tell(file, "hello")
    assert (told(file), file.counts["begun_anew"]) == (["hello"], 1)
    file.close()


def test_a_file_of_another_version_or_of_others_is_begun_anew(tmp_path: Path) -> None:
    older = opened(tmp_path / "told", version=1)
    tell(older, "old")
    older.close()
    file = opened(tmp_path / "told", version=2)
    assert (told(file), file.counts["begun_anew"]) == ([], 1)
    file.close()


def test_without_a_disk_one_goes_on_without(tmp_path: Path) -> None:
    (tmp_path / "no folder").write_text("a file stands in the way")
    file = opened(tmp_path / "no folder" / "told")
    assert not tell(file, "hello")
    assert (told(file), file.counts["away"]) == ([], 2)
    with pytest.raises(NotErased, match="delete it by hand"):
        file.erase(lambda _: None)
    (tmp_path / "no folder").unlink()
    assert tell(file, "hello")
    file.close()


def full(file: CacheFile) -> None:
    """As on a full disk: SQLite may not take another page."""
    file.run(lambda kept: kept.execute("PRAGMA max_page_count=1").fetchall(), [])


def test_a_full_disk_keeps_what_is_there_and_takes_no_more(tmp_path: Path) -> None:
    file = opened(tmp_path / "told")
    tell(file, "hello")
    full(file)
    assert not tell(file, "x" * 100_000)
    assert (told(file), file.counts["away"]) == (["hello"], 1)
    file.close()


def test_what_cannot_be_deleted_from_the_file_goes_with_it(tmp_path: Path) -> None:
    file = opened(tmp_path / "told")
    tell(file, "a secret")

    def refused(kept: sqlite3.Connection) -> None:
        kept.execute("PRAGMA query_only=ON")
        kept.execute("DELETE FROM told")

    file.erase(refused)
    assert b"a secret" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert (told(file), file.counts["begun_anew"]) == ([], 1)
    file.close()


def test_somebody_who_reads_along_does_not_keep_what_is_erased(tmp_path: Path) -> None:
    file = opened(tmp_path / "told")
    tell(file, "a secret")
    reader = sqlite3.connect(tmp_path / "told", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM told").fetchall()
    file.erase(lambda kept: kept.execute("DELETE FROM told") and None)
    assert b"a secret" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    reader.close()
    file.close()
