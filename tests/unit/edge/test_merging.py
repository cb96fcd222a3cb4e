"""edge/merging.py"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.merging import Merged, merge, read
from schemas.replies import Failure, Match, MatchesReply
from schemas.wire import Invalid


def a_match(memory: str, score: float | None, at: float = 0.0) -> Match:
    return Match(memory=memory, entity="e", device="d", kind="note", at=at, score=score)


def an_answer(*matches: Match, more: bool | None = None) -> MatchesReply:
    return MatchesReply(op="recall", matches=list(matches), more=more)


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
