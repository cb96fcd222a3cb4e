"""What a question finds: candidates by meaning and by words, those beside the best, ranked.

words → by BM25 → which names it asks of → embed → by meaning → what of each the other lacks → beside → rank
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from memory import ranking, states
from memory.conditions import EVERYTHING, MADE_OF_MANY, Where, of_sessions, raw, scoped, told, without
from memory.embedding import Embedder
from memory.lexicon import Lexicon
from memory.ranking import Weights
from memory.records import Candidate, Memory, Ranked, Scope, Vector, Words
from memory.store import MemoryStore, Scored
from schemas.states import HAPPENED_KINDS, is_state
from workers.latest import latest_states

DRAWN_MAX = 64
"""Of each list, and beside the best: more find nothing more (measured: docs/recall.md), and each costs."""
DRAWN_OF_REPEATS = 300
"""Of what is told, where most of the first list says what others say: devices repeat themselves, and their
copies of a word, and summaries that have it, too, would leave no room for the one sentence that was meant."""
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


@dataclass(slots=True)
class _Found:
    """What a question found so far: ids, the scores that are known of them, and what was read."""

    store: MemoryStore
    similarity: dict[str, float] = field(default_factory=dict)
    words: dict[str, float] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)

    async def read(self, ids: Iterable[str]) -> list[Memory]:
        """The memories of some ids; without those that were forgotten since they were found."""
        named = list(ids)
        if lacking := [each for each in named if each not in self.memories]:
            self.memories |= await self.store.memories(lacking)
        return [self.memories[each] for each in named if each in self.memories]

    def candidates(self, proofs: Iterable[str] = ()) -> list[Candidate]:
        """All that was found and read, and what is proved to be an answer."""
        ids = dict.fromkeys((*self.similarity, *self.words, *proofs))
        return [
            Candidate(memory, self.similarity.get(each), self.words.get(each))
            for each in ids
            if (memory := self.memories.get(each)) is not None
        ]


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
        past: bool = False,
    ) -> list[Ranked]:
        """The best of what a scope holds on this, best first; `where` is the scope with the filters.

        `proofs` answer it by number, the best first, whether or not a search finds them; `past` says that it
        asks of more than how things are now.

        Raises:
            MemoryFault: the store or the model is away.
        """
        drawn = max(DRAWN_MAX, limit)
        embedding = await self._embedder.begin([text])
        try:
            found = await self._by_words(scope, where, self._lexicon.query(text), drawn, lean)
            [whole] = await embedding
        finally:
            embedding.cancel()
        vector = await self._without_names(text, whole, found)
        await self._by_meaning(found, where, vector, drawn, lean)
        await self._beside(found, where, vector)
        current = [] if past or not self._weights.state else await self._current(found, where)
        found.memories = {memory.id: memory for memory in proofs} | found.memories
        proving = [memory.id for memory in proofs]
        return ranking.rank(
            text,
            found.candidates([*proving, *current]),
            now=now,
            limit=limit,
            min_score=min_score,
            closeness=None if lean is None else lean.closeness,
            steer=steer,
            proofs=proving,
            past=past,
            there=await self._told_beside(found),
            weights=self._weights,
        )

    async def _by_words(
        self, scope: Scope, where: Where, words: Words, drawn: int, lean: Lean | None
    ) -> _Found:
        # Of what has expired, too: it changes a word's rarity by little, and leaving it out takes time.
        corpus = scoped(scope, EVERYTHING, None)
        found = _Found(self._store)
        # As many as may be wanted: to search again would take as long as the first time.
        best = await self._store.matching(where, corpus, words, max(drawn, DRAWN_OF_REPEATS))
        found.words = dict(islice(best, drawn))
        if _flooded(await found.read(found.words)):
            found.words |= await self._told(found, where, corpus, words, best)
        if lean is not None:
            found.words |= dict(await self._store.matching(lean.inside, corpus, words, drawn))
        await found.read(found.words)
        return found

    async def _told(
        self, found: _Found, where: Where, corpus: Where, words: Words, others: Scored
    ) -> dict[str, float]:
        """The best that are no readings or summaries: those at hand, unless some of them are."""
        some = found.words | dict(islice(others, max(0, DRAWN_OF_REPEATS - len(found.words))))
        if all(each.kind not in MADE_OF_MANY for each in await found.read(some)):
            return some
        return dict(await self._store.matching(told(where), corpus, words, DRAWN_OF_REPEATS))

    async def _without_names(self, text: str, whole: Vector, found: _Found) -> Vector:
        """Of the question, and as much of it without the names of whom the texts found are about."""
        subjects = ranking.subjects_in(text, [each.text for each in found.memories.values()])
        nameless = ranking.without(text, subjects)
        if nameless == text or not self._weights.nameless:
            return whole
        [rest] = await self._embedder.embed([nameless])
        mixed: Vector = (1 - self._weights.nameless) * whole + self._weights.nameless * rest
        return mixed / np.linalg.norm(mixed)

    async def _by_meaning(
        self, found: _Found, where: Where, vector: Vector, drawn: int, lean: Lean | None
    ) -> None:
        """The nearest, and how near those are that were found by words."""
        found.similarity = await self._store.nearest(where, vector, drawn)
        lacking = [each for each in await found.read(found.words) if each.id not in found.similarity]
        # Of what says the same the vectors are the same: of three hundred copies one is compared.
        said = {(each.text, each.value): each.id for each in lacking}
        if said:
            near = await self._store.similarities(where, vector, list(said.values()))
            known = ((each.id, near.get(said[each.text, each.value])) for each in lacking)
            found.similarity |= {each: score for each, score in known if score is not None}
        if lean is not None:
            found.similarity |= await self._store.nearest(lean.inside, vector, drawn)
        await found.read(found.similarity)

    async def _beside(self, found: _Found, where: Where, vector: Vector) -> None:
        """What else was said in the best sessions: an answer has other words than its question."""
        sessions = ranking.best_sessions(found.candidates(), SESSIONS_BESIDE, self._weights)
        if sessions:
            theirs = await self._store.nearest(of_sessions(where, sessions), vector, DRAWN_MAX)
            found.similarity = theirs | found.similarity
            await found.read(theirs)

    async def _told_beside(self, found: _Found) -> AbstractSet[str]:
        """What summaries tell that is there and was not found: of each that tells of nothing found, the last.

        The last of them goes last: sources that were pruned stand first.
        """
        tell = [memory.sources for memory in found.memories.values() if memory.sources]
        asked = [sources[-1] for sources in tell if found.memories.keys().isdisjoint(sources)]
        return (await self._store.known(asked)).stored if asked else frozenset()

    async def _current(self, found: _Found, where: Where) -> list[str]:
        """The newest states of what is spoken of: a question may be nearer to what was before."""
        if not any(map(is_state, found.memories.values())):
            return []
        stated = [each for each in found.candidates() if is_state(each.memory)]
        best = ranking.by_themselves(stated, self._weights)
        those = without(raw(where), (), HAPPENED_KINDS)
        newest = await latest_states(self._store, those, states.attributes(best))
        current = {memory.id: memory for memory in newest.values()}
        found.memories = current | found.memories
        return [*current]


def _flooded(found: Sequence[Memory]) -> bool:
    """Most of what was found says what others do: those that it stands beside, or those that it sums up."""
    own = {ranking.saying(each) for each in found if each.tier == "raw"}
    return len(own) * 2 < len(found)
