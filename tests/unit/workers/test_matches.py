"""workers/matches.py"""

from memory.records import Memory, Version
from schemas.requests import Filters
from workers.matches import to_exported, to_match, to_versions, wanted

BARE = Memory("id-1", "acme", "home7", "kiosk-1", "note", "now", at=1.0, received=2.0)
CHANGED = Memory(
    "id-1", "acme", "home7", "kiosk-1", "note", "now", at=1.0, received=2.0, tags=["x"], seen=3,
    importance=0.6, judged=True, recalled=4,
    expires=9.0, written=5.0, written_by="phone", sources=["s-1"],
    versions=[Version(kind="event", text="then", at=0.5, by="kiosk-1", written=2.0)],
)  # fmt: skip


def test_a_match_says_nothing_of_what_is_not_there() -> None:
    said = to_match(BARE).dump(short=False)
    assert said == {
        "memory": "id-1", "entity": "home7", "device": "kiosk-1", "kind": "note", "text": "now", "at": 1.0,
        "tier": "raw",
    }  # fmt: skip


def test_how_often_it_was_seen_is_said_only_of_what_was_merged() -> None:
    assert (to_match(BARE).seen, to_match(CHANGED).seen) == (None, 3)


def test_versions_are_newest_first_and_say_who_wrote_each() -> None:
    said = [(v.match.text, v.match.kind, v.by, v.written) for v in to_versions(CHANGED)]
    assert said == [("now", "note", "phone", 5.0), ("then", "event", "kiosk-1", 2.0)]
    [only] = to_versions(BARE)
    assert (only.by, only.written) == ("kiosk-1", 2.0)


def test_an_exported_memory_has_everything_stored_of_it() -> None:
    exported = to_exported(CHANGED)
    assert exported.dump(short=False).items() >= {
        "received": 2.0, "expires": 9.0, "written": 5.0, "by": "phone", "sources": ["s-1"], "tags": ["x"],
        "importance": 0.6, "judged": True, "recalled": 4,
    }.items()  # fmt: skip
    assert exported.versions is not None
    assert [version.match.text for version in exported.versions] == ["then"]
    assert to_exported(BARE).versions is None
    assert not {"judged", "recalled"} & to_exported(BARE).dump(short=False).keys()


def test_times_relative_to_now_become_instants() -> None:
    filters = wanted(Filters(since=-60, until=5.0, kinds=["note"]), now=100.0)
    assert (filters.since, filters.until, filters.kinds, filters.tags) == (40.0, 5.0, ["note"], None)
