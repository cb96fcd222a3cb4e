"""What a device answers by itself: what it knows, ranked by words and recency. Pure.

No model: `windows` finds `window`, and `cold` does not find `freezing`. Times in the words of a question are
read by the memory alone. As there, the newest state of an attribute comes before its past, unless that was
asked for.
"""

import math
from collections.abc import Iterable

from edge.answers import Answer, known_until
from edge.bm25 import scores, words, words_of
from edge.filtering import wanted
from edge.knowing import Known
from schemas.half_life import half_life_s
from schemas.past import asks_of_the_past
from schemas.reading_words import reading_words
from schemas.replies import Failure, Match
from schemas.requests import InWords, Listing
from schemas.states import is_state

RECENCY = 0.2
"""Of a score, what fades with its kind's half-life: of like matches the newer comes first, and an old one is
still found."""


def recollect(request: Listing, known: Known, *, now: float, failure: Failure | None = None) -> Answer:
    """Best first; newest first where nothing was asked in words.

    Filters, `limit` and `min_score` hold as the contract says them. What shares no word with the question is
    no match, unless the memory found it for the very same question: then its score of then is the least.
    """
    now = request.now if isinstance(request, InWords) and request.now is not None else now
    pool = [match for match in known.pool if wanted(match, request, now)]
    asked = words(request.text) if isinstance(request, InWords) else []
    ordered = newest_first(pool)
    best = _best(asked, ordered, known, now, request) if asked else ordered[: request.limit]
    return Answer(tuple(best), known_until(known.since), failure=failure)


def latest(matches: Iterable[Match]) -> list[Match]:
    """The newest match of each entity and attribute, newest first."""
    found: dict[tuple[str, str], Match] = {}
    for match in newest_first(matches):
        if match.attribute is not None:
            found.setdefault((match.entity, match.attribute), match)
    return list(found.values())


def newest_first(matches: Iterable[Match]) -> list[Match]:
    """Of one instant what was observed before its summary, and the later in its session first."""
    return sorted(
        matches, key=lambda match: (-match.at, match.tier == "summary", -(match.seq or 0), match.memory)
    )


def _best(asked: list[str], pool: list[Match], known: Known, now: float, request: Listing) -> list[Match]:
    """Of a pool that comes newest first, so that of equals the newer is better."""
    found = [
        max(by_words * _freshness(match, now), known.before.get(match.memory, 0.0))
        for match, by_words in zip(pool, scores(asked, words_of(map(_searched, pool))), strict=True)
    ]
    if not _of_the_past(request):
        found = _settled(pool, found)
    scored = [
        (score, match)
        for match, score in zip(pool, found, strict=True)
        if score > 0 and (request.min_score is None or score >= request.min_score)
    ]
    scored.sort(key=lambda each: -each[0])
    return [
        match.model_copy(update={"score": score, "parts": None}) for score, match in scored[: request.limit]
    ]


def _of_the_past(request: Listing) -> bool:
    bounded = request.since is not None or request.until is not None
    return bounded or (isinstance(request, InWords) and asks_of_the_past(request.text))


def _settled(pool: list[Match], found: list[float]) -> list[float]:
    """The newest state of each attribute with the best score of them all, whatever its own words."""
    states = [(match.entity, match.attribute) if is_state(match) else None for match in pool]
    best: dict[tuple[str, str | None] | None, float] = {}
    for state, score in zip(states, found, strict=True):
        best[state] = max(score, best.get(state, 0.0))
    # Newest first: the first of each takes the best score, and leaves the others their own.
    return [
        score if state is None else best.pop(state, score) for state, score in zip(states, found, strict=True)
    ]


def _freshness(match: Match, now: float) -> float:
    half_lives = max(0.0, now - match.at) / half_life_s(match.kind)
    return 1 - RECENCY + RECENCY * math.pow(0.5, half_lives)


def _searched(match: Match) -> str:
    """A reading is found by its place, attribute, value and unit (`Cel` and `°C`), however it was told."""
    if match.value is None:
        return f"{match.text or ''} {match.attribute or ''}"
    reading = reading_words(match.entity, match.attribute, match.value, match.unit)
    told = "" if match.text == reading else match.text or ""
    return f"{told} {reading} {match.unit or ''}"
