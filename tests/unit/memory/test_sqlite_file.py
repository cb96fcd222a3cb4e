"""memory/sqlite_file.py"""

import sqlite3
from pathlib import Path

import pytest

from memory.errors import StoreError
from memory.sqlite_file import SqliteFile

SCHEMA = "CREATE TABLE IF NOT EXISTS notes (text TEXT)"


def notes(file: SqliteFile) -> list[str]:
    with file.reading() as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes")]


def note(file: SqliteFile, text: str) -> None:
    with file.writing() as connection:
        connection.execute("INSERT INTO notes VALUES (?)", (text,))


def test_it_is_made_at_its_first_use_and_opened_again_after_closing(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "new" / "notes.sqlite3", "the notes", SCHEMA)
    assert not (tmp_path / "new").exists()
    note(file, "one")
    file.close()
    file.close()
    assert notes(file) == ["one"]
    file.close()


def test_what_fails_part_way_is_not_written(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "notes.sqlite3", "the notes", SCHEMA)

    def write_two() -> None:
        with file.writing() as both:
            both.execute("INSERT INTO notes VALUES ('one')")
            both.execute("INSERT INTO letters VALUES ('two')")

    with pytest.raises(StoreError, match=r"the notes .*notes\.sqlite3 cannot be written"):
        write_two()
    assert notes(file) == []
    file.close()


def test_a_file_that_is_none_says_so_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "notes.sqlite3").write_bytes(b"no database, but long enough to be looked at" * 10)
    with pytest.raises(StoreError, match="cannot be read") as refused:
        notes(SqliteFile(tmp_path / "notes.sqlite3", "the notes", SCHEMA))
    assert "move it away" in refused.value.hint


def test_a_copy_is_whole_while_it_is_open(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "notes.sqlite3", "the notes", SCHEMA)
    note(file, "one")
    file.copy_to(tmp_path / "copy.sqlite3")
    note(file, "two")
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    assert copy.execute("SELECT text FROM notes").fetchall() == [("one",)]
    copy.close()
    file.close()
