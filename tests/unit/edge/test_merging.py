"""edge/merging.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.merging import Merged, merge, read
from schemas.replies import Failure, Match, MatchesReply, Reading
from schemas.wire import Invalid


def a_match(memory: str, score: float | None, at: float = 0.0) -> Match:
    return Match(memory=memory, entity="e", device="d", kind="note", at=at, score=score)


def an_answer(*matches: Match, more: bool | None = None) -> MatchesReply:
    return MatchesReply(op="recall", matches=list(matches), more=more)


def a_reading(
    entity: str, memory: str, *, value: float = 1.0, attribute: str | None = "temperature"
) -> Reading:
    return Reading(asked="last", entity=entity, attribute=attribute, value=value, memory=memory, at=0.0)


def measured(readings: list[Reading], *matches: Match) -> MatchesReply:
    return MatchesReply(op="recall", matches=list(matches), readings=readings)


AWAY = Failure(code=503, error="the store is away", hint="ask again later")


def test_matches_are_merged_by_score_best_first_and_cut() -> None:
    ana, ben = an_answer(a_match("a", 0.9), a_match("b", 0.2)), an_answer(a_match("c", 0.5))
    assert [match.memory for match in merge([ana, ben]).matches] == ["a", "c", "b"]
    assert [match.memory for match in merge([ben, ana], limit=2).matches] == ["a", "c"]


def test_equals_are_newest_first_and_so_is_what_has_no_score() -> None:
    recent = an_answer(a_match("new", None, 3.0), a_match("old", None, 1.0))
    assert [each.memory for each in merge([recent, an_answer(a_match("mid", None, 2.0))]).matches] == [
        "new", "mid", "old",
    ]  # fmt: skip


def test_a_memory_of_several_answers_is_there_once_with_its_best_score() -> None:
    [once] = merge([an_answer(a_match("a", 0.3)), an_answer(a_match("a", 0.7))]).matches
    assert once.score == 0.7


def test_what_failed_and_what_was_cut_stays_visible() -> None:
    merged = merge([an_answer(a_match("a", 0.3), more=True), AWAY])
    assert (len(merged.matches), merged.more, merged.failures) == (1, True, (AWAY,))
    assert merge([AWAY]) == Merged((), more=False, failures=(AWAY,))
    assert merge([]) == Merged((), more=False, failures=())


@pytest.mark.parametrize("short", [True, False])
def test_answers_are_read_as_they_come(*, short: bool) -> None:
    answer = an_answer(a_match("a", 0.5), more=True)
    assert read(answer.dump(short=short)) == answer
    assert read(AWAY.dump(short=short)) == AWAY
    with pytest.raises(Invalid, match="matches"):
        read({"ok": True, "op": "stats"})


@given(st.lists(st.lists(st.builds(a_match, st.sampled_from("abcdef"), st.floats(0, 1), st.floats(0, 9)))))
def test_the_order_of_the_answers_does_not_matter(answers: list[list[Match]]) -> None:
    replies = [an_answer(*matches) for matches in answers]
    merged = merge(replies)
    assert merged == merge(replies[::-1])
    scores = [match.score or 0 for match in merged.matches]
    assert scores == sorted(scores, reverse=True)
    assert {match.memory for match in merged.matches} == {m.memory for matches in answers for m in matches}


def test_readings_come_by_the_scores_of_their_proofs() -> None:
    kitchen, hall = a_reading("home7/kitchen", "k"), a_reading("home7/hall", "h")
    answers = [measured([kitchen], a_match("k", 0.4)), measured([hall], a_match("h", 0.9)), an_answer()]
    assert merge(answers).readings == merge(answers[::-1]).readings == (hall, kitchen)
    assert merge(answers, limit=1).readings == (hall, kitchen)


def test_a_series_of_several_answers_is_there_once_by_its_best_proof() -> None:
    old, new = a_reading("home7/hall", "old", value=1), a_reading("home7/hall", "new", value=2)
    told = a_reading("home7/hall", "told", attribute=None)
    merged = merge([measured([old, told], a_match("old", 0.2)), measured([new], a_match("new", 0.3))])
    assert merged.readings == (new, told)


def test_of_one_answer_readings_keep_their_order_where_their_proofs_score_alike() -> None:
    rooms = [a_reading(f"home7/{name}", name) for name in ("b", "a", "c")]
    assert list(merge([measured(rooms)]).readings) == rooms
