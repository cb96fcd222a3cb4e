"""memory/ledger.py"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from memory.ledger import ASKED_MAX, Entry, Ledger
from memory.portions import Arrivals, Pace, Portion
from memory.records import Repeated
from memory.repeats import Standing

IDS = [str(uuid4()) for _ in range(3 * ASKED_MAX)]
SLOTS = [n.to_bytes(16, "big") for n in range(3 * ASKED_MAX)]

FAR = 4e9


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.sqlite3")
    yield made
    made.close()


def stands(memory: str, *, seen: int = 1, span: int = 7) -> Standing:
    return Standing(memory, b"says", 21.5, span, seen, 1.5, 2.5, None)


def test_what_was_written_is_read_however_much_is_asked_for(ledger: Ledger) -> None:
    standings = {slot: stands(memory) for slot, memory in zip(SLOTS, IDS, strict=True)}
    merged = dict(zip(IDS[1::2], IDS[::2], strict=True))
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


def test_what_is_looked_up_waits_for_no_write(ledger: Ledger) -> None:
    ledger.write(Entry({SLOTS[0]: stands(IDS[0])}, {IDS[1]: IDS[0]}), now=1.0)
    with ledger._sqlite.writing() as connection:
        connection.execute("DELETE FROM standings")
        assert ledger.standings(SLOTS[:1]) == {SLOTS[0]: stands(IDS[0])}
        assert ledger.merged(IDS[1:2]) == {IDS[1]: IDS[0]}
        assert ledger.version() == 0
    assert ledger.standings(SLOTS[:1]) == {}


def test_nothing_of_it_says_what_was_said(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write(Entry({SLOTS[0]: stands(IDS[0])}), now=1.0)
    ledger.copy_to(tmp_path / "copy.sqlite3")
    copy = sqlite3.connect(tmp_path / "copy.sqlite3")
    columns = {name for _, name, kind, *_ in copy.execute("PRAGMA table_info(standings)") if kind == "TEXT"}
    assert columns == set()
    assert copy.execute("SELECT count(*) FROM standings").fetchone() == (1,)
    copy.close()


def test_what_was_counted_in_a_reading_that_was_thinned_is_in_its_summary(ledger: Ledger) -> None:
    repeat, reading, summary = IDS[:3]
    ledger.write(Entry(merged={repeat: reading}), now=1.0)
    assert ledger.merged([repeat]) == {repeat: reading}
    ledger.write(Entry(merged={reading: summary}), now=2.0)
    assert ledger.merged([repeat, reading]) == {repeat: summary, reading: summary}


def test_what_a_summary_counts_is_known_once_it_is_that_summary(ledger: Ledger) -> None:
    ledger.write(Entry(counted={IDS[0]: 2, IDS[1]: 1}, counted_at=10.0), now=1.0)
    ledger.count({IDS[0]: 3, IDS[2]: 1}, 20.0, now=1.0)
    assert ledger.counted(IDS, 9.0) == {}
    assert ledger.counted(IDS, 10.0) == {IDS[0]: 2, IDS[1]: 1}
    assert ledger.counted(IDS, 20.0) == {IDS[0]: 3, IDS[1]: 1, IDS[2]: 1}
    ledger.uncount(IDS[:1])
    assert ledger.counted(IDS, 20.0) == {IDS[1]: 1, IDS[2]: 1}
    assert ledger.prune(0.0, 2.0, 9) == 2
    assert ledger.counted(IDS, 20.0) == {}


DAY, TALK = Portion("acme", "home7", "day", 86_400), Portion("acme", "home7", "session", session="s1")
PACE = Pace()


def test_due_is_what_may_be_ripe_and_what_came_longest_ago_first(ledger: Ledger) -> None:
    end = 2 * 86_400.0
    ledger.write(Entry(arrivals={TALK: Arrivals(1, 9.0, 9.0), DAY: Arrivals(2, 5.0, 8.0)}), now=9.0)
    assert ledger.due(9.0 + PACE.silence_s - 1, PACE, 9) == {}
    assert list(ledger.due(9.0 + PACE.silence_s, PACE, 9)) == [TALK]
    assert list(ledger.due(end + PACE.grace_s - 1, PACE, 9)) == [TALK]
    assert list(ledger.due(end + PACE.grace_s, PACE, 9)) == [DAY, TALK]
    assert list(ledger.due(end + PACE.grace_s, PACE, 1)) == [DAY]
    assert ledger.due_count() == 2


def test_texts_of_a_tenant_are_looked_at_alone_or_not_at_all(ledger: Ledger) -> None:
    hour = Portion("acme", "home7", "hour", 0, device="d1", attribute="warmth")
    others, odd = Portion("other", "home7", "day", 0), Portion("acme", "e", "session", session='",null,"x')
    due = [hour, DAY, TALK, odd, others]
    ledger.write(Entry(arrivals=dict.fromkeys(due, Arrivals(1, 0.0, 0.0))), now=9.0)
    assert set(ledger.due(FAR, PACE, 9, texts_of="acme")) == {DAY, TALK, odd}
    assert set(ledger.due(FAR, PACE, 9, but_texts_of={"acme"})) == {hour, others}
    assert set(ledger.due(FAR, PACE, 9, but_texts_of={"acme", "other", "third"})) == {hour}
    assert set(ledger.due(FAR, PACE, 9)) == {*due}


def test_of_what_goes_on_it_is_due_by_count_and_age(ledger: Ledger) -> None:
    now = 9e6
    ledger.write(Entry(arrivals={TALK: Arrivals(PACE.count - 1, now, now)}), now=now)
    assert ledger.due(now, PACE, 9) == {}
    ledger.write(Entry(arrivals={TALK: Arrivals(1, now, now), DAY: Arrivals(PACE.count, now, now)}), now=now)
    assert ledger.due(now, PACE, 9) == {TALK: Arrivals(PACE.count, now, now)}
    ledger.write(Entry(arrivals={DAY: Arrivals(1, now - PACE.age_s, now)}), now=now)
    assert set(ledger.due(now, PACE, 9)) == {TALK, DAY}


def test_what_came_while_it_was_condensed_stays_due(ledger: Ledger) -> None:
    ledger.write(Entry(arrivals={DAY: Arrivals(3, 5.0, 8.0)}), now=9.0)
    came = ledger.due(FAR, PACE, 9)[DAY]
    ledger.write(Entry(arrivals={DAY: Arrivals(1, 9.0, 9.0)}), now=9.0)
    ledger.condensed(DAY, came)
    assert ledger.due(FAR, PACE, 9) == {DAY: Arrivals(1, 9.0, 9.0)}
    ledger.condensed(DAY, Arrivals(1, 9.0, 9.0))
    assert ledger.due(FAR, PACE, 9) == {}


def test_whose_memories_changed_is_known_until_it_is_told(ledger: Ledger) -> None:
    ana = ("acme", "home7/ana")
    ledger.write(Entry(changed=[ana]), now=1.0)
    ledger.write(Entry(changed=[ana]), now=5.0)
    assert ledger.changed(0.5, 9) == []
    assert ledger.changed(1.0, 9) == [(ana, 5.0)]
    ledger.settled(ana, 1.0)
    assert ledger.changed(1.0, 9) == [(ana, 5.0)]
    ledger.settled(ana, 5.0)
    assert ledger.changed(FAR, 9) == []


def test_how_far_something_was_looked_through_is_remembered(ledger: Ledger) -> None:
    assert ledger.looked_through("all") is None
    for after in (IDS[0], ""):
        ledger.look_further("all", after)
        assert ledger.looked_through("all") == after
