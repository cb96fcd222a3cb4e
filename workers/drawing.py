"""What a question finds: candidates by meaning and by words, those beside the best, ranked.

words → by BM25 → which names it asks of → embed → by meaning → what of each the other lacks → beside → rank
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from memory import ranking
from memory.conditions import EVERYTHING, Where, of_sessions, scoped, told
from memory.embedding import Embedder
from memory.lexicon import Lexicon
from memory.ranking import Ranked, Weights
from memory.records import Candidate, Memory, Scope, Vector
from memory.store import MemoryStore

DRAWN_MAX = 100
"""Of each list, and beside the best: more find nothing more (measured: docs/recall.md), and each costs."""
DRAWN_OF_REPEATS = 300
"""Of what is told, where most of the first list says what others of it say: devices repeat themselves, and a
hundred copies of a word would leave no room for the one sentence that was meant."""
SESSIONS_BESIDE = 3
"""Sessions with the best matches, whose other turns may be lifted by them."""


@dataclass(frozen=True, slots=True)
class Lean:
    """Times that a question names: as much again is drawn from inside, and what is near them counts for more.

    Nothing is cut: people tell of a day on another.
    """

    inside: Where
    closeness: Callable[[float], float]
    """Of a time (epoch seconds), 0 to 1."""


class Drawing:
    """Draws candidates from the store, and has them ranked."""

    def __init__(self, store: MemoryStore, embedder: Embedder, lexicon: Lexicon, weights: Weights) -> None:
        self._store = store
        self._embedder = embedder
        self._lexicon = lexicon
        self._weights = weights

    def close(self) -> None:
        """Ends the embedding threads."""
        self._embedder.close()

    async def ranked(
        self,
        scope: Scope,
        where: Where,
        text: str,
        *,
        limit: int,
        min_score: float,
        now: float,
        lean: Lean | None = None,
        steer: int = 0,
        proofs: Sequence[Memory] = (),
    ) -> list[Ranked]:
        """The best of what a scope holds on this, best first; `where` is the scope with the filters.

        `proofs` answer it by number, the best first, whether or not a search finds them.

        Raises:
            MemoryFault: the store or the model is away.
        """
        drawn = max(DRAWN_MAX, limit)
        words = self._lexicon.query(text)
        # Of what has expired, too: it changes a word's rarity by little, and leaving it out takes time.
        corpus = scoped(scope, EVERYTHING, None)
        by_words = await self._store.matching(where, corpus, words, drawn)
        vector = await self._vector(text, by_words)
        if _flooded(by_words):
            by_words += _new(
                await self._store.matching(told(where), corpus, words, DRAWN_OF_REPEATS), by_words
            )
        if lean is not None:
            by_words += _new(await self._store.matching(lean.inside, corpus, words, drawn), by_words)
        by_meaning = await self._store.nearest(where, vector, drawn, _at_hand(by_words))
        candidates = await self._union(where, vector, by_meaning, by_words)
        if lean is not None:
            inside = await self._store.nearest(lean.inside, vector, drawn, _at_hand(candidates))
            candidates += _new(inside, candidates)
        candidates += await self._beside(where, vector, candidates)
        candidates += _new([Candidate(memory) for memory in proofs], candidates)
        return ranking.rank(
            text,
            candidates,
            now=now,
            limit=limit,
            min_score=min_score,
            closeness=None if lean is None else lean.closeness,
            steer=steer,
            proofs=[memory.id for memory in proofs],
            weights=self._weights,
        )

    async def _vector(self, text: str, by_words: list[Candidate]) -> Vector:
        """Of the question, and as much of it without the names of whom the texts found are about."""
        subjects = ranking.subjects_in(text, [each.memory.text for each in by_words])
        nameless = ranking.without(text, subjects)
        if nameless == text or not self._weights.nameless:
            [vector] = await self._embedder.embed([text])
            return vector
        whole, rest = await self._embedder.embed([text, nameless])
        mixed: Vector = (1 - self._weights.nameless) * whole + self._weights.nameless * rest
        return mixed / np.linalg.norm(mixed)

    async def _union(
        self, where: Where, vector: Vector, by_meaning: list[Candidate], by_words: list[Candidate]
    ) -> list[Candidate]:
        """Each found memory once, with both scores as far as they are known."""
        scores = {each.memory.id: each.words for each in by_words}
        known = {each.memory.id: each.similarity for each in by_meaning}
        lacking = [each.memory.id for each in by_words if each.memory.id not in known]
        if lacking:
            known |= await self._store.similarities(where, vector, lacking)
        memories = {each.memory.id: each.memory for each in (*by_meaning, *by_words)}
        return [Candidate(memory, known.get(id_), scores.get(id_)) for id_, memory in memories.items()]

    async def _beside(self, where: Where, vector: Vector, candidates: list[Candidate]) -> list[Candidate]:
        """What else was said in the best sessions: an answer has other words than its question."""
        sessions = ranking.best_sessions(candidates, SESSIONS_BESIDE, self._weights)
        if not sessions:
            return []
        theirs = of_sessions(where, sessions)
        return _new(await self._store.nearest(theirs, vector, DRAWN_MAX, _at_hand(candidates)), candidates)


def _at_hand(candidates: list[Candidate]) -> dict[str, Memory]:
    return {each.memory.id: each.memory for each in candidates}


def _flooded(found: list[Candidate]) -> bool:
    """Most of what was found says what others of it say."""
    return len({ranking.saying(each.memory) for each in found}) * 2 < len(found)


def _new(found: list[Candidate], candidates: list[Candidate]) -> list[Candidate]:
    known = _at_hand(candidates)
    return [each for each in found if each.memory.id not in known]
