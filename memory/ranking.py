"""Which of the candidates are best, and why. Pure: candidates, query, clock in; matches with named parts out.

What each part gains is measured in `docs/recall.md`. Candidates come from two lists, by meaning and by words;
neither finds what the other does. Scores are fused, not ranks: how much better the best is than the next
says something, and a rank throws it away.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from itertools import groupby, pairwise

from memory.conditions import READING
from memory.records import Candidate, Memory, Ranked
from memory.states import by_attribute
from memory.worth import IMPORTANCE_UNSAID, worth
from schemas.half_life import half_life_s
from schemas.states import is_state

WEIGHT_MAX = 10.0
_SHARES = frozenset({"dense", "unrelated", "fade", "nameless"})
PROOFS_APART = 0.01
"""Of a total, by which one proof comes before the next."""
LONG_WORDS = 40
"""A text of so many words says as much as a longer one."""
SUBJECT_CHARACTERS_MAX = 32
_SUBJECT = re.compile(rf"([^\s:][^:]{{0,{SUBJECT_CHARACTERS_MAX - 1}}}):\s")
_ASKS = re.compile(r"\?\W*(\[[^\]]*\]\s*)?$")
"""A question mark at the end, or before a last note in brackets."""
_EXACT = re.compile(r'"([^"]+)"|(?<!^)\b([A-Z][\w-]+)|\b(\d[\w.,:-]*\w|\d)\b')
"""Quoted words, names (not at the beginning, where everything is written large), numbers."""
_HALF_SCORE_WORDS = 10.0
"""A BM25 score that says as much as a cosine of one half."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts; each default with its reason. The best own score is 1."""

    dense: float = 0.5
    """Meaning; words have the rest. Neither is trusted more: each finds what the other misses."""
    unrelated: float = 0.1
    """A cosine that means nothing. Fixed, so that a score does not depend on how many were drawn."""
    sharpness: float = 1.5
    """An exponent: one strong match says more than several weak ones."""
    answer: float = 0.6
    """A turn that asks lends this to the next: the question has the words, the answer has the fact."""
    after: float = 0.2
    """What any other turn lends to the next: people go on about what was named before."""
    before: float = 0.2
    """What a turn lends to the one before it: a reply spells out what it was about."""
    episode: float = 0.6
    """A session's best turn lifts the others of its episode,"""
    fade: float = 0.95
    """fading by this a turn (half after 14): a session without end is not one episode."""
    named: float = 0.15
    """The text's subject (before its first colon) is named in the query: what Ana said, of Ana."""
    asks: float = 0.15
    """Taken from a text that ends in a question: it wants to know, it does not tell."""
    length: float = 0.2
    """For LONG_WORDS or more, less in proportion: greetings and thanks are short."""
    exact: float = 0.1
    """All of the query's numbers, quoted words and names are there, letter by letter."""
    time: float = 0.3
    """Observed when the query says, less the further away: what it says of time is meant."""
    order: float = 0.3
    """The newest of what was found, where the query asks for the latest (the oldest: for the first)."""
    recency: float = 0.1
    """Observed just now; half of it after a half-life. Decides between like matches, lifts no unlike one."""
    importance: float = 0.1
    """From least (minus half of it) to most important (plus half), votes counted; none said is neither."""
    repetition: float = 0.05
    """Seen 1,024 times or more; less by logarithm."""
    again: float = 0.6
    """Taken where the same was said by a better match: half of it the second time, more the next ones."""
    retold: float = 0.6
    """Taken from a summary where what it tells of was found, too: who was there tells it better."""
    state: float = 0.3
    """Taken from what an attribute was before its newest state, which stands where the best of them would."""
    reading: float = 4.0
    """It proves what the query asks of readings; half for the last of several. All else adds up to less."""
    nameless: float = 0.5
    """The query without the subjects it names, as a share of the query's vector. Not a part of a score."""

    def __post_init__(self) -> None:
        """Raises ValueError, naming the weight that cannot be."""
        for each in fields(self):
            value = getattr(self, each.name)
            most = 1.0 if each.name in _SHARES else WEIGHT_MAX
            if not 0.0 <= value <= most:
                raise ValueError(f"{each.name}: must be from 0 to {most:g}")


