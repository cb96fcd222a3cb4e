"""edge/outbox.py. What it does when the disk is away or broken: test_outbox_disk.py."""

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Boot, Moment
from edge.entry import bytes_of
from edge.observed import size
from edge.outbox import Outbox, OutboxTaken, Put, Refused
from tests.unit.edge.entries import EVERYTHING, an_entry, ids

KITCHEN = "home7/kitchen"


def left(outbox: Outbox) -> list[object]:
    return ids(outbox.waiting(EVERYTHING, EVERYTHING))


def test_what_was_put_is_there_after_a_new_start_as_it_was_put(tmp_path: Path) -> None:
    entries = [an_entry("a"), an_entry(2**63 - 1, text="é" * 300), an_entry(entity="home8")]
    with Outbox(tmp_path) as outbox:
        assert outbox.put(entries) == Put(volatile=0, dropped=())
    with Outbox(tmp_path) as outbox:
        assert outbox.waiting(9, EVERYTHING) == [replace(each, n=n) for n, each in enumerate(entries, 1)]
        assert (outbox.count, outbox.bytes) == (3, sum(map(bytes_of, entries)))


def test_the_most_urgent_wait_first_and_of_those_the_oldest(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("low", 0.1), an_entry("normal", 0.5), an_entry("alarm", 0.8)])
        outbox.put([an_entry("worse", 1), an_entry("reading", 0.3), an_entry("nothing", 0)])
        assert left(outbox) == ["alarm", "worse", "normal", "reading", "low", "nothing"]
        assert ids(outbox.waiting(2, EVERYTHING)) == ["alarm", "worse"]
        assert outbox.waiting(0, EVERYTHING) == []


def test_as_many_wait_as_fit_in_the_bytes_but_one_at_least(tmp_path: Path) -> None:
    entries = [an_entry(n) for n in range(4)]
    each_bytes = size(entries[0].fields)
    with Outbox(tmp_path) as outbox:
        outbox.put(entries)
        fitting = [
            len(outbox.waiting(9, bytes_max))
            for bytes_max in (1, each_bytes, 2 * each_bytes - 1, 2 * each_bytes)
        ]
    assert fitting == [1, 1, 1, 2]


def test_what_is_on_its_way_is_left_out(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry(n) for n in range(5)])
        under_way = {each.n for each in outbox.waiting(3, EVERYTHING)}
        assert ids(outbox.waiting(9, EVERYTHING, except_for=under_way)) == [3, 4]


def test_a_receipt_takes_out_what_it_is_of_and_nothing_else(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry(5), an_entry("5"), an_entry(5, entity="home8"), an_entry(6)])
        assert outbox.settle(KITCHEN, [5, "unknown"]) == 1
        assert outbox.settle(KITCHEN, [5]) == 0
        assert left(outbox) == ["5", 5, 6]
        assert outbox.count == 3
    with Outbox(tmp_path) as outbox:
        assert left(outbox) == ["5", 5, 6]


def test_the_same_id_of_the_same_entity_waits_once(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a", text="first"), an_entry("a", text="second")])
        outbox.put([an_entry("a", text="third")])
        assert [each.fields["t"] for each in outbox.waiting(9, EVERYTHING)] == ["first"]
        assert (outbox.count, outbox.counts["repeated"]) == (1, 2)


def test_numbers_are_never_given_twice_in_one_run(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a"), an_entry("b")])
        outbox.settle(KITCHEN, ["a", "b"])
        outbox.put([an_entry("c")])
        assert [each.n for each in outbox.waiting(9, EVERYTHING)] == [3]


def test_too_many_drop_the_oldest_of_the_least_important(tmp_path: Path) -> None:
    with Outbox(tmp_path, count_max=3) as outbox:
        outbox.put([an_entry("a", 0.5), an_entry("b", 0.2), an_entry("c", 0.2)])
        dropped = outbox.put([an_entry("d", 0.9), an_entry("e", 0.5)]).dropped
        assert [(each.entry.id, each.reason) for each in dropped] == [("b", "count"), ("c", "count")]
        assert left(outbox) == ["d", "a", "e"]
        assert outbox.count == 3


def test_the_new_one_itself_is_dropped_where_it_is_the_least_important(tmp_path: Path) -> None:
    with Outbox(tmp_path, count_max=1) as outbox:
        outbox.put([an_entry("a", 0.5)])
        [dropped] = outbox.put([an_entry("b", 0.4)]).dropped
        assert (dropped.entry.id, left(outbox)) == ("b", ["a"])
        [dropped] = outbox.put([an_entry("c", 0.5)]).dropped
        assert (dropped.entry.id, left(outbox)) == ("a", ["c"])


def test_too_many_bytes_drop_as_many_as_need_be(tmp_path: Path) -> None:
    small = an_entry("a")
    with Outbox(tmp_path, bytes_max=3 * bytes_of(small)) as outbox:
        outbox.put([small, an_entry("b"), an_entry("c")])
        dropped = outbox.put([an_entry("d", text="x" * 150)]).dropped
        assert [(each.entry.id, each.reason) for each in dropped] == [("a", "bytes"), ("b", "bytes")]
        assert outbox.bytes <= 3 * bytes_of(small)


def test_drops_are_counted_over_all_starts(tmp_path: Path) -> None:
    for _ in range(2):
        with Outbox(tmp_path, count_max=1) as outbox:
            outbox.put([an_entry(), an_entry()])
    with Outbox(tmp_path) as outbox:
        assert outbox.counts["dropped_for_count"] == 3
        assert outbox.counts["dropped_bytes"] == 3 * size(an_entry().fields)


@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.2, 0.3, 0.5, 0.8, 1.0]), max_size=6), max_size=8),
    st.integers(1, 8),
)
def test_whatever_is_put_the_most_important_and_newest_are_left(
    tmp_path_factory: pytest.TempPathFactory, puts: list[list[float]], count_max: int
) -> None:
    kept: list[tuple[float, int]] = []
    dropped = 0
    with Outbox(tmp_path_factory.mktemp("outbox"), count_max=count_max) as outbox:
        for importances in puts:
            start = outbox.counts["put"]
            entries = [an_entry(start + k, importance) for k, importance in enumerate(importances)]
            dropped += len(outbox.put(entries).dropped)
            kept = sorted(kept + [(each.importance, int(each.id)) for each in entries])[-count_max:]
        assert sorted((each.importance, each.id) for each in outbox.waiting(99, EVERYTHING)) == kept
        assert outbox.count == len(kept)
        assert dropped == outbox.counts["dropped_for_count"] == outbox.counts["put"] - len(kept)


