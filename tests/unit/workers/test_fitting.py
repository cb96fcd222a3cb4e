"""workers/fitting.py"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_bridge.codec import Encoding, decode, encode
from schemas.limits import MESSAGE_BYTES_MAX
from schemas.replies import (
    ContextReply,
    Match,
    MatchesReply,
    ProfileReply,
    StateEntry,
    StateReply,
    StatsReply,
)
from workers.fitting import Recounted, fit


def matches(*texts: str, **more: Any) -> MatchesReply:
    found = [
        Match(memory=f"m{index}", entity="home7", device="d", kind="note", text=text, at=0.0)
        for index, text in enumerate(texts)
    ]
    return MatchesReply(op="recent", matches=found, **more)


def read(payload: bytes) -> MatchesReply:
    return MatchesReply.load(decode(payload))


TEXTS = st.lists(st.text(max_size=40), max_size=12)
ENCODINGS = st.sampled_from(Encoding)


@given(TEXTS, ENCODINGS, st.integers(64, 1500))
def test_an_answer_is_cut_to_the_most_whole_matches_that_fit(
    texts: list[str], encoding: Encoding, room: int
) -> None:
    whole = matches(*texts)
    payload = fit(whole, encoding, room)
    answer = read(payload)
    kept = len(answer.matches)
    assert answer.matches == whole.matches[:kept]
    if kept == len(texts):
        assert answer.more is None
    else:
        assert answer.more is True
        assert kept == 0 or len(payload) <= room


@pytest.mark.parametrize("encoding", Encoding)
def test_the_room_is_used_to_its_last_byte(encoding: Encoding) -> None:
    whole = matches(*["x" * 100] * 9)
    for kept in range(9):
        cut = whole.model_copy(update={"matches": whole.matches[:kept], "more": True})
        size = len(encode(cut.dump(short=encoding is Encoding.MSGPACK), encoding))
        assert len(read(fit(whole, encoding, size)).matches) == kept
        assert len(read(fit(whole, encoding, size - 1)).matches) == max(0, kept - 1)


@pytest.mark.parametrize("encoding", Encoding)
def test_a_state_is_cut_to_whole_attributes(encoding: Encoding) -> None:
    entry = StateEntry(value=1, at=0.0, text="x" * 8000, memory="m", entity="e", device="d")
    whole = StateReply(op="state", state={f"attribute {number}": entry for number in range(256)})
    payload = fit(whole, encoding, 20_000)
    answer = StateReply.load(decode(payload))
    assert len(payload) <= 20_000
    assert answer.more is True
    assert list(answer.state) == ["attribute 0", "attribute 1"]
    assert len(fit(whole, encoding, None)) <= MESSAGE_BYTES_MAX


def context(count: int) -> Recounted:
    """Of so many matches, each cited in a line of its own."""
    found = matches(*["x" * 50] * count).matches
    lines = "\n".join(f"{match.text} [{number}]" for number, match in enumerate(found, 1))
    whole = Recounted(op="context", context=lines, tokens=count, matches=found)
    return whole.shortened_by(context)


@given(st.integers(0, 12), ENCODINGS, st.integers(64, 2500))
def test_a_context_that_is_cut_cites_what_it_still_has(count: int, encoding: Encoding, room: int) -> None:
    whole = context(count).model_copy(update={"id": "q", "took_ms": 2.5})
    payload = fit(whole, encoding, room)
    answer = ContextReply.load(decode(payload))
    kept = len(answer.matches)
    assert answer.context == context(kept).context
    assert (answer.tokens, answer.id, answer.took_ms) == (kept, "q", 2.5)
    assert answer.more is (True if kept < count else None)
    assert kept == 0 or len(payload) <= room


@pytest.mark.parametrize("encoding", Encoding)
def test_a_profile_is_cut_to_the_first_of_each_list(encoding: Encoding) -> None:
    preferences, facts = matches(*["p" * 1000] * 8).matches, matches("f").matches
    whole = ProfileReply(op="profile", summary="s", preferences=preferences, facts=facts, routines=[])
    payload = fit(whole, encoding, 4000)
    answer = ProfileReply.load(decode(payload))
    assert len(payload) <= 4000
    assert (answer.summary, answer.preferences, answer.facts) == ("s", preferences[:3], facts)
    assert answer.more is True
    assert ProfileReply.load(decode(fit(whole, encoding, None))) == whole


@given(TEXTS, ENCODINGS)
def test_an_answer_that_fits_is_whole(texts: list[str], encoding: Encoding) -> None:
    whole = matches(*texts, id="q-1", took_ms=1.5)
    payload = fit(whole, encoding, None)
    assert read(payload) == whole
    assert fit(whole, encoding, len(payload)) == payload
    if texts:
        assert len(read(fit(whole, encoding, len(payload) - 1)).matches) < len(texts)


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("asked", [None, MESSAGE_BYTES_MAX])
def test_no_answer_is_larger_than_a_request_may_be(encoding: Encoding, asked: int | None) -> None:
    payload = fit(matches(*["x" * 8192] * 100), encoding, asked)
    assert len(payload) <= MESSAGE_BYTES_MAX
    assert len(read(payload).matches) == 31
    assert read(payload).more is True


@pytest.mark.parametrize("encoding", Encoding)
def test_where_not_one_match_fits_the_answer_says_that_there_is_more(encoding: Encoding) -> None:
    answer = read(fit(matches("x" * 1000, "y", id="q-1"), encoding, 64))
    assert (answer.matches, answer.more, answer.id) == ([], True, "q-1")


def test_an_answer_comes_in_the_encoding_and_names_of_its_request() -> None:
    reply = matches("x")
    assert "matches" in decode(fit(reply, Encoding.JSON, None))
    assert "m" in decode(fit(reply, Encoding.MSGPACK, None))
    assert fit(reply, Encoding.JSON, None).startswith(b"{")


def test_an_answer_without_matches_is_never_cut() -> None:
    reply = StatsReply(op="stats", count=1, kinds={"note": 1}, tiers={"raw": 1}, devices={"d" * 60: 1})
    assert StatsReply.load(decode(fit(reply, Encoding.JSON, 64))) == reply