DEFAULT = Weights()


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What all candidates of one query are measured by."""

    subjects: frozenset[str]
    exact: list[re.Pattern[str]]
    now: float
    closeness: Callable[[float], float]
    steer: int
    proves: Mapping[str, float]
    there: AbstractSet[str]
    weights: Weights


def rank(
    query: str,
    candidates: Sequence[Candidate],
    *,
    now: float,
    limit: int,
    min_score: float = 0.0,
    closeness: Callable[[float], float] | None = None,
    steer: int = 0,
    proofs: Sequence[str] = (),
    past: bool = False,
    there: AbstractSet[str] = frozenset(),
    weights: Weights = DEFAULT,
) -> list[Ranked]:
    """The best `limit` candidates, best first; equals newest first, then by id, so that order is stable.

    A score says how good a match is among all others of this query, times how near the query's nearest is at
    all: so scores of two queries, or of two entities, can be compared. `now` is epoch seconds; `closeness`
    says of a time how near it is (0 to 1) to what the query says of time, if it does; `steer` is 1 where it
    asks for the newest, -1 for the oldest; `proofs` are the ids of what answers it by number, the best first;
    `past` says that it asks of more than how things are now; `there` are memories that are no candidates, and
    that summaries among these tell of.
    """
    subjects = subjects_in(query, [each.memory.text for each in candidates])
    ranking = _Ranking(
        frozenset(subjects),
        _exact(query, subjects),
        now,
        closeness or _nowhere,
        steer,
        {id_: 1 - place / (2 * len(proofs)) for place, id_ in enumerate(proofs)},
        there,
        weights,
    )
    totals = _totals(candidates, ranking)
    for parts, better in zip(totals, _said_before(candidates, totals), strict=True):
        parts["again"] = -weights.again * (1 - 0.5**better)
    if weights.state and not past:
        _settle(candidates, totals, weights.state)
    _in_order(candidates, totals, proofs if weights.reading else ())
    sums = [sum(parts.values()) for parts in totals]
    best_total = max(sums, default=0.0)
    # What proves an answer by number is as near as can be, whatever it sounds like.
    nearest = 1.0 if proofs and weights.reading else _nearest(candidates)
    scale = nearest / best_total if best_total > 0 else 0.0
    scores = [round(min(1.0, max(0.0, total * scale)), 6) for total in sums]
    memories = [each.memory for each in candidates]
    order = sorted(range(len(scores)), key=lambda place: _order(scores[place], memories[place]))
    best = [place for place in order[:limit] if scores[place] >= min_score]
    return [Ranked(memories[place], scores[place], _shown(totals[place], scale)) for place in best]


def _settle(candidates: Sequence[Candidate], totals: Sequence[dict[str, float]], taken: float) -> None:
    """Gives the newest state of each attribute what the best of it has, and takes from its past."""
    of = {
        each.memory.id: parts for each, parts in zip(candidates, totals, strict=True) if is_state(each.memory)
    }
    for now, *past in by_attribute(each.memory for each in candidates if each.memory.id in of).values():
        own = sum(of[now.id].values())
        of[now.id]["state"] = max([own, *(sum(of[each.id].values()) for each in past)]) - own
        for each in past:
            of[each.id]["state"] = -taken


def _in_order(
    candidates: Sequence[Candidate], totals: Sequence[dict[str, float]], proofs: Sequence[str]
) -> None:
    """Gives proofs as much as it takes for each to come before the next, and before all else."""
    if not proofs:
        return
    place = {each.memory.id: place for place, each in enumerate(candidates)}
    proving = [totals[place[id_]] for id_ in proofs if id_ in place]
    others = (sum(parts.values()) for parts in totals if not any(parts is each for each in proving))
    least = max(others, default=0.0)
    for parts in reversed(proving):
        least = max(least + PROOFS_APART, sum(parts.values()))
        parts["reading"] += least - sum(parts.values())


def by_themselves(candidates: Sequence[Candidate], weights: Weights = DEFAULT) -> list[Memory]:
    """The candidates as they match by themselves, best first."""
    own = _own(*_normalised(candidates, weights), weights)
    return [candidates[place].memory for place in sorted(range(len(own)), key=lambda place: -own[place])]


def best_sessions(candidates: Sequence[Candidate], count: int, weights: Weights = DEFAULT) -> list[str]:
    """The sessions of the candidates that match best by themselves, best first."""
    best = (each.session for each in by_themselves(candidates, weights))
    return list(dict.fromkeys(session for session in best if session is not None))[:count]


def subjects_in(query: str, texts: Sequence[str]) -> set[str]:
    """Which subjects of the texts the query names, in lower case: `Ana` of `Ana: I like tea`."""
    subjects = {found[1].lower() for found in map(_SUBJECT.match, texts) if found}
    return {each for each in subjects if re.search(rf"\b{re.escape(each)}\b", query, re.IGNORECASE)}


def without(query: str, subjects: set[str]) -> str:
    """The query without these names; the query itself where nothing else is left.

    Embedded beside the query: a name is in every text of its subject, and drowns what is asked about it.
    """
    rest = query
    for each in sorted(subjects):
        rest = re.sub(rf"\b{re.escape(each)}('s)?\b", "", rest, flags=re.IGNORECASE)
    rest = " ".join(rest.split())
    return rest if re.search(r"\w", rest) else query


def _totals(candidates: Sequence[Candidate], ranking: _Ranking) -> list[dict[str, float]]:
    weights = ranking.weights
    dense, words = _normalised(candidates, weights)
    own = _own(dense, words, weights)
    texts = {each.memory.text for each in candidates}  # of hundreds of readings there may be a dozen
    of_text = {text: _of_text(text, ranking) for text in texts}
    asking = {text for text in texts if _ASKS.search(text)}
    asks = [each.memory.text in asking for each in candidates]
    lent, lifted = _lent(candidates, own, asks, weights), _lifted(candidates, own, weights.fade)
    ordered = _ordered(candidates, ranking.steer)
    found = ranking.there | {each.memory.id for each in candidates}
    return [
        {
            "dense": weights.dense * dense[place],
            "words": (1 - weights.dense) * words[place],
            "neighbours": lent[place],
            "episode": weights.episode * lifted[place],
            "asks": -weights.asks if asks[place] else 0.0,
            "order": weights.order * ordered[place],
            "retold": 0.0 if found.isdisjoint(each.memory.sources) else -weights.retold,
            **of_text[each.memory.text],
            **_of_itself(each.memory, ranking),
        }
        for place, each in enumerate(candidates)
    ]


def _said_before(candidates: Sequence[Candidate], totals: Sequence[Mapping[str, float]]) -> list[int]:
    """How many better ones say the same as each: in the same words, or by another value of its series."""
    before = [0] * len(candidates)
    told: Counter[tuple[str, str | None, str]] = Counter()
    by_score = sorted(
        range(len(candidates)),
        key=lambda place: _order(sum(totals[place].values()), candidates[place].memory),
    )
    for place in by_score:
        said = saying(candidates[place].memory)
        before[place] = told[said]
        told[said] += 1
    return before


def _order(score: float, memory: Memory) -> tuple[float, float, str]:
    """Best first; equals newest first, then by id."""
    return -score, -memory.at, memory.id


def saying(memory: Memory) -> tuple[str, str | None, str]:
    """What a memory says, of whom: of readings and their summaries what they are of, whatever they say."""
    if memory.attribute is not None and (memory.kind == READING or memory.measured is not None):
        return memory.entity, memory.attribute, ""
    return memory.entity, None, memory.text


def _ordered(candidates: Sequence[Candidate], steer: int) -> list[float]:
    """1 for the newest (or oldest) of the candidates, less for each later one, 0 for the last."""
    times = sorted({steer * each.memory.at for each in candidates})
    place = {at: number / max(1, len(times) - 1) for number, at in enumerate(times)}
    return [place[steer * each.memory.at] if steer else 0.0 for each in candidates]


def _of_text(text: str, ranking: _Ranking) -> dict[str, float]:
    """What a text brings, whoever said it, and whatever else was found."""
    weights, exact = ranking.weights, ranking.exact
    subject = _SUBJECT.match(text)
    is_named = subject is not None and subject[1].lower() in ranking.subjects
    there = sum(each.search(text) is not None for each in exact)
    return {
        "named": weights.named if is_named else 0.0,
        "length": weights.length * min(1.0, len(text.split()) / LONG_WORDS),
        "exact": weights.exact * there / len(exact) if exact else 0.0,
    }


def _of_itself(memory: Memory, ranking: _Ranking) -> dict[str, float]:
    """What a memory brings beside its text."""
    weights = ranking.weights
    return {
        "reading": weights.reading * ranking.proves.get(memory.id, 0.0),
        "time": weights.time * ranking.closeness(memory.at),
        "recency": weights.recency * 0.5 ** (max(0.0, ranking.now - memory.at) / half_life_s(memory.kind)),
        "importance": weights.importance * (worth(memory) - IMPORTANCE_UNSAID),
        "repetition": weights.repetition * min(1.0, math.log2(memory.seen) / 10),
    }


def _shown(total: Mapping[str, float], scale: float) -> dict[str, float]:
    return {name: round(part * scale, 6) for name, part in total.items() if part}


def _own(dense: Sequence[float], words: Sequence[float], weights: Weights) -> list[float]:
    """What each matches by itself, 0 to 1."""
    return [weights.dense * d + (1 - weights.dense) * w for d, w in zip(dense, words, strict=True)]


def _normalised(candidates: Sequence[Candidate], weights: Weights) -> tuple[list[float], list[float]]:
    """Both scores, 1 for the best of each; 0 for what is unrelated or missing."""
    by_meaning = _to_best([each.similarity for each in candidates], weights.unrelated, weights.sharpness)
    return by_meaning, _to_best([each.words for each in candidates], 0.0, weights.sharpness)


def _to_best(scores: Sequence[float | None], least: float, sharpness: float) -> list[float]:
    span = max((score for score in scores if score is not None), default=least) - least
    return [
        ((score - least) / span) ** sharpness if score is not None and score > least else 0.0
        for score in scores
    ]


def _nearest(candidates: Sequence[Candidate]) -> float:
    """How near the nearest is, 0 to 1, whatever the others: by cosine, or by BM25 where that says more."""
    cosine = max((each.similarity or 0.0 for each in candidates), default=0.0)
    words = max((each.words or 0.0 for each in candidates), default=0.0)
    return min(1.0, max(0.0, cosine, words / (words + _HALF_SCORE_WORDS)))


def _sessions(candidates: Sequence[Candidate]) -> list[list[int]]:
    """The places of the candidates of each session, in their order within it."""
    placed = [
        (each.memory.entity, each.memory.session, each.memory.seq, place)
        for place, each in enumerate(candidates)
        if each.memory.session is not None and each.memory.seq is not None
    ]
    grouped = groupby(sorted(placed), key=lambda one: one[:2])
    return [[place for *_, place in group] for _, group in grouped]


def _seq(candidate: Candidate) -> int:
    return candidate.memory.seq or 0


def _lent(
    candidates: Sequence[Candidate], own: Sequence[float], asks: Sequence[bool], weights: Weights
) -> list[float]:
    """What each gets from the turns right before and after it."""
    lent = [0.0] * len(own)
    for session in _sessions(candidates):
        for one, two in pairwise(session):
            if _seq(candidates[two]) == _seq(candidates[one]) + 1:
                lent[two] += own[one] * (weights.answer if asks[one] else weights.after)
                lent[one] += own[two] * weights.before
    return lent


def _lifted(candidates: Sequence[Candidate], own: Sequence[float], fade: float) -> list[float]:
    """The best own score of each one's session, fading with the turns between; at least its own."""
    lifted = list(own)
    for session in _sessions(candidates):
        for direction in (session, session[::-1]):
            best, at = 0.0, _seq(candidates[direction[0]])
            for place in direction:
                best *= fade ** abs(_seq(candidates[place]) - at)
                at = _seq(candidates[place])
                best = lifted[place] = max(best, lifted[place])
    return lifted


def _nowhere(_at: float) -> float:
    """The query says nothing of time."""
    return 0.0


def _exact(query: str, subjects: Collection[str]) -> list[re.Pattern[str]]:
    """Subjects are no exact matches: each of their texts would be one."""
    found = [next(filter(None, each.groups())) for each in _EXACT.finditer(query)]
    wanted = [each for each in found if each.lower() not in subjects]
    return [re.compile(rf"(?<!\w){re.escape(each)}(?!\w)", re.IGNORECASE) for each in wanted]
