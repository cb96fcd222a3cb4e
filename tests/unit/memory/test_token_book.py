"""memory/token_book.py"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.errors import StoreError
from memory.token_book import TokenBook, day_of

TODAY, TOMORROW = "2026-11-22", "2026-11-23"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.sqlite3"


@pytest.fixture
def book(file: Path) -> Iterator[TokenBook]:
    made = TokenBook(file)
    yield made
    made.close()


def test_no_more_is_taken_than_there_is(book: TokenBook) -> None:
    assert book.take("acme", TODAY, 60, 100)
    assert not book.take("acme", TODAY, 41, 100)
    assert book.take("acme", TODAY, 40, 100)
    assert book.spent("acme", TODAY) == 100


@pytest.mark.parametrize(("tokens", "most"), [(101, 100), (1, 0)])
def test_nor_at_first(book: TokenBook, tokens: int, most: int) -> None:
    assert not book.take("acme", TODAY, tokens, most)
    assert book.spent("acme", TODAY) == 0


def test_what_it_did_not_cost_is_given_back_and_what_it_cost_more_is_counted(book: TokenBook) -> None:
    book.take("acme", TODAY, 60, 100)
    book.correct("acme", TODAY, -50)
    assert book.spent("acme", TODAY) == 10
    book.correct("acme", TODAY, 200)
    assert not book.take("acme", TODAY, 1, 100)


def test_tenants_and_days_are_apart(book: TokenBook) -> None:
    book.take("acme", TODAY, 100, 100)
    assert book.take("else", TODAY, 100, 100)
    assert book.take("acme", TOMORROW, 100, 100)
    assert book.spent("acme", TODAY) == 0, "what is past is not kept"
    book.correct("acme", TODAY, -100)
    assert book.spent("acme", TOMORROW) == 100, "midnight passed while it was asked"


def test_a_restart_begins_no_new_day(book: TokenBook, file: Path) -> None:
    book.take("acme", TODAY, 100, 100)
    book.close()
    again = TokenBook(file)
    assert not again.take("acme", TODAY, 1, 100)
    again.close()


def test_a_file_that_cannot_be_written_is_a_fault_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "tokens.sqlite3").mkdir()
    with pytest.raises(StoreError, match="the book of spent tokens"):
        TokenBook(tmp_path / "tokens.sqlite3").take("acme", TODAY, 1, 100)


def test_days_are_utc() -> None:
    assert day_of(0.0) == "1970-01-01"
    assert day_of(86_399.9) == "1970-01-01"
    assert day_of(86_400.0) == "1970-01-02"