def test_what_is_refused_goes_and_why_is_kept(tmp_path: Path) -> None:
    why = Refused("a", KITCHEN, "entity_full", "forget some")
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry("a"), an_entry("b")])
        assert outbox.refused([why, Refused("unknown", KITCHEN, "invalid", "h")]) == 1
        assert left(outbox) == ["b"]
    with Outbox(tmp_path) as outbox:
        assert (outbox.refusals, outbox.counts) == ([why], {"refused_entity_full": 1})
        assert left(outbox) == ["b"]


def test_the_last_hundred_refusals_are_kept(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry(n) for n in range(120)])
        outbox.refused([Refused(n, KITCHEN, "invalid", "h") for n in range(120)])
        assert [each.id for each in outbox.refusals] == list(range(20, 120))
    with Outbox(tmp_path) as outbox:
        assert [each.id for each in outbox.refusals] == list(range(20, 120))
        assert outbox.counts["refused_invalid"] == 120


def test_what_was_put_before_the_time_was_known_is_dated_for_good(tmp_path: Path) -> None:
    undated = [an_entry("a", moment=Moment(None, "one", 5.0)), an_entry("b", moment=Moment(None, "two", 6.0))]
    with Outbox(tmp_path) as outbox:
        outbox.put([*undated, an_entry("c")])
        assert outbox.undated(but="two") == [Boot("one", 5.0)]
        assert outbox.date("one", 1000.0) == 1
    with Outbox(tmp_path) as outbox:
        assert [each.at for each in outbox.waiting(9, EVERYTHING)] == [1005.0, None, 1_780_000_000.0]
        assert outbox.undated(but="this") == [Boot("two", 6.0)]


def test_undated_boots_come_oldest_first_each_with_its_last_ticks(tmp_path: Path) -> None:
    with Outbox(tmp_path) as outbox:
        outbox.put([an_entry(moment=Moment(None, boot, ticks)) for boot, ticks in
                    [("z", 5.0), ("z", 90.0), ("a", 3.0), ("m", 1.0)]])  # fmt: skip
        assert outbox.undated(but="m") == [Boot("z", 90.0), Boot("a", 3.0)]


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    opens = f"from edge.outbox import Outbox; from pathlib import Path; Outbox(Path({str(tmp_path)!r}))"
    with Outbox(tmp_path):
        with pytest.raises(OutboxTaken):
            Outbox(tmp_path)
        other = subprocess.run(
            [sys.executable, "-c", opens], check=False, capture_output=True, text=True, timeout=60
        )
    assert "OutboxTaken: the outbox in" in other.stderr
    Outbox(tmp_path).close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with Outbox(tmp_path / "new" / "folder") as outbox:
        outbox.put([an_entry()])
        files = sorted((tmp_path / "new" / "folder").iterdir())
        assert [each.name for each in files] == ["outbox.lock", "outbox.sqlite3", "outbox.sqlite3-wal"]
        assert {oct(each.stat().st_mode & 0o777) for each in files[1:]} == {"0o600"}
        assert oct(files[0].parent.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize(("durability", "said"), [("power", 2), ("process", 1)])
def test_the_durability_is_sqlites(tmp_path: Path, durability: str, said: int) -> None:
    with Outbox(tmp_path, durability=durability) as outbox:  # type: ignore[arg-type]
        file = outbox._disk.file
        assert file is not None
        asked = [
            file._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "journal_mode")
        ]
    assert asked == [said, "wal"]


def test_threads_share_it(tmp_path: Path) -> None:
    def put_and_settle(first: int) -> None:
        for n in range(first, first + 50):
            outbox.put([an_entry(n), an_entry(f"left {n}")])
            outbox.settle(KITCHEN, [n])

    with Outbox(tmp_path, durability="process") as outbox:
        threads = [threading.Thread(target=put_and_settle, args=(1000 * k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outbox.count == len(set(left(outbox))) == 200


def test_a_closed_one_says_so(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.close()
    outbox.close()
    with pytest.raises(RuntimeError, match="is closed: open another"):
        outbox.put([an_entry()])


def test_a_device_keeps_without_pydantic_and_asyncio() -> None:
    heavy = ("pydantic", "pydantic_core", "asyncio", "email", "http")
    asks = f"import sys, edge.outbox; sys.exit(any(name in sys.modules for name in {heavy}))"
    subprocess.run([sys.executable, "-c", asks], check=True, timeout=60)
