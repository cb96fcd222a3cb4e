"""schemas/replies.py"""

from typing import Any, get_args

import pytest

from schemas.replies import REPLIES, Code, Failure, Match, MatchesReply, StateReply, StatsReply
from schemas.wire import Invalid, short_keys

CONTRACT_MATCH_KEYS = {
    "memory": "m", "id": "i", "entity": "e", "device": "c", "kind": "k", "text": "t", "value": "v",
    "unit": "u", "attribute": "p", "at": "a", "score": "z", "session": "s", "seq": "n", "tags": "g",
    "importance": "w",
    "tier": "r", "seen": "b", "meta": "j", "parts": "x",
}  # fmt: skip
"""Contract §5, for ever."""
HEAD_KEYS = {"id": "i", "ok": "k", "op": "o", "took_ms": "t", "more": "e"}
MATCH: dict[str, Any] = {"memory": "m", "entity": "e", "device": "c", "kind": "k", "at": 0.0}


def test_the_short_keys_are_the_contracts() -> None:
    assert short_keys(Match) == CONTRACT_MATCH_KEYS | {"first": "bf"}
    assert short_keys(Failure) == {"id": "i", "ok": "k", "code": "c", "error": "r", "hint": "h"}
    for reply in REPLIES:
        assert short_keys(reply).items() >= HEAD_KEYS.items()


def test_the_codes_are_the_contracts() -> None:
    assert get_args(Code) == (400, 403, 404, 408, 413, 422, 429, 500, 503)


def test_an_answer_cannot_be_taken_for_a_failure_nor_a_failure_for_an_answer() -> None:
    answer = MatchesReply(op="get", matches=[]).dump(short=True)
    failure = Failure(code=404, error="none", hint="ask elsewhere").dump(short=True)
    assert answer["k"] is True
    assert failure["k"] is False
    for kind, other in ((Failure, answer), (MatchesReply, failure)):
        with pytest.raises(Invalid):
            kind.load(other)


@pytest.mark.parametrize("missing", ["code", "error", "hint"])
def test_a_failure_always_says_what_and_what_next(missing: str) -> None:
    sent = {"ok": False, "code": 400, "error": "e", "hint": "h"}
    assert Failure.load(sent).dump(short=False) == sent
    with pytest.raises(Invalid, match=f"`{missing}`: is needed"):
        Failure.load({name: value for name, value in sent.items() if name != missing})


def test_the_senders_own_keys_are_never_shortened() -> None:
    entry = {"at": 1.0, "memory": "m", "entity": "e", "device": "c"}
    state = StateReply.load({"op": "state", "state": {"value": entry, "memory": entry}})
    assert list(state.dump(short=True)["s"]) == ["value", "memory"]
    stats = StatsReply(op="stats", count=1, kinds={"memory": 1}, tiers={}, devices={"kind": 1})
    assert (stats.dump(short=True)["y"], stats.dump(short=True)["c"]) == ({"memory": 1}, {"kind": 1})
    match = Match.load({**MATCH, "meta": {"memory": {"kind": 1}}, "parts": {"score": 0.5}}).dump(short=True)
    assert (match["j"], match["x"]) == ({"memory": {"kind": 1}}, {"score": 0.5})


@pytest.mark.parametrize("value", [True, 1, 1.0, -(2**63), "1"], ids=repr)
def test_a_value_and_an_id_are_answered_with_the_type_they_were_sent_with(value: Any) -> None:
    kept = Match.load({**MATCH, "value": value}).value
    assert (kept, type(kept)) == (value, type(value))
    if not isinstance(value, bool | float):
        assert type(Match.load({**MATCH, "id": value}).id) is type(value)


@pytest.mark.parametrize("field", ["at", "score", "importance"])
@pytest.mark.parametrize("number", [float("nan"), float("inf")], ids=repr)
def test_no_answer_holds_a_number_that_json_cannot_write(field: str, number: float) -> None:
    with pytest.raises(Invalid, match=f"`{field}`"):
        Match.load({**MATCH, field: number})
