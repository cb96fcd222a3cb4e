"""Several answers as one: who may see several entities asks about each, for the broker grants topics. Pure.

answers = [read(reply) for reply in await asyncio.gather(*(client.ask(who, Recall(text=t)) for who in them))]
best = merge(answers, limit=10)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.limits import LIMIT_DEFAULT
from schemas.replies import Failure, Match, MatchesReply, Reading
from schemas.wire import Raw


@dataclass(frozen=True, slots=True)
class Merged:
    """The matches of all answers, best first, and what could not be answered."""

    matches: tuple[Match, ...]
    more: bool
    """Whether any of the answers was cut to its `max_bytes`."""
    failures: tuple[Failure, ...]
    """Where there are some, an entity may be missing: ask about it again, as their hints say."""
    readings: tuple[Reading, ...] = ()
    """What readings say, of each series once: first those whose proof scores best."""


def read(reply: Raw) -> MatchesReply | Failure:
    """An answer to `recall`, `recent`, `context` or `get`, as it was received in either encoding.

    Raises:
        Invalid: it is none; the message names the field.
    """
    failed = reply.get("ok", reply.get("k")) is False
    return Failure.load(reply) if failed else MatchesReply.load(reply)


def merge(answers: Sequence[MatchesReply | Failure], limit: int = LIMIT_DEFAULT) -> Merged:
    """The best of several answers to one question.

    By score, best first; where scores are equal, or there are none (`recent`), newest first. A memory that is
    in several answers (of `home7/_all` and of `home7/ana`) is there once, with its best score. `limit` cuts
    matches alone.
    """
    answered = [each for each in answers if isinstance(each, MatchesReply)]
    best: dict[str, Match] = {}
    for match in _in_order(match for each in answered for match in each.matches):
        best.setdefault(match.memory, match)
    return Merged(
        matches=tuple(best.values())[:limit],
        more=any(each.more for each in answered),
        failures=tuple(each for each in answers if isinstance(each, Failure)),
        readings=_readings(answered),
    )


def _readings(answered: Sequence[MatchesReply]) -> tuple[Reading, ...]:
    """Which room is the coldest, an answer says by its order, and scores of proofs fall in it.

    Between answers scores say no more than between their matches: who wants the coldest compares the values.
    A proof that was cut from its answer's matches scores nothing.
    """
    placed = []
    for answer in answered:
        scores = {match.memory: match.score or 0.0 for match in answer.matches}
        for place, reading in enumerate(answer.readings or ()):
            placed.append((-scores.get(reading.memory, 0.0), place, -reading.at, reading.memory, reading))
    best: dict[tuple[str | None, ...], Reading] = {}
    for *_, reading in sorted(placed, key=lambda each: each[:4]):
        best.setdefault(_series(reading), reading)
    return tuple(best.values())


def _series(reading: Reading) -> tuple[str | None, ...]:
    """What was told of in words alone has neither attribute nor device; of one question it is the same."""
    return reading.entity, reading.attribute, reading.device


def _in_order(matches: Iterable[Match]) -> list[Match]:
    """Equals in the order of their ids, so that it is stable, whatever the order of the answers."""
    return sorted(matches, key=lambda match: (-(match.score or 0.0), -match.at, match.memory))
