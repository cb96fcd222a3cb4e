"""memory/sqlite_file.py"""

import sqlite3
from pathlib import Path

import pytest

from memory.errors import StoreError
from memory.sqlite_file import ROWS_MAX, SqliteFile, execute_for_all

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


@pytest.mark.parametrize("count", [0, 1, 2, 7, ROWS_MAX - 1, ROWS_MAX, ROWS_MAX + 1, 3 * ROWS_MAX + 5])
def test_a_statement_is_executed_for_each_row_once_and_in_their_order(tmp_path: Path, count: int) -> None:
    file = SqliteFile(tmp_path / "notes.sqlite3", "the notes", "CREATE TABLE IF NOT EXISTS notes (text, n)")
    rows = [(f"note {n}", n) for n in range(count)]
    with file.writing() as connection:
        execute_for_all(connection, "INSERT INTO notes VALUES {rows}", rows)
    with file.reading() as connection:
        assert connection.execute("SELECT text, n FROM notes ORDER BY rowid").fetchall() == rows
    file.close()


def test_many_rows_are_few_statements(tmp_path: Path) -> None:
    """Beside a busy loop each takes the interpreter's switch interval (5 ms): row by row, a minute."""
    file = SqliteFile(tmp_path / "notes.sqlite3", "the notes", SCHEMA)
    statements = 0

    def count(statement: str) -> None:
        nonlocal statements
        statements += statement.startswith("INSERT")

    with file.writing() as connection:
        connection.set_trace_callback(count)
        execute_for_all(connection, "INSERT INTO notes VALUES {rows}", [("n",)] * (8 * ROWS_MAX + 3))
        connection.set_trace_callback(None)
    assert statements == 8 + 2
    file.close()


def test_a_row_that_does_not_fit_leaves_none(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "notes.sqlite3", "the notes", "CREATE TABLE notes (text TEXT NOT NULL)")

    def write() -> None:
        with file.writing() as connection:
            execute_for_all(connection, "INSERT INTO notes VALUES {rows}", [("a",)] * ROWS_MAX + [(None,)])

    with pytest.raises(StoreError, match="NOT NULL"):
        write()
    assert notes(file) == []
    file.close()
