"""What a question asks of readings, if it does: the lowest, the mean, when last, how often. Pure.

    asked("how warm was the kitchen?", bounded=True)

Words decide, no model: a question that is taken for one of readings by mistake finds no such attribute, and
costs one count. English alone, as times are.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from memory.quantities import Meant, degree, named, superlative
from memory.switching import Target, target_in
from schemas.past import asks_of_the_past

TEXT_CHARACTERS_READ = 500
"""Of a question: who asks says so in a sentence or two."""


class Aggregate(StrEnum):
    """What of a series of readings answers a question."""

    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    SPAN = "span"
    """Lowest, mean and highest: `how warm was …`."""
    LAST = "last"
    FIRST = "first"
    COUNT = "count"


NUMERIC = frozenset({Aggregate.MIN, Aggregate.MAX, Aggregate.MEAN, Aggregate.SPAN})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question wants of which quantity or state; and its words, for they may name an attribute."""

    aggregate: Aggregate
    text: str
    """The question, without the times in it."""
    meant: tuple[Meant, ...] = ()
    """What it may be a quantity of; none: an attribute that the text names itself."""
    target: Target | None = None
    """The state that is asked for."""
    event: bool = False
    """Something that happened: when it turned to the target, when it was told of; not how things stand."""
    order: int = 0
    """1 where the series with the most is asked for (`which room is the warmest?`), -1 with the least."""

    @property
    def way(self) -> int:
        """-1 where little is asked for (`how cold`), else 1."""
        return -1 if self.meant and all(meant.way < 0 for meant in self.meant) else 1


_OFTEN = re.compile(r"\bhow (?:often|frequently|many times)\b|\bnumber of times\b", re.IGNORECASE)
_THRESHOLD = re.compile(
    r"\b(?:above|below|over|under|beyond|at least|at most)\s+(?:-?\d|zero\b|freezing\b|\w+ degrees?\b)"
    r"|\bexceed\w*|\b(?:more|less|\w+er) than\b",
    re.IGNORECASE,
)
"""Beyond a bound: that is counted by nobody yet, and a count of something else is no answer."""
_WHEN = re.compile(r"\b(?:when|what time|how long ago)\b", re.IGNORECASE)
_LAST = re.compile(r"\b(?:last|latest|most recent(?:ly)?|newest|current(?:ly)?|now)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:first|earliest)\b", re.IGNORECASE)
_HOW = re.compile(r"\b(?:how (?:very |so )?|too )(\w+)|\b(\w+) enough\b", re.IGNORECASE)
_EST = re.compile(r"\b(\w+est)\b|\b(most|least) (\w+)", re.IGNORECASE)
_HIGHEST = re.compile(
    r"\b(?:highest|maximum|max|peak\w*|greatest|strongest|heaviest|deepest)\b", re.IGNORECASE
)
_LOWEST = re.compile(r"\b(?:lowest|minimum|min|smallest|weakest)\b", re.IGNORECASE)
_WORST = re.compile(r"\b(?:worst|at most)\b", re.IGNORECASE)
"""As far as it went, whichever way that is."""
_MOST = re.compile(r"\b(?:(most|biggest|largest)|(?:least|fewest))\b", re.IGNORECASE)
"""Of anything at all: they count only beside the name of a quantity."""
_MEAN = re.compile(r"\b(?:average|averaged|(?:the|its) mean|mean (?=\w))", re.IGNORECASE)
_ENOUGH = re.compile(r"^\W*(?:is|are|does|do|has|have)\b.*\b(?:too|enough)\b", re.IGNORECASE)
"""`Is it too warm?`: who asks can tell from how warm it is."""
_STANDS = re.compile(
    r"^\W*(?:(?:is|are|can|has|have|does|do)\b(?! (?:there|we|you|i)\b)"
    r"|what(?:'s| is| are)\b.*\b(?:doing|up to|state|status)\b)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\bhow (?:much|many|high|low|big|strong)\b", re.IGNORECASE)
