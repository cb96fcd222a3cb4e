"""workers/deeds.py"""

from memory.audit_log import Deed
from memory.records import Memory
from schemas.limits import LISTED_MAX
from schemas.replies import ExportReply, MatchesReply, ProfileReply, Reply, StateEntry, StateReply, StatsReply
from workers import deeds
from workers.matches import to_exported, to_match

ANA = Memory("id-1", "acme", "home7/ana", "kiosk-1", "note", "a", at=1.0, received=2.0)
BEN = Memory("id-2", "acme", "home7/ben", "kiosk-1", "note", "b", at=1.0, received=2.0)


def told(reply: Reply) -> list[Deed]:
    return deeds.of_reply("recalled", reply, at=5.0, tenant="acme", client="phone", asked="home7")


def test_a_deed_for_each_entity_whoever_asked_above_them() -> None:
    expected = [
        Deed(5.0, "acme", "home7/ana", "phone", "recalled", ["id-1"]),
        Deed(5.0, "acme", "home7/ben", "phone", "recalled", ["id-2"]),
    ]
    assert told(MatchesReply(op="recent", matches=[to_match(ANA), to_match(BEN)])) == expected
    assert told(ExportReply(op="export", memories=[to_exported(ANA), to_exported(BEN)])) == expected
    profile = ProfileReply(op="profile", preferences=[], facts=[to_match(ANA)], routines=[to_match(BEN)])
    assert told(profile) == expected
    state = {
        "a": StateEntry(at=1.0, memory="id-1", entity="home7/ana", device="d"),
        "b": StateEntry(at=1.0, memory="id-2", entity="home7/ben", device="d"),
    }
    assert told(StateReply(op="state", state=state)) == expected


def test_an_answer_that_told_of_no_memory_is_a_deed_all_the_same() -> None:
    asked = [Deed(5.0, "acme", "home7", "phone", "recalled")]
    assert told(MatchesReply(op="recall", matches=[])) == asked
    assert told(StatsReply(op="stats", count=9, kinds={}, tiers={}, devices={})) == asked


def test_many_memories_are_several_deeds_each_of_which_fits_in_an_answer() -> None:
    touched = [("home7", f"id-{n}") for n in range(LISTED_MAX + 1)]
    made = deeds.deeds("forgot", at=5.0, tenant="acme", client="phone", touched=touched)
    assert [len(deed.memories) for deed in made] == [LISTED_MAX, 1]


def test_nothing_touched_is_no_deed() -> None:
    assert deeds.of_memories("observed", [], at=5.0, tenant="acme", client="phone") == []
