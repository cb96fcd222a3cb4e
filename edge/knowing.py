"""What a device knows of an entity without asking, as matches: each memory once, whoever tells it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, TypeVar

from broker_bridge.codec import Malformed, decode
from edge.digest_lines import digest_lines
from edge.kept import Kept
from edge.own import Who, own_matches
from edge.scopes import overlap, root
from edge.working_set import Noted
from schemas.changed import unchanged
from schemas.digest import Digest
from schemas.replies import Match, MatchesReply
from schemas.said import said_words
from schemas.wire import Invalid, Wire

_Read = TypeVar("_Read", bound=Wire)


@dataclass(frozen=True, slots=True)
class Known:
    """Of one entity, or of it and all below, if that was asked."""

    entity: str
    """As it was asked about."""
    own: tuple[Match, ...] = ()
    """What the device itself observed, and no answer told; in its order."""
    answered: tuple[Match, ...] = ()
    """Matches of earlier answers, each as the newest answer has it."""
    digest: tuple[Match, ...] = ()
    """Lines of the digest, the most important first, that nothing else says."""
    before: Mapping[str, float] = field(default_factory=dict)
    """Scores of the last answer to the very same question, by memory."""
    since: float | None = None
    """When the memory last told any of this, epoch seconds."""

    @property
    def pool(self) -> tuple[Match, ...]:
        """All of it."""
        return self.own + self.answered + self.digest


def know(
    who: Who,
    own: Sequence[Noted],
    *,
    now: float,
    digest: Kept | None = None,
    answers: Sequence[Kept] = (),
    before: Kept | None = None,
) -> Known:
    """`own` comes oldest first; `before` is what was answered to the very same question, if it was."""
    read = _read_newest_first([*answers, *([before] if before else [])])
    lines = None if digest is None else _lines(who, digest)
    answered = _once(
        match for _, matches in read for match in matches or () if overlap(who.entity, match.entity)
    )
    ids = {_by_device(match) for match in answered.values() if match.id is not None}
    mine = {match.memory: match for match in own_matches(who, own, now) if _by_device(match) not in ids}
    others = [*mine.values(), *answered.values()]
    heard = [kept.at for kept, matches in read if matches is not None]
    scored = (_matches(before) if before else None) or ()
    return Known(
        who.entity,
        own=tuple(mine.values()),
        answered=tuple(answered.values()),
        digest=tuple(_unsaid(lines or (), others)),
        before={match.memory: match.score or 0.0 for match in scored},
        since=max([*heard, *([digest.at] if digest and lines is not None else [])], default=None),
    )


def _lines(who: Who, digest: Kept) -> list[Match] | None:
    read = _read(Digest, digest.payload)
    return None if read is None else digest_lines(root(who.entity), read)


def _read_newest_first(told: Iterable[Kept]) -> list[tuple[Kept, list[Match] | None]]:
    """What each answer tells that none before it told; None: it cannot be read."""
    read = []
    known: set[str] = set()
    for kept in sorted(told, key=lambda kept: -kept.at):
        matches = _matches(kept, known)
        known.update(match.memory for match in matches or ())
        read.append((kept, matches))
    return read


def _matches(kept: Kept, known: AbstractSet[str] = frozenset()) -> list[Match] | None:
    """Of an answer, without memories that are known; None: it cannot be read."""
    listed = _read(MatchesReply, kept.payload, known)
    return None if listed is None else listed.matches


def _read(model: type[_Read], payload: bytes, known: AbstractSet[str] = frozenset()) -> _Read | None:
    try:
        return model.load(_without(known, decode(payload)))
    except (Malformed, Invalid):
        return None


def _without(known: AbstractSet[str], reply: Any) -> Any:
    """Answers tell much the same: what is checked once is not checked again. JSON is, and does no harm."""
    told = reply.get("m") if known and isinstance(reply, dict) else None
    if not isinstance(told, list):
        return reply
    return {**reply, "m": [each for each in told if not _is_of(known, each)]}


def _is_of(known: AbstractSet[str], told: Any) -> bool:
    memory = told.get("m") if isinstance(told, dict) else None
    return isinstance(memory, str) and memory in known


def _once(matches: Iterable[Match]) -> dict[str, Match]:
    """By memory, and of one device's id: the first that comes."""
    found: dict[str, Match] = {}
    ids = set()
    for match in matches:
        if match.id is None or _by_device(match) not in ids:
            found.setdefault(match.memory, match)
            ids.add(_by_device(match))
    return found


def _by_device(match: Match) -> tuple[str, str | int | None]:
    return match.device, match.id


def _unsaid(lines: Sequence[Match], others: Sequence[Match]) -> list[Match]:
    """A digest names no memories: what says the same in the same words is the same."""
    told = {_saying(match) for match in others} if lines else ()
    return [line for line in lines if _saying(line) not in told]


def _saying(match: Match) -> tuple[object, ...]:
    if match.value is not None:
        # A digest's times are whole seconds.
        return match.entity, match.attribute, match.value, int(match.at)
    return match.entity, said_words(unchanged(match.text or ""))
