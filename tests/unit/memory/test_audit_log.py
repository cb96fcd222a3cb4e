"""memory/audit_log.py"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from memory.audit_log import AuditLog, Deed
from memory.errors import StoreError
from memory.records import Scope

HOME = Scope("acme", "home7")
IDS = [str(uuid4()) for _ in range(3)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    made = AuditLog(tmp_path / "audit.sqlite3")
    yield made
    made.close()


def deed(at: float, entity: str = "home7", *, tenant: str = "acme") -> Deed:
    return Deed(at, tenant, entity, "kiosk-1", "recalled", IDS)


def times(log: AuditLog, scope: Scope, since: float | None = None, until: float | None = None) -> list[float]:
    return [each.at for each in log.read(scope, since, until, 100)]


def test_a_deed_comes_back_as_it_was_written(log: AuditLog) -> None:
    written = Deed(12.5, "acme", "home7", "kiosk-1", "forgot", IDS)
    log.write([written])
    assert log.read(HOME, None, None, 10) == [written]
    log.write([Deed(13.0, "acme", "home7", "kiosk-1", "recalled")])
    assert log.read(HOME, None, None, 1)[0].memories == []


def test_newest_first_and_of_one_instant_the_last_written(log: AuditLog) -> None:
    log.write([deed(2), deed(1), deed(3)])
    log.write([Deed(3, "acme", "home7", "phone", "forgot")])
    assert times(log, HOME) == [3, 3, 2, 1]
    assert log.read(HOME, None, None, 1)[0].client == "phone"


def test_since_and_until_include_their_instant(log: AuditLog) -> None:
    log.write([deed(at) for at in (1, 2, 3, 4)])
    assert times(log, HOME, since=2, until=3) == [3, 2]


def test_a_scope_shows_its_own_and_no_others(log: AuditLog) -> None:
    places = ["home7", "home7/ana", "home7/ana/phone", "home70", "home7.x", "home"]
    log.write([deed(number, place) for number, place in enumerate(places)])
    log.write([deed(9, tenant="other"), deed(9, "home7/ana", tenant="other")])
    assert times(log, HOME) == [0]
    assert times(log, Scope("acme", "home7", below=True)) == [2, 1, 0]
    assert times(log, Scope("acme", "home7/ana", below=True)) == [2, 1]


def test_what_is_written_is_there_for_the_next_process(log: AuditLog, tmp_path: Path) -> None:
    log.write([deed(1)])
    other = AuditLog(tmp_path / "audit.sqlite3")
    other.write([deed(2)])
    assert times(log, HOME) == times(other, HOME) == [2, 1]
    other.close()


def test_nothing_written_can_be_changed(log: AuditLog, tmp_path: Path) -> None:
    log.write([deed(1)])
    connection = sqlite3.connect(tmp_path / "audit.sqlite3")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("UPDATE deeds SET client = 'somebody else'")
    connection.close()


def test_pruning_drops_the_oldest_before_an_instant_a_few_at_a_time(log: AuditLog) -> None:
    log.write([deed(at) for at in (5, 1, 4, 2, 3)])
    assert log.prune(before=4, limit=2) == 2
    assert times(log, HOME) == [5, 4, 3]
    assert log.prune(before=4, limit=2) == 1
    assert log.prune(before=4, limit=2) == 0
    assert times(log, HOME) == [5, 4]


def test_a_copy_holds_what_was_written(log: AuditLog, tmp_path: Path) -> None:
    log.write([deed(1)])
    log.copy_to(tmp_path / "copy.sqlite3")
    log.write([deed(2)])
    copy = AuditLog(tmp_path / "copy.sqlite3")
    assert times(copy, HOME) == [1]
    copy.close()


def test_a_file_that_is_no_log_says_so(tmp_path: Path) -> None:
    (tmp_path / "audit.sqlite3").write_bytes(b"no database, but long enough to be looked at" * 10)
    log = AuditLog(tmp_path / "audit.sqlite3")
    for use in (lambda: log.write([deed(1)]), lambda: times(log, HOME)):
        with pytest.raises(StoreError, match=r"audit\.sqlite3 cannot be (written|read)") as refused:
            use()
        assert "move it away" in refused.value.hint


def test_a_look_back_holds_up_no_writing(log: AuditLog) -> None:
    log.write([deed(1)])
    with log._looking_back.reading():
        log.write([deed(2)])  # would wait for ever, were it one lock
    assert times(log, HOME) == [2, 1]