_WHAT = re.compile(r"\b(?:how|what|what's|which|tell|show|give)\b|\breadings?\b", re.IGNORECASE)
_WHICH_IS = re.compile(r"\b(?:which|where)\b.*\b(?:is|are)\b", re.IGNORECASE)
_IS = re.compile(r"^\W*(?:is|are|was|were|what|which|where|has|have|did)\b", re.IGNORECASE)
_DID = re.compile(r"^\W*did\b(?!.*\b(?:leave|left|keep)\b)", re.IGNORECASE)
_ELLIPTIC_WORDS_MAX = 6
"""`kitchen temperature`: so few words are a question by themselves."""


def asked(text: str, *, bounded: bool) -> Asked | None:
    """What a question asks of readings; None for most. `bounded`: it names a time, taken out of the text."""
    text = text[:TEXT_CHARACTERS_READ]
    if _THRESHOLD.search(text):
        return None
    return (
        _event(text)
        or _superlative(text, bounded=bounded)
        or _mean(text)
        or _degree(text, bounded=bounded)
        or _state(text)
    )


def _event(text: str) -> Asked | None:
    """How often, when last, when first: of a state, or of anything that is told of."""
    target = target_in(text)
    if _OFTEN.search(text):
        return Asked(Aggregate.COUNT, text, target=target, event=True)
    if not _WHEN.search(text):
        return None
    if _FIRST.search(text):
        return Asked(Aggregate.FIRST, text, target=target, event=True)
    if target or _LAST.search(text):
        return Asked(Aggregate.LAST, text, target=target, event=True)
    return None


def _superlative(text: str, *, bounded: bool) -> Asked | None:
    """The coldest, the most humid, the highest temperature."""
    for found in _EST.finditer(text):
        est, most, adjective = found.groups()
        meant = superlative(est) if est else degree(adjective)
        if meant:
            way = meant[0].way if est or most.lower() == "most" else -meant[0].way
            return _extreme(text, way, meant, bounded=bounded)
    degrees, nouns = _degrees(text), named(text)
    for way, said in ((1, _HIGHEST), (-1, _LOWEST)):
        if said.search(text):
            return _extreme(text, way, degrees or nouns, bounded=bounded)
    if _WORST.search(text):  # how chilly it was at worst is the lowest, how stuffy the highest
        way = degrees[0].way if degrees else 1
        return _extreme(text, way, degrees or nouns, bounded=bounded)
    most_of = _MOST.search(text) if nouns else None
    return _extreme(text, 1 if most_of[1] else -1, nouns, bounded=bounded) if most_of else None


def _extreme(text: str, way: int, meant: list[Meant], *, bounded: bool) -> Asked:
    if _WHICH_IS.search(text) and not bounded:
        return Asked(Aggregate.LAST, text, tuple(meant), order=way)
    return Asked(Aggregate.MAX if way > 0 else Aggregate.MIN, text, tuple(meant))


def _mean(text: str) -> Asked | None:
    return Asked(Aggregate.MEAN, text, tuple(_degrees(text) or named(text))) if _MEAN.search(text) else None


def _degree(text: str, *, bounded: bool) -> Asked | None:
    """How warm it is or was, what the temperature is or was; so much of an attribute that the text names."""
    meant = _degrees(text) or named(text)
    asks = _WHAT.search(text) or _ENOUGH.search(text) or _is_elliptic(text)
    if not (_AMOUNT.search(text) or (meant and asks)):
        return None
    present = not bounded and (_LAST.search(text) is not None or not asks_of_the_past(text))
    return Asked(Aggregate.LAST if present else Aggregate.SPAN, text, tuple(meant))


def _is_elliptic(text: str) -> bool:
    return len(text.split()) <= _ELLIPTIC_WORDS_MAX and not _WHEN.search(text)


def _degrees(text: str) -> list[Meant]:
    return [meant for found in _HOW.finditer(text) for meant in degree(found[1] or found[2])]


def _state(text: str) -> Asked | None:
    """`Is the garden door closed?` asks for its newest state, `did it open?` for how often it did.

    `Can the dishwasher be emptied?` asks how a thing stands that the question names, whichever states it has.
    """
    did = _DID.search(text) is not None
    target = target_in(text) if did or _IS.search(text) else None
    if target is None:
        return Asked(Aggregate.LAST, text) if _STANDS.search(text) else None
    return Asked(Aggregate.COUNT if did else Aggregate.LAST, text, target=target, event=did)
