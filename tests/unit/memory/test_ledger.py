"""memory/ledger.py"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from memory.ledger import ASKED_MAX, Entry, Ledger
from memory.records import Repeated
from memory.repeats import Standing

IDS = [str(uuid4()) for _ in range(3 * ASKED_MAX)]
SLOTS = [n.to_bytes(16, "big") for n in range(3 * ASKED_MAX)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.sqlite3")
    yield made
    made.close()


def stands(memory: str, *, seen: int = 1, span: int = 7) -> Standing:
    return Standing(memory, b"says", 21.5, span, seen, 1.5, 2.5, None)


def test_what_was_written_is_read_however_much_is_asked_for(ledger: Ledger) -> None:
    standings = {slot: stands(memory) for slot, memory in zip(SLOTS, IDS, strict=True)}
    merged = dict(zip(IDS[1:], IDS, strict=False))
    ledger.write(Entry(standings, merged), now=1.0)
    assert ledger.standings(SLOTS) == standings
    assert ledger.merged(IDS) == merged
    assert ledger.standings([b"another slot"]) == ledger.merged([str(uuid4())]) == {}


def test_the_last_in_a_slot_has_it(ledger: Ledger) -> None:
    ledger.write(Entry({SLOTS[0]: stands(IDS[0])}), now=1.0)
    ledger.write(Entry({SLOTS[0]: stands(IDS[1], seen=2)}), now=2.0)
    assert ledger.standings(SLOTS[:1]) == {SLOTS[0]: stands(IDS[1], seen=2)}


def test_what_the_store_was_not_told_is_known_until_it_was(ledger: Ledger) -> None:
    first, second = Repeated(IDS[0], 2, 1.0, 2.0, None), Repeated(IDS[1], 5, 1.0, 3.0, 9.0)
    ledger.write(Entry(repeats=[first, second]), now=1.0)
    assert sorted(ledger.untold(), key=lambda each: each.seen) == [first, second]
    more = Repeated(IDS[1], 6, 1.0, 4.0, 9.0)
    ledger.write(Entry(repeats=[more], told=[first, second]), now=2.0)
    assert ledger.untold() == [more]
    ledger.write(Entry(told=[second]), now=3.0)
    assert ledger.untold() == [more]  # it went on meanwhile


def test_nothing_is_counted_in_what_was_let_go(ledger: Ledger) -> None:
    ledger.write(Entry({SLOTS[0]: stands(IDS[0]), SLOTS[1]: stands(IDS[1])}, {IDS[2]: IDS[0]}), now=1.0)
    ledger.let_go([IDS[0]])
    assert ledger.standings(SLOTS[:2]) == {SLOTS[1]: stands(IDS[1])}
    assert ledger.merged(IDS[2:3]) == {IDS[2]: IDS[0]}


def test_the_old_is_pruned_step_by_step_and_what_stands_for_ever_stays(ledger: Ledger) -> None:
    old = {slot: stands(memory) for slot, memory in zip(SLOTS[:5], IDS, strict=False)}
    ledger.write(Entry(old | {SLOTS[5]: stands(IDS[5], span=0)}, {IDS[6]: IDS[0]}), now=1.0)
    ledger.write(Entry({SLOTS[7]: stands(IDS[7])}, {IDS[8]: IDS[0]}), now=10.0)
    assert ledger.prune(10.0, 10.0, 3) == 4
    assert ledger.prune(10.0, 10.0, 3) == 2
    assert ledger.prune(10.0, 10.0, 3) == 0
    assert set(ledger.standings(SLOTS[:9])) == {SLOTS[5], SLOTS[7]}
    assert set(ledger.merged(IDS[:9])) == {IDS[8]}


def test_a_change_by_another_is_seen(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write(Entry({SLOTS[0]: stands(IDS[0])}), now=1.0)
    before = ledger.version()
    ledger.write(Entry({SLOTS[1]: stands(IDS[1])}), now=1.0)
    assert ledger.version() == before
    another = Ledger(tmp_path / "ledger.sqlite3")
    another.let_go([IDS[0]])
    another.close()
    assert ledger.version() != before


def test_nothing_of_it_says_what_was_said(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write(Entry({SLOTS[0]: stands(IDS[0])}), now=1.0)
    ledger.copy_to(tmp_path / "copy.sqlite3")
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    columns = {name for _, name, kind, *_ in copy.execute("PRAGMA table_info(standings)") if kind == "TEXT"}
    assert columns == set()
    assert copy.execute("SELECT count(*) FROM standings").fetchone() == (1,)
    copy.close()
