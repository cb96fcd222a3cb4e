"""edge/knowing.py"""

from typing import Any

from broker_bridge.codec import Encoding, encode
from edge.kept import Kept
from edge.knowing import Known, know
from edge.own import Who
from edge.working_set import Noted
from schemas.digest import Digest, DigestState
from schemas.identity import by_observation_id
from schemas.replies import Match, MatchesReply
from schemas.wire import Wire

ANA = Who("acme", "kiosk-1", "home7/ana")
NOW = 1_795_370_580.0


def a_match(memory: str, text: str, **fields: Any) -> Match:
    told: dict[str, Any] = {"entity": "home7/ana", "device": "kiosk-2", "kind": "note", "at": NOW - 100}
    return Match(memory=memory, text=text, **(told | fields))


def kept(
    reply: Wire, at: float = NOW - 50, op: str = "recall", encoding: Encoding = Encoding.MSGPACK
) -> Kept:
    return Kept(op, encode(reply.dump(short=encoding is Encoding.MSGPACK), encoding), at)


def answer(*matches: Match, at: float = NOW - 50) -> Kept:
    return kept(MatchesReply(op="recall", matches=list(matches)), at)


def texts(matches: tuple[Match, ...]) -> list[str | None]:
    return [match.text for match in matches]


def test_nothing_is_known_at_first() -> None:
    assert know(ANA, [], now=NOW) == Known("home7/ana")


def test_an_own_observation_that_came_back_is_there_once_as_the_answer_has_it() -> None:
    own = [Noted("home7/ana", {"i": n, "t": f"own {n}"}, NOW - n) for n in (3, 2, 1)]
    came = a_match(by_observation_id("acme", "home7/ana", "kiosk-1", 2), "told 2", device="kiosk-1", id=2)
    merged = a_match("another memory", "told 3", device="kiosk-1", id=3)
    posing = a_match("a third", "of another device", device="kiosk-2", id=1)
    known = know(ANA, own, now=NOW, answers=[answer(came, merged, posing)])
    assert texts(known.own) == ["own 1"]
    assert texts(known.answered) == ["told 2", "told 3", "of another device"]


def test_of_a_memory_in_several_answers_the_newest_answer_is_right() -> None:
    old, new = a_match("m", "tea with milk"), a_match("m", "tea without milk")
    known = know(ANA, [], now=NOW, answers=[answer(old, at=NOW - 90), answer(new, at=NOW - 10)])
    assert (texts(known.answered), known.since) == (["tea without milk"], NOW - 10)


def test_what_a_newer_answer_told_is_not_read_again_and_what_it_did_not_is() -> None:
    told, older = a_match("m", "tea without milk"), a_match("n", "no sugar")
    wrong = MatchesReply(op="recall", matches=[told]).dump(short=True)
    wrong["m"] = [wrong["m"][0] | {"a": "no time"}, older.dump(short=True), 7]
    torn = Kept("recall", encode(wrong, Encoding.MSGPACK), NOW - 90)
    wrong["m"].pop()
    repeats = Kept("recall", encode(wrong, Encoding.MSGPACK), NOW - 80)
    known = know(ANA, [], now=NOW, answers=[torn, repeats, answer(told)])
    assert (texts(known.answered), known.since) == (["tea without milk", "no sugar"], NOW - 50)


def test_a_digest_says_nothing_that_is_known_already() -> None:
    own = [Noted("home7/ana", {"i": 1, "v": 21.5, "p": "temperature", "u": "Cel"}, 1000.25)]
    state = {
        "temperature": DigestState(value=21.5, unit="Cel", at=1000),
        "door": DigestState(value="open", at=9),
    }
    facts = ["Ana likes tea.", "Ana has a cat", "Ana lives here (before: Rome, until 2026-03-01)."]
    digest = Digest(at=1000, facts=facts, state=state)
    told = answer(a_match("1", "Ana likes tea"), a_match("2", "Ana lives here"))
    known = know(ANA, own, now=NOW, answers=[told], digest=Kept("digest", kept(digest).payload, 7.0))
    assert texts(known.digest) == ["Ana has a cat", "ana door open"]


def test_a_match_of_anybody_else_is_not_known_whatever_an_answer_holds() -> None:
    matches = [
        a_match(each, each, entity=each) for each in ("home7/ben", "home7", "home7/ana", "home7/ana/x")
    ]
    known = know(ANA, [], now=NOW, answers=[answer(*matches)])
    assert texts(known.answered) == ["home7/ana"]
    household = know(Who("acme", "kiosk-1", "home7/_all"), [], now=NOW, answers=[answer(*matches)])
    assert len(household.answered) == 4


def test_payloads_that_cannot_be_read_say_nothing_nor_of_when() -> None:
    broken = [Kept("recall", b"\xc1", 9.0), Kept("recall", b"", 9.0), Kept("recent", b"\x80", 9.0)]
    known = know(ANA, [], now=NOW, answers=broken, digest=Kept("digest", b"[]", 9.0))
    assert (known.since, known.pool) == (None, ())


def test_what_the_very_same_question_was_answered_keeps_its_scores() -> None:
    before = answer(a_match("m", "the heater hums", score=0.7))
    known = know(ANA, [], now=NOW, before=before)
    assert (known.before, texts(known.answered)) == ({"m": 0.7}, ["the heater hums"])
    assert know(ANA, [], now=NOW, answers=[before], before=before).answered == known.answered
