"""Which of the candidates are best, and why. Pure: candidates in, ordered matches with named parts out."""

from collections.abc import Sequence
from dataclasses import dataclass

from memory.records import Candidate, Memory


@dataclass(frozen=True, slots=True)
class Ranked:
    """A memory, its score from 0 to 1, and what the score is made of."""

    memory: Memory
    score: float
    parts: dict[str, float]


def rank(candidates: Sequence[Candidate], *, limit: int, min_score: float = 0.0) -> list[Ranked]:
    """The best `limit` candidates, best first; equals newest first, then by id, so that order is stable."""
    scored = [_scored(candidate) for candidate in candidates]
    best = sorted(scored, key=lambda ranked: (-ranked.score, -ranked.memory.at, ranked.memory.id))
    return [ranked for ranked in best[:limit] if ranked.score >= min_score]


def _scored(candidate: Candidate) -> Ranked:
    # Cosine below zero means unrelated, like zero: a score never is negative.
    similarity = round(min(1.0, max(0.0, candidate.similarity or 0.0)), 6)
    return Ranked(candidate.memory, similarity, {"dense": similarity})
