"""Answers are shown from what the memory said, in either encoding's names; an error is raised."""

import pytest

from console.questions import QUESTIONS, SHELL, WHAT_IS_THERE, NotAnswered, answer_lines, as_json, took_ms
from schemas.replies import Failure, Match, MatchesReply, StateEntry, StateReply, StatsReply
from schemas.requests import request_type

AT = 1326628800.0
MATCH = Match(memory="m", entity="seattle/station", device="station-daily", kind="event", text="Snow.", at=AT)


@pytest.mark.parametrize("question", [WHAT_IS_THERE, *QUESTIONS, SHELL], ids=lambda each: each.words)
def test_every_question_is_a_request_of_the_contract(question) -> None:
    request_type("query", question.request).load(question.request)


@pytest.mark.parametrize("short", [True, False])
def test_a_match_is_shown_with_its_day_and_score(short) -> None:
    scored = MATCH.model_copy(update={"score": 0.731})
    reply = MatchesReply(op="recall", matches=[scored], took_ms=4.25).dump(short=short)
    assert answer_lines({"text": "snow"}, reply) == ["2012-01-15  0.73  Snow."]
    assert took_ms(reply) == 4.25


def test_what_has_no_score_shows_none() -> None:
    reply = MatchesReply(op="recent", matches=[MATCH]).dump(short=True)
    assert answer_lines({"op": "recent"}, reply) == ["2012-01-15  Snow."]


def test_a_state_is_shown_with_its_time() -> None:
    entry = StateEntry(
        value=4.2, at=AT, text="thermometer temperature 4.2 °C", memory="m", entity="e", device="d"
    )
    reply = StateReply(op="state", state={"temperature": entry}).dump(short=True)
    assert answer_lines({"op": "state"}, reply) == ["2012-01-15 12:00:00Z  thermometer temperature 4.2 °C"]


def test_counts_are_shown_by_kind_and_device() -> None:
    reply = StatsReply(
        op="stats",
        count=1500,
        kinds={"event": 1500},
        tiers={"raw": 1500},
        devices={"d": 1500},
        first=AT,
        last=AT,
    ).dump(short=True)
    assert answer_lines({"op": "stats"}, reply) == [
        "1,500 memories: 1,500 events; 1,500 from d",
        "2012-01-15 12:00:00Z to 2012-01-15 12:00:00Z",
    ]


@pytest.mark.parametrize("short", [True, False])
def test_an_error_is_raised_with_its_hint(short) -> None:
    failure = Failure(code=503, error="the store is away", hint="Ask again.").dump(short=short)
    with pytest.raises(NotAnswered, match=r"was answered with 503: the store is away\. Ask again\."):
        answer_lines({"text": "snow"}, failure)


def test_requests_are_shown_as_anybody_may_send_them() -> None:
    assert as_json({"text": "wie heiß?", "limit": 2}) == '{"text": "wie heiß?", "limit": 2}'
